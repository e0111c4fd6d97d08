import type { DeclineReason } from '../decline.ts'
import type { NotSentBecause, UnknownBecause } from '../outcome.ts'

/** What the test processor makes of an amount. Every other amount succeeds at once. */
export interface Script {
  readonly create?: { readonly unknown: UnknownBecause } | { readonly notSent: NotSentBecause }
  readonly confirm?:
    | { readonly declined: DeclineReason }
    /** The first charge of an instrument; every later one of the same amount is paid. */
    | { readonly declinedOnce: DeclineReason }
    /** The payer has to agree; the second `confirm` finds that they have. */
    | { readonly requiresAction: true }
    /** `retrieve` later finds how it ended. */
    | { readonly pending: 'succeeded' | { readonly declined: DeclineReason } }
    | { readonly notSent: NotSentBecause }
    /** Nobody hears of it; what really happened is found by `retrieve`, or by `confirm` under the same key. */
    | { readonly unknown: UnknownBecause; readonly really: 'succeeded' | 'nothing' }
  readonly refund?: { readonly declined: DeclineReason } | { readonly pending: true }
}

/** Minor units of any currency → what happens. The same table stands in docs/processors.md. */
export const SCRIPTS: ReadonlyMap<bigint, Script> = new Map<bigint, Script>([
  [66_601n, { confirm: { declined: 'insufficient_funds' } }],
  [66_602n, { confirm: { declined: 'expired_card' } }],
  [66_603n, { confirm: { declined: 'fraud_suspected' } }],
  [66_604n, { confirm: { declined: 'issuer_unavailable' } }],
  [66_605n, { confirm: { declined: 'authentication_required' } }],
  [66_606n, { confirm: { declinedOnce: 'insufficient_funds' } }],
  [66_611n, { confirm: { requiresAction: true } }],
  [66_612n, { confirm: { pending: 'succeeded' } }],
  [66_613n, { confirm: { pending: { declined: 'revoked' } } }],
  [66_621n, { confirm: { notSent: 'unreachable' } }],
  [66_622n, { confirm: { unknown: 'timeout', really: 'succeeded' } }],
  [66_623n, { confirm: { unknown: 'connection_lost', really: 'nothing' } }],
  [66_624n, { create: { unknown: 'timeout' } }],
  [66_625n, { create: { notSent: 'unreachable' } }],
  [66_631n, { refund: { declined: 'not_refundable' } }],
  [66_632n, { refund: { pending: true } }],
])
