import type { DisputeState } from '@kontor/processors'

/** The processors that tell of disputes. */
export type Disputing = 'stripe' | 'paypal'

/** A dispute as it is stored. */
export interface Dispute {
  readonly id: string
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly account_id: string
  readonly charge_id: string
  readonly processor: Disputing
  readonly reference: string
  readonly state: DisputeState
  readonly amount_minor: bigint | null
  readonly currency: string | null
  readonly reason: string | null
  readonly occurred_at: Date
  readonly missing_minor: bigint
  /** What of it is booked as refunds that the processor told of as well. */
  readonly refunded_minor: bigint
  readonly needs_attention: boolean
  readonly version: number
  readonly created_at: Date
  readonly updated_at: Date
}

/** How it came to that: one row for each word that says something new, with the money that moved. */
export interface DisputeStep {
  readonly seq: number
  readonly state: DisputeState
  readonly occurred_at: Date
  readonly refund_id: string | null
  readonly payment_id: string | null
  readonly amount_minor: bigint | null
  readonly reopened: readonly { readonly invoice_id: string; readonly amount_minor: number }[]
  readonly at: Date
}

/** Where the disputed money is, as far as a state says: with the payer, with us again, or where it was. */
export type Whereabouts = 'taken' | 'ours' | 'unchanged'

/**
 * Stripe takes the disputed amount from the balance when a dispute is opened, and gives it back when it is won; an inquiry moves nothing.
 * PayPal holds the money meanwhile, and gives it to the buyer when it decides for them or the seller agrees.
 *
 * @see docs.stripe.com/disputes/how-disputes-work, docs.stripe.com/api/disputes/object (`status`, `balance_transactions`)
 * @see developer.paypal.com/docs/disputes/disputes-reference
 */
const WHEREABOUTS: Readonly<Record<Disputing, Readonly<Record<DisputeState, Whereabouts>>>> = {
  stripe: {
    inquiry: 'unchanged',
    needs_response: 'taken',
    under_review: 'taken',
    lost: 'taken',
    won: 'ours',
    closed: 'unchanged',
  },
  paypal: {
    inquiry: 'unchanged',
    needs_response: 'unchanged',
    under_review: 'unchanged',
    lost: 'taken',
    won: 'ours',
    closed: 'unchanged',
  },
}

export const whereaboutsOf = (processor: Disputing, state: DisputeState): Whereabouts => WHEREABOUTS[processor][state]

const DECIDED: readonly DisputeState[] = ['won', 'lost', 'closed']

/** Of what happened at one moment, by a clock of seconds, a decision is the later. */
export function isNews(
  known: Pick<Dispute, 'state' | 'occurred_at'>,
  told: { readonly state: DisputeState; readonly occurredAt: Date },
): boolean {
  const apartMs = told.occurredAt.getTime() - known.occurred_at.getTime()
  if (apartMs !== 0) return apartMs > 0
  return !DECIDED.includes(known.state) || DECIDED.includes(told.state)
}
