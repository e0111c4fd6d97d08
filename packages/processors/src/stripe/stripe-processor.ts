import type Stripe from 'stripe'
import { stripeAmount } from '../amount.ts'
import { InstrumentNotAccepted } from '../errors.ts'
import { checkedKey } from '../idempotency-key.ts'
import type { InstrumentReference, PayerApproval } from '../instrument.ts'
import { type ChargeOutcome, type CreateOutcome, type RefundOutcome, unknown } from '../outcome.ts'
import type { CreateRequest, KeyLife, Processor } from '../processor.ts'
import { type StripeConnection, stripeClient } from './client.ts'
import { outcomeOfFailure, shownIntent } from './failure.ts'
import { chargeOutcome, refundOutcome, registerOutcome } from './outcomes.ts'
import { outcomeOfRegistration, registerAtStripe } from './register.ts'
import { verifyStripeWebhook } from './webhooks.ts'

export interface StripeOptions extends StripeConnection {
  /** `whsec_…` of the endpoint, several while one is being replaced. */
  readonly webhookSecrets: readonly string[]
  readonly nowMs: () => number
}

const HOUR_MS = 3_600_000
/** "Keys can be removed from the system automatically after they're at least 24 hours old" (docs.stripe.com/api/idempotent_requests). */
const KEY_LIFE_MS: KeyLife = {
  register: 24 * HOUR_MS,
  create: 24 * HOUR_MS,
  confirm: 24 * HOUR_MS,
  capture: 24 * HOUR_MS,
  refund: 24 * HOUR_MS,
}

/** Stripe, through PaymentIntents and SetupIntents. */
export function stripeProcessor(options: StripeOptions): Processor {
  const stripe = stripeClient(options)

  /** A change of a charge. Where its state did not allow it, the answer shows the charge, and that is what there is to know. */
  async function change(request: () => Promise<Stripe.PaymentIntent>): Promise<ChargeOutcome> {
    try {
      return chargeOutcome(await request())
    } catch (error) {
      const failure = outcomeOfFailure(error)
      const shown = shownIntent(error, 'payment_intent') as Stripe.PaymentIntent | undefined
      return failure.outcome === 'declined' && failure.reason === 'wrong_state' && shown
        ? chargeOutcome(shown)
        : failure
    }
  }

  async function refundOf(request: () => Promise<Stripe.Refund>): Promise<RefundOutcome> {
    try {
      return refundOutcome(await request())
    } catch (error) {
      return outcomeOfFailure(error)
    }
  }

  return {
    name: 'stripe',
    keyLifeMs: KEY_LIFE_MS,

    register: (request) => registerAtStripe(stripe, request),

    async finishRegistration({ registration }) {
      try {
        return registerOutcome(await stripe.setupIntents.retrieve(registration))
      } catch (error) {
        return outcomeOfRegistration(error)
      }
    },

    async create(request) {
      const body = createBody(request)
      const idempotencyKey = checkedKey(request.idempotencyKey)
      return created(await change(() => stripe.paymentIntents.create(body, { idempotencyKey })))
    },

    async confirm({ idempotencyKey, reference, instrument, offSession, returnUrl }) {
      checkedKey(idempotencyKey)
      const known = ofStripe(instrument)
      const body: Stripe.PaymentIntentConfirmParams = {
        payment_method: known.instrument,
        ...(known.mandate ? { mandate: known.mandate } : {}),
        ...(offSession ? { off_session: true } : {}),
        ...(returnUrl && !offSession ? { return_url: returnUrl } : {}),
      }
      return change(() => stripe.paymentIntents.confirm(reference, body, { idempotencyKey }))
    },

    async capture({ idempotencyKey, reference, amount }) {
      checkedKey(idempotencyKey)
      const body = amount ? { amount_to_capture: stripeAmount(amount).amount } : {}
      return change(() => stripe.paymentIntents.capture(reference, body, { idempotencyKey }))
    },

    async cancel({ idempotencyKey, reference }) {
      checkedKey(idempotencyKey)
      return change(() => stripe.paymentIntents.cancel(reference, {}, { idempotencyKey }))
    },

    async refund({ idempotencyKey, reference, amount, ourReference }) {
      checkedKey(idempotencyKey)
      const body = {
        payment_intent: reference,
        ...(amount ? { amount: stripeAmount(amount).amount } : {}),
        ...(ourReference ? { metadata: { kontor_reference: ourReference } } : {}),
      }
      return refundOf(() => stripe.refunds.create(body, { idempotencyKey }))
    },

    retrieve: (reference) => change(() => stripe.paymentIntents.retrieve(reference)),
    retrieveRefund: (reference) => refundOf(() => stripe.refunds.retrieve(reference)),
    verifyWebhook: async (delivery) => verifyStripeWebhook(stripe, options, delivery),
  }
}

/** @throws {InstrumentNotAccepted} */
function createBody({ amount, capture, instrument, ourReference }: CreateRequest): Stripe.PaymentIntentCreateParams {
  const { type, instrument: method, customer } = ofStripe(instrument)
  return {
    ...stripeAmount(amount),
    capture_method: capture,
    payment_method: method,
    allowed_payment_method_types: [type],
    ...(customer ? { customer } : {}),
    metadata: { kontor_reference: ourReference },
  }
}

/** @throws {InstrumentNotAccepted} */
function ofStripe(
  given: InstrumentReference | PayerApproval,
): InstrumentReference & { readonly type: 'card' | 'sepa_debit' } {
  const { type } = given
  if (type === 'approval') throw new InstrumentNotAccepted('Stripe charges an instrument that is registered')
  if (type === 'paypal') throw new InstrumentNotAccepted('this instrument is registered with PayPal')
  return { ...given, type }
}

/** A charge that is anything else right after it was made was not made by this request. */
function created(outcome: ChargeOutcome): CreateOutcome {
  switch (outcome.outcome) {
    case 'created':
    case 'declined':
    case 'not_sent':
    case 'unknown':
      return outcome
    default:
      return unknown('key_conflict', outcome.reference)
  }
}
