import { moneyFromPaypal } from '../amount.ts'
import { objectFrom } from '../exchange.ts'
import { type Unknown, unknown } from '../outcome.ts'
import type { DisputeState, Subject, Verification, WebhookDelivery } from '../webhook.ts'
import { WEBHOOK_BYTES_MAX } from '../webhook.ts'
import {
  authorizationOutcome,
  captureOutcome,
  idOf,
  items,
  member,
  orderOutcome,
  outcomeOfFailure,
  refundOutcome,
  refusalOf,
} from './outcomes.ts'
import { verifyWebhookSignature } from './request.ts'
import type { PaypalClient } from './sdk.ts'

/** Header → member of the question, with the form that the description gives it ("notifications_webhooks_v1", verify_webhook_signature). */
const SIGNED: readonly (readonly [header: string, name: string, form: RegExp])[] = [
  ['paypal-auth-algo', 'auth_algo', /^[a-zA-Z0-9]{1,100}$/],
  ['paypal-cert-url', 'cert_url', /^https:\/\/[\w.-]+\.paypal\.com\/\S{1,460}$/],
  ['paypal-transmission-id', 'transmission_id', /^(?!\d+$)\w\S{1,49}$/],
  ['paypal-transmission-sig', 'transmission_sig', /^(?!\d+$)\w\S{1,499}$/],
  ['paypal-transmission-time', 'transmission_time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/],
]

/** Asks PayPal whether a delivery is its own. The event goes back as it came: written anew, its signature would no longer fit. */
export async function verifyPaypalWebhook(
  client: PaypalClient,
  webhookId: string,
  { rawBody, headers }: WebhookDelivery,
): Promise<Verification> {
  if (rawBody.length > WEBHOOK_BYTES_MAX) return { outcome: 'refused', because: 'too_large' }
  const signed = SIGNED.map(([header, name, form]) => [name, matching(headers[header], form)] as const)
  if (signed.some(([, value]) => value === undefined)) return { outcome: 'refused', because: 'bad_signature' }
  const text = textOf(rawBody)
  const event = text === undefined ? undefined : objectFrom(text)
  if (text === undefined || event === undefined) return { outcome: 'refused', because: 'malformed' }
  const question = JSON.stringify({ ...Object.fromEntries(signed), webhook_id: webhookId })
  try {
    // What was just read as one JSON object is one: it cannot reach out of its member.
    const answer = await client.execute(verifyWebhookSignature(`${question.slice(0, -1)},"webhook_event":${text}}`))
    const refusal = refusalOf(answer)
    if (refusal) return refusal.outcome === 'declined' ? { outcome: 'refused', because: 'malformed' } : refusal
    return judged(answer.body.verification_status, event)
  } catch (error) {
    return outcomeOfFailure(error)
  }
}

function judged(status: unknown, event: Readonly<Record<string, unknown>>): Verification | Unknown {
  if (status === 'SUCCESS') return eventOf(event)
  return status === 'FAILURE' ? { outcome: 'refused', because: 'bad_signature' } : unknown('unreadable_answer')
}

function matching(header: string | readonly string[] | undefined, form: RegExp): string | undefined {
  return typeof header === 'string' && form.test(header) ? header : undefined
}

/** Bytes that are no UTF-8 would change on their way. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function eventOf(event: Readonly<Record<string, unknown>>): Verification {
  const { id, event_type: type, create_time: at, resource } = event
  const occurredAt = new Date(typeof at === 'string' ? at : Number.NaN)
  const known = idOf(id)
  if (known === undefined || typeof type !== 'string' || Number.isNaN(occurredAt.getTime()))
    return { outcome: 'refused', because: 'malformed' }
  return {
    outcome: 'verified',
    event: { id: known, type, occurredAt, subject: subjectOf(type, resource) },
  }
}

/** @see developer.paypal.com/api/rest/webhooks/event-names */
function subjectOf(type: string, resource: unknown): Subject {
  if (type === 'PAYMENT.CAPTURE.REFUNDED' || type === 'PAYMENT.CAPTURE.REVERSED' || type.startsWith('PAYMENT.REFUND.'))
    return refundSubject(resource)
  if (type.startsWith('PAYMENT.CAPTURE.'))
    return { kind: 'charge', charge: captureOutcome(resource, chargeOf(resource)) }
  if (type.startsWith('PAYMENT.AUTHORIZATION.'))
    return { kind: 'charge', charge: authorizationOutcome(resource, chargeOf(resource)) }
  if (type.startsWith('CHECKOUT.ORDER.')) return { kind: 'charge', charge: orderOutcome(resource) }
  if (type.startsWith('CUSTOMER.DISPUTE.')) return disputeSubject(resource)
  return { kind: 'other' }
}

/** The order, or where the event does not name it the movement of money itself. */
function chargeOf(resource: unknown): string {
  const order = member(member(member(resource, 'supplementary_data'), 'related_ids'), 'order_id')
  return idOf(order) ?? idOf(member(resource, 'id')) ?? ''
}

/** A refund names its capture in the link `up`. */
function refundSubject(resource: unknown): Subject {
  const up = items(member(resource, 'links')).find((link) => member(link, 'rel') === 'up')
  const capture = /\/captures\/([0-9A-Za-z_-]{1,255})$/.exec(String(member(up, 'href')))?.[1]
  return { kind: 'refund', refund: refundOutcome(resource), ...(capture ? { charge: capture } : {}) }
}

/** @see developer.paypal.com/docs/api/customer-disputes/v1, `status` and `dispute_outcome.outcome_code` */
const DISPUTE_STATES: Readonly<Record<string, DisputeState>> = {
  OPEN: 'needs_response',
  WAITING_FOR_SELLER_RESPONSE: 'needs_response',
  WAITING_FOR_BUYER_RESPONSE: 'under_review',
  UNDER_REVIEW: 'under_review',
  OTHER: 'under_review',
  RESOLVED_SELLER_FAVOUR: 'won',
  CANCELED_BY_BUYER: 'won',
  RESOLVED_BUYER_FAVOUR: 'lost',
  ACCEPTED: 'lost',
  RESOLVED: 'closed',
}

function disputeSubject(resource: unknown): Subject {
  const dispute = idOf(member(resource, 'dispute_id'))
  const status = String(member(resource, 'status'))
  const outcome = String(member(member(resource, 'dispute_outcome'), 'outcome_code'))
  const state = DISPUTE_STATES[status === 'RESOLVED' ? outcome : status] ?? DISPUTE_STATES[status]
  if (dispute === undefined || state === undefined) return { kind: 'other' }
  const charge = idOf(member(items(member(resource, 'disputed_transactions'))[0], 'seller_transaction_id'))
  const amount = amountOf(resource, state)
  const reason = member(resource, 'reason')
  return {
    kind: 'dispute',
    dispute,
    state,
    ...(charge ? { charge } : {}),
    ...(amount ? { amount } : {}),
    ...(typeof reason === 'string' && /^[A-Z_]{1,80}$/.test(reason) ? { reason } : {}),
  }
}

/** What is disputed. Once it is lost, what the buyer was given of it, where PayPal says so: a seller may accept for less. */
function amountOf(resource: unknown, state: DisputeState) {
  const disputed = moneyFromPaypal(member(resource, 'dispute_amount'))
  if (state !== 'lost') return disputed
  const refunded = moneyFromPaypal(member(member(resource, 'dispute_outcome'), 'amount_refunded'))
  return refunded && (disputed === undefined || refunded.currency === disputed.currency) ? refunded : disputed
}
