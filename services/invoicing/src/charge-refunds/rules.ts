import { least } from '@kontor/money'
import type { RefundOutcome } from '@kontor/processors'
import type { Asked, ChargeRefund, ChargeRefundState, Step } from './charge-refund.ts'

/** It may still send money back, so that its amount is kept for it. The same stands in SQL: `charge_refund_is_live`. */
export const isLive = (state: ChargeRefundState): boolean =>
  state === 'processing' || state === 'unknown' || state === 'pending'

/** Whether it is being worked on or found out. */
export const isAtWork = (state: ChargeRefundState): boolean => state === 'processing' || state === 'unknown'

/** Declines that may be about the question, and say nothing of the refund: one that another account of the tenant cannot see, say. */
const OF_THE_QUESTION: ReadonlySet<string> = new Set(['not_found', 'invalid_request', 'merchant_restricted'])

/**
 * What an outcome is worth: a refused question, and an amount that is not this refund's, leave us as wise as before.
 *
 * @param doubtful Whether an earlier attempt of the request may have been carried out.
 */
export function weighed(
  refund: Pick<ChargeRefund, 'currency' | 'amount_minor'>,
  asked: Asked,
  outcome: RefundOutcome,
  doubtful: boolean,
): RefundOutcome {
  if (outcome.outcome === 'declined') {
    const isAsked = asked !== 'refund'
    const isOfTheQuestion = OF_THE_QUESTION.has(outcome.reason) || (isAsked && outcome.reference === undefined)
    if (isOfTheQuestion && (isAsked || doubtful)) return { outcome: 'unknown', because: 'unreadable_answer' }
  }
  const { amount } = outcome
  const isAnother = amount && (amount.minor !== refund.amount_minor || amount.currency !== refund.currency)
  return isAnother ? { outcome: 'unknown', because: 'unreadable_answer' } : outcome
}

/**
 * The state after an outcome, which has been weighed. It moves forward alone, so that it does not matter in which order it is told. A
 * processor that has failed never succeeds afterwards; one that has succeeded may fail.
 */
export function stateAfter(
  { state: before, reference }: Pick<ChargeRefund, 'state' | 'reference'>,
  asked: Asked,
  outcome: RefundOutcome,
  doubtful: boolean,
): ChargeRefundState {
  const isOpen = isAtWork(before)
  switch (outcome.outcome) {
    case 'unknown':
      return asked === 'refund' && isOpen ? 'unknown' : before
    case 'not_sent':
      // What was certainly not sent now does not undo what may have been carried out before.
      if (asked !== 'refund' || !isOpen) return before
      return doubtful ? 'unknown' : 'not_sent'
    case 'pending':
      return isOpen ? 'pending' : before
    case 'succeeded': {
      // A request that was refused has no id there; one that has, and failed, stays so.
      const hasEnded = before === 'cancelled' || before === 'failed' || (before === 'declined' && reference !== null)
      return hasEnded ? before : 'succeeded'
    }
    default:
      if (before === 'succeeded') return outcome.reference === reference ? 'failed' : before
      return isLive(before) || before === 'not_sent' ? outcome.outcome : before
  }
}

/**
 * How much of a refund that was made elsewhere a dispute took before; `exact` where that is all of it, and all that the dispute took. Where
 * amounts differ, what agrees is taken for the same money, and a person looks.
 *
 * @param takenMinors What each dispute took.
 * @param knownMinor What of it was told as refunds before.
 */
export function inDisputes(
  amountMinor: bigint,
  takenMinors: readonly bigint[],
  knownMinor: bigint,
): { minor: bigint; exact: boolean } {
  const left = takenMinors.reduce((sum, minor) => sum + minor, -knownMinor)
  const minor = left > 0n ? least(left, amountMinor) : 0n
  return { minor, exact: minor === amountMinor && takenMinors.includes(amountMinor) }
}

/** Whether the request was sent and nothing definite is known of it: each attempt that was certainly not sent takes one away. */
export function mayBeCarriedOut(steps: readonly Pick<Step, 'kind' | 'request' | 'outcome'>[]): boolean {
  const own = steps.filter(({ request }) => request === 'refund')
  const isDefinite = own.some(({ kind, outcome }) => kind === 'answered' && outcome !== 'not_sent')
  const sent = own.filter(({ kind }) => kind === 'sent').length
  return !isDefinite && sent > own.filter(({ outcome }) => outcome === 'not_sent').length
}

/**
 * What to ask the processor next, if anything, where somebody takes a refund up. Without its id the identical request is repeated, as long
 * as the processor remembers the key; with it, it is asked.
 */
export function nextRequest(
  { state, reference }: Pick<ChargeRefund, 'state' | 'reference'>,
  steps: readonly Step[],
  keyLifeMs: number,
  nowMs: number,
): 'refund' | 'retrieve' | undefined {
  if (!isLive(state)) return undefined
  if (reference !== null) return 'retrieve'
  if (!mayBeCarriedOut(steps)) return 'refund'
  const first = steps.find(({ kind }) => kind === 'sent')
  return first && nowMs - first.at.getTime() < keyLifeMs ? 'refund' : undefined
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** When a refund is looked after first: later than its request can take. */
export const FIRST_CHECK_MS = MINUTE_MS
/** Longer than any processor takes to decide about one. */
const CHECKED_FOR_MS = 60 * DAY_MS

/**
 * How long until the processor is asked again; undefined once there is nothing to ask any more.
 *
 * @param times How often it was.
 */
export function nextCheckMs(
  refund: Pick<ChargeRefund, 'created_at'>,
  times: number,
  nowMs: number,
): number | undefined {
  if (nowMs - refund.created_at.getTime() >= CHECKED_FOR_MS) return undefined
  return Math.min(FIRST_CHECK_MS * 2 ** Math.min(times, 20), DAY_MS)
}
