import type Stripe from 'stripe'
import { moneyFromStripe } from '../amount.ts'
import { isPayerUrl } from '../base-url.ts'
import type { InstrumentReference, RegisterOutcome } from '../instrument.ts'
import { type ChargeOutcome, type PayerAction, type RefundOutcome, unknown } from '../outcome.ts'
import { declined } from './declines.ts'

/** What may stand where an id or an expanded object does. */
export const idOf = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'object' && value !== null
      ? idOf((value as { id?: unknown }).id)
      : undefined

/** @see docs.stripe.com/payments/paymentintents/lifecycle */
export function chargeOutcome(intent: Stripe.PaymentIntent): ChargeOutcome {
  const { id, status } = intent
  if (intent.object !== 'payment_intent' || typeof id !== 'string') return unknown('unreadable_answer')
  const charged = { reference: id, ...movementOf(intent), ...amountOf(intent.amount, intent.currency) }
  switch (status) {
    case 'requires_payment_method':
      return intent.last_payment_error ? declined(intent.last_payment_error, id) : { outcome: 'created', ...charged }
    case 'requires_confirmation':
      return { outcome: 'created', ...charged }
    case 'requires_action': {
      const action = actionOf(intent.next_action, intent.client_secret)
      return action ? { outcome: 'requires_action', action, ...charged } : unknown('unreadable_answer', id)
    }
    case 'processing':
      return { outcome: 'pending', ...charged }
    case 'requires_capture':
      return { outcome: 'authorized', ...charged, ...amountOf(intent.amount_capturable, intent.currency) }
    case 'succeeded':
      return { outcome: 'succeeded', ...charged, ...amountOf(intent.amount_received, intent.currency) }
    case 'canceled':
      return { outcome: 'cancelled', ...charged }
    default:
      return unknown('unreadable_answer', id)
  }
}

/** @see docs.stripe.com/api/refunds/object, `status` */
export function refundOutcome(refund: Stripe.Refund): RefundOutcome {
  const { id, status } = refund
  if (refund.object !== 'refund' || typeof id !== 'string') return unknown('unreadable_answer')
  const movement = idOf(refund.charge)
  const ourReference = refund.metadata?.kontor_reference
  const told = { ...(ourReference ? { ourReference } : {}), ...amountOf(refund.amount, refund.currency) }
  const refunded = { reference: id, ...(movement ? { movement } : {}), ...told }
  if (status === 'succeeded') return { outcome: 'succeeded', ...refunded }
  if (status === 'pending' || status === 'requires_action') return { outcome: 'pending', ...refunded }
  if (status === 'canceled') return { outcome: 'cancelled', ...refunded }
  if (status === 'failed') return { ...declined({ code: refund.failure_reason }, id, 'not_refundable'), ...told }
  return unknown('unreadable_answer', id)
}

/** @see docs.stripe.com/payments/setupintents/lifecycle */
export function registerOutcome(intent: Stripe.SetupIntent): RegisterOutcome {
  const { id, status } = intent
  if (intent.object !== 'setup_intent' || typeof id !== 'string') return unknown('unreadable_answer')
  switch (status) {
    case 'succeeded': {
      const reference = referenceOf(intent)
      return reference ? { outcome: 'registered', reference } : unknown('unreadable_answer', id)
    }
    case 'requires_action': {
      const action = actionOf(intent.next_action, intent.client_secret)
      return action ? { outcome: 'requires_action', registration: id, action } : unknown('unreadable_answer', id)
    }
    case 'processing':
      return { outcome: 'pending', registration: id }
    case 'requires_payment_method':
      return declined(intent.last_setup_error ?? {}, id)
    case 'canceled':
      return declined({}, id, 'wrong_state')
    default:
      return unknown('unreadable_answer', id)
  }
}

function referenceOf(intent: Stripe.SetupIntent): InstrumentReference | undefined {
  const [instrument, customer, mandate] = [idOf(intent.payment_method), idOf(intent.customer), idOf(intent.mandate)]
  if (instrument === undefined) return undefined
  return {
    type: intent.payment_method_types.includes('sepa_debit') ? 'sepa_debit' : 'card',
    instrument,
    ...(customer ? { customer } : {}),
    ...(mandate ? { mandate } : {}),
  }
}

function movementOf({ latest_charge }: Stripe.PaymentIntent): { movement?: string } {
  const movement = idOf(latest_charge)
  return movement ? { movement } : {}
}

function amountOf(amount: unknown, currency: unknown) {
  const money = moneyFromStripe(amount, currency)
  return money ? { amount: money } : {}
}

function actionOf(
  next: { readonly redirect_to_url?: { readonly url: string | null } | null } | null,
  clientSecret: string | null,
): PayerAction | undefined {
  const url = next?.redirect_to_url?.url
  if (isPayerUrl(url)) return { type: 'redirect', url }
  return typeof clientSecret === 'string' ? { type: 'client_secret', clientSecret } : undefined
}
