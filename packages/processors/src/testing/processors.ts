import { parseIban, parsePan } from '@kontor/payment-data'
import type { ExecutionContext } from 'ava'
import type { ClearInstrument, InstrumentReference, PayerApproval } from '../instrument.ts'
import type { Money } from '../outcome.ts'
import { type PaypalOptions, paypalProcessor } from '../paypal/paypal-processor.ts'
import type { Processor } from '../processor.ts'
import { type StripeOptions, stripeProcessor } from '../stripe/stripe-processor.ts'
import { type PaypalFake, paypalFake } from './paypal-fake.ts'
import { type StripeFake, stripeFake } from './stripe-fake.ts'

export const PAN = '4242424242424242'
export const CVC = '737'
export const IBAN = 'DE89370400440532013000'
export const HOLDER = 'Erika Musterfrau'
export const EMAIL = 'erika@example.com'
export const NOW_MS = Date.UTC(2026, 10, 28, 12)
export const TIMEOUT_MS = 20_000
export const WEBHOOK_SECRET = 'whsec_fake_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH'

export const eur = (minor: bigint): Money => ({ minor, currency: 'EUR' })

export const aCard = (): ClearInstrument => ({
  type: 'card',
  open: () => ({ pan: parsePan(PAN).reveal(), expiryMonth: 12, expiryYear: 2030, cvc: CVC, holderName: HOLDER }),
})

export const aBankAccount = (): ClearInstrument => ({
  type: 'sepa_debit',
  open: () => ({ iban: parseIban(IBAN).reveal(), holderName: HOLDER, email: EMAIL }),
  mandate: {
    acceptedAt: new Date(NOW_MS),
    online: { ipAddress: '192.0.2.7', userAgent: 'Mozilla/5.0' },
  },
})

export const aPaypalAccount = (): ClearInstrument => ({
  type: 'paypal',
  returnUrl: 'https://shop.example/back',
  cancelUrl: 'https://shop.example/cancel',
})

/** A payer who is there, and has no instrument registered. */
export const AN_APPROVAL: PayerApproval = {
  type: 'approval',
  returnUrl: 'https://shop.example/back',
  cancelUrl: 'https://shop.example/cancel',
}

export interface AtStripe {
  readonly fake: StripeFake
  readonly processor: Processor
}

/** Stripe's processor and a fake of its own, which is closed with the test. */
export async function atStripe(t: ExecutionContext, options: Partial<StripeOptions> = {}): Promise<AtStripe> {
  const fake = await stripeFake()
  t.teardown(() => fake.close())
  const processor = stripeProcessor({
    secretKey: fake.secretKey,
    mode: 'test',
    baseUrl: fake.baseUrl,
    timeoutMs: TIMEOUT_MS,
    webhookSecrets: [WEBHOOK_SECRET],
    nowMs: () => NOW_MS,
    ...options,
  })
  return { fake, processor }
}

export interface AtPaypal {
  readonly fake: PaypalFake
  readonly processor: Processor
}

export async function atPaypal(t: ExecutionContext, options: Partial<PaypalOptions> = {}): Promise<AtPaypal> {
  const fake = await paypalFake()
  t.teardown(() => fake.close())
  const processor = paypalProcessor({
    clientId: fake.clientId,
    clientSecret: fake.clientSecret,
    mode: 'test',
    webhookId: fake.webhookId,
    baseUrl: fake.baseUrl,
    timeoutMs: TIMEOUT_MS,
    nowMs: () => NOW_MS,
    ...options,
  })
  return { fake, processor }
}

export const PAYPAL_ACCOUNT: InstrumentReference = { type: 'paypal', instrument: '8kk8451t', customer: 'customer_1' }

/** Registers an instrument that needs no more from the payer. */
export async function registered(
  processor: Processor,
  instrument = aCard(),
  key = 'register-1',
): Promise<InstrumentReference> {
  const outcome = await processor.register({ idempotencyKey: key, instrument })
  if (outcome.outcome !== 'registered') throw new Error(`not registered: ${outcome.outcome}`)
  return outcome.reference
}

/** An unconfirmed charge, of which the id is known. */
export async function created(
  processor: Processor,
  instrument: InstrumentReference | PayerApproval,
  amount: Money = eur(10_000n),
  capture: 'automatic' | 'manual' = 'automatic',
  key = 'charge-1-create',
): Promise<string> {
  const outcome = await processor.create({
    idempotencyKey: key,
    amount,
    capture,
    instrument,
    ourReference: 'chg_01k0000000e4c9p5q2r8s3t6v7',
  })
  if (outcome.outcome !== 'created') throw new Error(`not created: ${outcome.outcome}`)
  return outcome.reference
}
