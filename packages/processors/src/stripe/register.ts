import type Stripe from 'stripe'
import { InstrumentNotAccepted } from '../errors.ts'
import { checkedKey, partKey } from '../idempotency-key.ts'
import type { ClearInstrument, MandateAcceptance, RegisterOutcome } from '../instrument.ts'
import type { RegisterRequest } from '../processor.ts'
import { outcomeOfFailure, shownIntent } from './failure.ts'
import { registerOutcome } from './outcomes.ts'

/**
 * Three requests, each under its own part of the key: PaymentMethod, Customer, and a SetupIntent that gets the permission to charge
 * while the payer is away. Whatever fails in the middle, the same call again goes on where it stopped.
 *
 * The Customer holds nothing of a person: its id is ours to remember.
 */
export async function registerAtStripe(stripe: Stripe, request: RegisterRequest): Promise<RegisterOutcome> {
  const { idempotencyKey: key, instrument } = request
  checkedKey(key)
  const method = methodOf(instrument)
  try {
    const { id } = await stripe.paymentMethods.create(method, { idempotencyKey: partKey(key, 'pm') })
    const customer = request.customer ?? (await stripe.customers.create({}, { idempotencyKey: partKey(key, 'cus') })).id
    const intent = await stripe.setupIntents.create(
      {
        payment_method: id,
        allowed_payment_method_types: [instrument.type],
        customer,
        usage: 'off_session',
        confirm: true,
        ...(instrument.type === 'sepa_debit' ? { mandate_data: mandateData(instrument.mandate) } : {}),
        ...(instrument.type === 'card' && instrument.returnUrl ? { return_url: instrument.returnUrl } : {}),
      },
      { idempotencyKey: partKey(key, 'seti') },
    )
    return registerOutcome(intent)
  } catch (error) {
    return outcomeOfRegistration(error)
  }
}

/** A SetupIntent that failed comes in an error answer, and says more than the error. */
export function outcomeOfRegistration(error: unknown): RegisterOutcome {
  const shown = shownIntent(error, 'setup_intent') as Stripe.SetupIntent | undefined
  const failure = outcomeOfFailure(error)
  if (failure.outcome !== 'declined' || failure.reason !== 'wrong_state' || shown === undefined) return failure
  return registerOutcome(shown)
}

/** @throws {InstrumentNotAccepted} */
function methodOf(instrument: ClearInstrument): Stripe.PaymentMethodCreateParams {
  if (instrument.type === 'card') {
    const { pan, expiryMonth, expiryYear, cvc, holderName } = instrument.open()
    return {
      type: 'card',
      card: { number: pan, exp_month: expiryMonth, exp_year: expiryYear, ...(cvc ? { cvc } : {}) },
      ...(holderName ? { billing_details: { name: holderName } } : {}),
    }
  }
  if (instrument.type === 'sepa_debit') {
    const { iban, holderName, email } = instrument.open()
    return { type: 'sepa_debit', sepa_debit: { iban }, billing_details: { name: holderName, email } }
  }
  throw new InstrumentNotAccepted('Stripe takes cards and bank accounts')
}

function mandateData({ acceptedAt, online }: MandateAcceptance): Stripe.SetupIntentCreateParams.MandateData {
  const accepted_at = Math.floor(acceptedAt.getTime() / 1000)
  return {
    customer_acceptance: online
      ? { type: 'online', accepted_at, online: { ip_address: online.ipAddress, user_agent: online.userAgent } }
      : { type: 'offline', accepted_at, offline: {} },
  }
}
