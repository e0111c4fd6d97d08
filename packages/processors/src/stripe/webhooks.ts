import Stripe from 'stripe'
import { moneyFromStripe } from '../amount.ts'
import { codeOf } from '../decline.ts'
import type { Mode } from '../mode.ts'
import type { DisputeState, Subject, Verification, WebhookDelivery } from '../webhook.ts'
import { WEBHOOK_BYTES_MAX } from '../webhook.ts'
import { chargeOutcome, idOf, refundOutcome } from './outcomes.ts'

/** Five minutes, as Stripe's own packages have it. A delivery that is tried again is signed anew. */
const TOLERANCE_S = 300

export interface StripeWebhookOptions {
  readonly mode: Mode
  readonly webhookSecrets: readonly string[]
  readonly nowMs: () => number
}

/** @see docs.stripe.com/webhooks, "Verify webhook signatures" */
export function verifyStripeWebhook(
  stripe: Stripe,
  { webhookSecrets, mode, nowMs }: StripeWebhookOptions,
  { rawBody, headers }: WebhookDelivery,
): Verification {
  if (rawBody.length > WEBHOOK_BYTES_MAX) return { outcome: 'refused', because: 'too_large' }
  const header = headers['stripe-signature']
  if (typeof header !== 'string') return { outcome: 'refused', because: 'bad_signature' }
  let because: 'bad_signature' | 'too_old' | 'malformed' = 'bad_signature'
  for (const secret of webhookSecrets) {
    try {
      // Without the clock it would compare with its own, and with a tolerance of 0 with none at all.
      const event = stripe.webhooks.constructEvent(
        Buffer.from(rawBody),
        header,
        secret,
        TOLERANCE_S,
        undefined,
        nowMs(),
      )
      if (event.livemode !== (mode === 'live')) return { outcome: 'refused', because: 'wrong_mode' }
      return eventOf(event)
    } catch (error) {
      // Its message quotes the body, so it is only looked at.
      if (!(error instanceof Stripe.errors.StripeSignatureVerificationError)) because = 'malformed'
      else if (/outside the tolerance/.test(error.message)) because = 'too_old'
    }
  }
  return { outcome: 'refused', because }
}

function eventOf(event: Stripe.Event): Verification {
  const { id, type, created, data } = event
  const object: unknown = data?.object
  if (
    typeof id !== 'string' ||
    typeof type !== 'string' ||
    !Number.isSafeInteger(created) ||
    typeof object !== 'object'
  )
    return { outcome: 'refused', because: 'malformed' }
  return {
    outcome: 'verified',
    event: { id, type, occurredAt: new Date(created * 1000), subject: subjectOf(type, object) },
  }
}

function subjectOf(type: string, object: unknown): Subject {
  if (type.startsWith('payment_intent.'))
    return { kind: 'charge', charge: chargeOutcome(object as Stripe.PaymentIntent) }
  if (type.startsWith('refund.') || type === 'charge.refund.updated') return refundSubject(object as Stripe.Refund)
  if (type.startsWith('charge.dispute.')) return disputeSubject(object as Stripe.Dispute)
  if (type.startsWith('setup_intent.')) {
    const registration = idOf(object)
    if (registration) return { kind: 'registration', registration }
  }
  return { kind: 'other' }
}

function refundSubject(refund: Stripe.Refund): Subject {
  const charge = idOf(refund.payment_intent) ?? idOf(refund.charge)
  return { kind: 'refund', refund: refundOutcome(refund), ...(charge ? { charge } : {}) }
}

/** @see docs.stripe.com/api/disputes/object, `status` */
const DISPUTE_STATES: Readonly<Record<string, DisputeState>> = {
  needs_response: 'needs_response',
  warning_needs_response: 'inquiry',
  under_review: 'under_review',
  warning_under_review: 'inquiry',
  won: 'won',
  prevented: 'won',
  lost: 'lost',
  warning_closed: 'closed',
}

function disputeSubject(dispute: Stripe.Dispute): Subject {
  const state = DISPUTE_STATES[dispute.status]
  if (typeof dispute.id !== 'string' || state === undefined) return { kind: 'other' }
  const charge = idOf(dispute.payment_intent) ?? idOf(dispute.charge)
  const amount = moneyFromStripe(dispute.amount, dispute.currency)
  return {
    kind: 'dispute',
    dispute: dispute.id,
    state,
    ...(charge ? { charge } : {}),
    ...(amount ? { amount } : {}),
    ...(codeOf(dispute.reason) ? { reason: dispute.reason } : {}),
  }
}
