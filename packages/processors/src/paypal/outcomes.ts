import { moneyFromPaypal } from '../amount.ts'
import { isPayerUrl } from '../base-url.ts'
import { codeOf, type DeclineReason } from '../decline.ts'
import { ExchangeFailed } from '../exchange-failed.ts'
import {
  type ChargeOutcome,
  type Declined,
  type NotSent,
  notSent,
  type PayerAction,
  type RefundOutcome,
  type Unknown,
  unknown,
} from '../outcome.ts'
import { declinedByIssue, declinedByResponse, IN_PROGRESS } from './declines.ts'
import type { PaypalAnswer } from './request.ts'

/** A member of an answer, which may be of any form. */
export const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined

/** The members of an array of an answer. */
export const items = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** PayPal's ids are of letters, digits, `-` and `_`. */
export function idOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[0-9A-Za-z_-]{1,255}$/.test(value) ? value : undefined
}

/** What an order has come to. Of several captures the one that took money counts, then one that may still. */
export function orderOutcome(order: unknown): ChargeOutcome {
  const reference = idOf(member(order, 'id'))
  if (reference === undefined) return unknown('unreadable_answer')
  const unit = items(member(order, 'purchase_units'))[0]
  const payments = member(unit, 'payments')
  const captures = items(member(payments, 'captures')).map((capture) => captureOutcome(capture, reference))
  const settled =
    captures.find(({ outcome }) => outcome === 'succeeded') ??
    captures.find(({ outcome }) => outcome === 'pending') ??
    captures.at(-1)
  if (settled) return settled
  const authorization = items(member(payments, 'authorizations')).at(-1)
  if (authorization) return authorizationOutcome(authorization, reference)
  return withoutPayment(order, reference, amountOf(member(unit, 'amount')))
}

/** @see "checkout_orders_v2", `order_status` */
function withoutPayment(order: unknown, reference: string, amount: ReturnType<typeof amountOf>): ChargeOutcome {
  switch (member(order, 'status')) {
    case 'CREATED':
    case 'SAVED':
    case 'APPROVED':
      return { outcome: 'created', reference, ...amount }
    case 'PAYER_ACTION_REQUIRED': {
      const action = approvalOf(member(order, 'links'))
      return action
        ? { outcome: 'requires_action', action, reference, ...amount }
        : unknown('unreadable_answer', reference)
    }
    case 'VOIDED':
      return { outcome: 'cancelled', reference, ...amount }
    default:
      return unknown('unreadable_answer', reference)
  }
}

/** @see "payments_payment_v2", `capture_status` */
export function captureOutcome(capture: unknown, reference: string): ChargeOutcome {
  const movement = idOf(member(capture, 'id'))
  if (movement === undefined) return unknown('unreadable_answer', reference)
  const charged = { reference, movement, ...amountOf(member(capture, 'amount')) }
  switch (member(capture, 'status')) {
    case 'COMPLETED':
    case 'PARTIALLY_REFUNDED':
    case 'REFUNDED':
      return { outcome: 'succeeded', ...charged }
    case 'PENDING':
      return { outcome: 'pending', ...charged }
    case 'DECLINED':
    case 'FAILED':
      return declinedByResponse(member(capture, 'processor_response'), reference)
    default:
      return unknown('unreadable_answer', reference)
  }
}

/** @see "payments_payment_v2", `authorization_status` */
export function authorizationOutcome(authorization: unknown, reference: string): ChargeOutcome {
  const movement = idOf(member(authorization, 'id'))
  if (movement === undefined) return unknown('unreadable_answer', reference)
  const charged = { reference, movement, ...amountOf(member(authorization, 'amount')) }
  switch (member(authorization, 'status')) {
    case 'CREATED':
      return { outcome: 'authorized', ...charged }
    case 'PENDING':
      return { outcome: 'pending', ...charged }
    case 'VOIDED':
      return { outcome: 'cancelled', ...charged }
    case 'DENIED':
      return declinedByResponse(member(authorization, 'processor_response'), reference)
    default:
      // Captured: what came of it stands in the order.
      return unknown('unreadable_answer', reference)
  }
}

/** @see "payments_payment_v2", `refund_status` */
export function refundOutcome(refund: unknown): RefundOutcome {
  const reference = idOf(member(refund, 'id'))
  if (reference === undefined) return unknown('unreadable_answer')
  const ourReference = member(refund, 'custom_id')
  const told = {
    ...(typeof ourReference === 'string' ? { ourReference } : {}),
    ...amountOf(member(refund, 'amount')),
  }
  const refunded = { reference, ...told }
  switch (member(refund, 'status')) {
    case 'COMPLETED':
      return { outcome: 'succeeded', ...refunded }
    case 'PENDING':
      return { outcome: 'pending', ...refunded }
    case 'CANCELLED':
      return { outcome: 'cancelled', ...refunded }
    case 'FAILED':
      return { ...declinedByIssue(undefined, 'not_refundable', reference), ...told }
    default:
      return unknown('unreadable_answer', reference)
  }
}

/** @returns Undefined for an answer of success. */
export function refusalOf(
  { status, body }: PaypalAnswer,
  reference?: string,
): Declined | NotSent | Unknown | undefined {
  if (status >= 200 && status < 300) return undefined
  if (status === 429) return notSent('rate_limited')
  if (status >= 500) return unknown('processor_error', reference)
  if (status === 409) return unknown('in_progress', reference)
  // An error of PayPal's has a name; whatever else answers 4xx is not PayPal.
  if (status < 400 || codeOf(body.name) === undefined) return unknown('unreadable_answer', reference)
  const issue = issueOf(body)
  if (IN_PROGRESS.has(issue ?? '')) return unknown('in_progress', reference)
  if (issue === 'DUPLICATE_REQUEST_ID') return unknown('key_conflict', reference)
  return declinedByIssue(issue, OTHERWISE[status] ?? 'invalid_request', reference)
}

const OTHERWISE: Readonly<Record<number, DeclineReason>> = { 403: 'merchant_restricted', 404: 'not_found' }

/** The first of an error's `details` that names its issue. */
export const issueOf = (body: unknown): string | undefined =>
  items(member(body, 'details'))
    .map((detail) => codeOf(member(detail, 'issue')))
    .find((issue) => issue !== undefined)

export function outcomeOfFailure(error: unknown): NotSent | Unknown {
  return error instanceof ExchangeFailed ? error.outcome : unknown('unreadable_answer')
}

/** Where the payer agrees: `payer-action` of a confirmed order, `approve` of a setup token and of older answers. */
export function approvalOf(links: unknown): PayerAction | undefined {
  const link = items(links).find((one) => ['payer-action', 'approve'].includes(String(member(one, 'rel'))))
  const url = member(link, 'href')
  return isPayerUrl(url) ? { type: 'redirect', url } : undefined
}

function amountOf(value: unknown) {
  const amount = moneyFromPaypal(value)
  return amount ? { amount } : {}
}
