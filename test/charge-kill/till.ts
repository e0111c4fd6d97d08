import { parsePan } from '@kontor/payment-data'
import { stripeProcessor } from '@kontor/processors'
import { type Mishap, type PaypalFake, paypalFake, type StripeFake, stripeFake } from '@kontor/processors/testing'

/** What a processor did with one charge, by its own books. */
export interface Till {
  readonly processor: 'stripe' | 'paypal'
  /** The processor's id of it. */
  readonly reference: string
  /** Our id of it, which it was made with. */
  readonly ours: string
  /** How often money was taken, and what it was each time. */
  readonly takenMinor: readonly number[]
}

/** Money that a processor has sent back, by its own books. */
export interface SentBack {
  readonly reference: string
  /** The processor's id of the charge. */
  readonly charge: string
  /** Our name of it; none where it was made in the dashboard. */
  readonly ours: string
  readonly minor: number
}

/** Both processors: what they did, and what they do wrong. */
export interface Processors {
  readonly stripe: StripeFake
  readonly paypal: PaypalFake
  /** An instrument at each that is charged, and one that is declined. */
  readonly instruments: Readonly<Record<'stripe' | 'paypal', { readonly good: string; readonly bad: string }>>
  /** Each charge that either of them made. */
  books(): Till[]
  /** Each refund that either of them made. */
  sentBack(): SentBack[]
  /** Lets something go wrong with the next request to one of them. */
  mishap(processor: 'stripe' | 'paypal', what: Mishap): void
  /** From now on nothing goes wrong. */
  behave(): void
  close(): Promise<void>
}

export const WEBHOOK_SECRET = 'whsec_test_ofTheKillTest00000000'
export const PAYPAL_SIGNATURE = 'kDSKfoBfHcKnp3zkFPEmHVdKp0ykTXMwEA9OYZqJ7wz0YKP3=='

/** A capture of PayPal that took money; what went back of it later is seen at it. */
const TOOK_MONEY = new Set(['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED'])
const minorOf = ({ value }: { readonly value: string }): number => Math.round(Number(value) * 100)

export async function openTills(): Promise<Processors> {
  const [stripe, paypal] = [await stripeFake(), await paypalFake()]
  const { secretKey, baseUrl } = stripe
  const processor = stripeProcessor({
    secretKey,
    baseUrl,
    mode: 'test',
    timeoutMs: 20_000,
    webhookSecrets: [WEBHOOK_SECRET],
    nowMs: Date.now,
  })
  const card = async (key: string) => {
    const open = () => ({ pan: parsePan('4242 4242 4242 4242').reveal(), expiryMonth: 12, expiryYear: 2030 })
    const made = await processor.register({ idempotencyKey: key, instrument: { type: 'card', open } })
    if (made.outcome !== 'registered') throw new Error(made.outcome)
    return made.reference.instrument
  }
  const instruments = {
    stripe: { good: await card('charge-kill-good'), bad: await card('charge-kill-bad') },
    paypal: { good: '8kk8451t', bad: '8kk8451u' },
  }
  paypal.signatures.add(PAYPAL_SIGNATURE)
  stripe.verdicts.set(instruments.stripe.bad, { decline_code: 'insufficient_funds' })
  paypal.verdicts.set(instruments.paypal.bad, { issue: 'INSTRUMENT_DECLINED' })
  return {
    stripe,
    paypal,
    instruments,
    books: () => [
      ...[...stripe.state.intents.values()].map(
        ({ id, metadata, status, amount_received }): Till => ({
          processor: 'stripe',
          reference: id,
          ours: metadata.kontor_reference ?? '',
          takenMinor: status === 'succeeded' ? [amount_received] : [],
        }),
      ),
      ...[...paypal.engine.orders.values()].map(
        ({ id, purchase_units: [unit] }): Till => ({
          processor: 'paypal',
          reference: id,
          ours: unit?.custom_id ?? '',
          takenMinor: (unit?.payments?.captures ?? [])
            .filter(({ status }) => TOOK_MONEY.has(status))
            .map(({ amount }) => minorOf(amount)),
        }),
      ),
    ],
    sentBack: () => [
      ...[...stripe.state.refunds.values()].map(({ id, payment_intent, metadata, amount }) => ({
        reference: id,
        charge: String(payment_intent),
        ours: metadata?.kontor_reference ?? '',
        minor: amount,
      })),
      ...[...paypal.engine.refunds.values()].map(({ id, links, custom_id = '', amount }) => {
        const capture = links
          .find(({ rel }) => rel === 'up')
          ?.href.split('/')
          .at(-1)
        const order = [...paypal.engine.orders.values()].find(({ purchase_units: [unit] }) =>
          unit?.payments?.captures?.some((one) => one.id === capture),
        )
        return { reference: id, charge: order?.id ?? '', ours: custom_id, minor: minorOf(amount) }
      }),
    ],
    mishap: (name, what) => void { stripe, paypal }[name].mishaps.push(what),
    behave() {
      stripe.mishaps.length = 0
      paypal.mishaps.length = 0
    },
    async close() {
      await Promise.all([stripe.close(), paypal.close()])
    },
  }
}
