import type { StripeFake } from '@kontor/processors/testing'
import type { Processors } from './till.ts'

type Name = 'stripe' | 'paypal'
type StripeRefund = Parameters<StripeFake['state']['refunds']['set']>[1]

/** What a processor tells of: an object of its own, and what it calls the event. */
export interface News {
  readonly type: string
  readonly object: object
}

let made = 0
const value = (minor: number) => (minor / 100).toFixed(2)

/** The movement of money in an order of PayPal. */
function captureOf({ paypal }: Processors, order: string): string {
  const [unit] = paypal.engine.orders.get(order)?.purchase_units ?? []
  const [capture] = unit?.payments?.captures ?? []
  if (!capture) throw new Error('nothing was taken')
  return capture.id
}

/** Somebody sends money of a charge back in the dashboard of its processor, under no name of ours. */
export function refundElsewhere(processors: Processors, name: Name, charge: string, minor: number): News {
  if (name === 'stripe') {
    const id = `re_dashboard${++made}`
    const of = { payment_intent: charge, charge: `ch_of_${charge}`, metadata: {} }
    const refund = { id, object: 'refund', amount: minor, currency: 'eur', status: 'succeeded', ...of } as StripeRefund
    processors.stripe.state.refunds.set(id, refund)
    return { type: 'refund.created', object: refund }
  }
  const path = `/v2/payments/captures/${captureOf(processors, charge)}/refund`
  const amount = { currency_code: 'EUR', value: value(minor) }
  const { read } = processors.paypal.engine.judge('POST', path, { amount })
  return { type: 'PAYMENT.CAPTURE.REFUNDED', object: read() as object }
}

/** What a processor tells of a refund that it has made. */
export function newsOfRefund({ stripe, paypal }: Processors, name: Name, reference: string): News {
  const { state } = stripe
  return name === 'stripe'
    ? { type: 'refund.updated', object: state.refunds.get(reference) as object }
    : { type: 'PAYMENT.CAPTURE.REFUNDED', object: paypal.engine.refunds.get(reference) as object }
}

export type DisputeNews = 'needs_response' | 'lost' | 'won'

const AT_PAYPAL = {
  needs_response: { status: 'OPEN' },
  lost: { status: 'RESOLVED', dispute_outcome: { outcome_code: 'RESOLVED_BUYER_FAVOUR' } },
  won: { status: 'RESOLVED', dispute_outcome: { outcome_code: 'RESOLVED_SELLER_FAVOUR' } },
} as const

/** What a processor tells of a dispute about a charge. */
export function newsOfDispute(
  processors: Processors,
  name: Name,
  charge: string,
  dispute: { readonly reference: string; readonly state: DisputeNews; readonly minor: number },
): News {
  const { reference, state, minor } = dispute
  if (name === 'stripe') {
    const about = { payment_intent: charge, amount: minor, currency: 'eur', reason: 'fraudulent' }
    return { type: 'charge.dispute.updated', object: { id: reference, status: state, ...about } }
  }
  const object = {
    dispute_id: reference,
    ...AT_PAYPAL[state],
    disputed_transactions: [{ seller_transaction_id: captureOf(processors, charge) }],
    dispute_amount: { currency_code: 'EUR', value: value(minor) },
    reason: 'MERCHANDISE_OR_SERVICE_NOT_RECEIVED',
  }
  return { type: 'CUSTOMER.DISPUTE.UPDATED', object }
}
