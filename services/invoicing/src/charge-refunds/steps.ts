import type { RefundOutcome } from '@kontor/processors'
import type { Asked, ChargeRefund, LearnedBy, Step } from './charge-refund.ts'
import type { RefundChange } from './repo.ts'

export const EMPTY = { request: null, outcome: null, because: null, code: null, reference: null } as const

/** The members that some outcomes have and others have not. */
interface Loose {
  readonly because?: string
  readonly reason?: string
  readonly code?: string
  readonly reference?: string
}

/** An outcome as a row of the ledger. */
export function stepOf(request: Asked, outcome: RefundOutcome, learned_by: LearnedBy): Omit<Step, 'seq' | 'at'> {
  const { because = null, reason = because, code = null, reference = null } = outcome as Loose
  const kind = outcome.outcome === 'unknown' ? 'unknown' : 'answered'
  return { kind, request, outcome: outcome.outcome, because: reason, code, reference, learned_by }
}

/** Whether a question was answered the same as the last time. */
export function isToldAgain(steps: readonly Step[], step: Pick<Step, 'request' | 'outcome' | 'because'>): boolean {
  if (step.request === 'refund') return false
  const last = steps.findLast(({ request }) => request === step.request)
  return last?.outcome === step.outcome && last.because === step.because
}

/** The processor's id never changes, and is not taken from an answer that may be about something else. */
export function referenceIn(held: ChargeRefund, outcome: RefundOutcome): string | undefined {
  const { reference } = outcome as Loose
  return held.reference === null && outcome.outcome !== 'unknown' ? reference : undefined
}

/** Why it was declined or failed, where it is now. */
export function declineOf(state: ChargeRefund['state'], held: ChargeRefund, outcome: RefundOutcome): RefundChange {
  if (state === held.state) return {}
  if (outcome.outcome === 'declined') {
    const { reason, soft, code = null } = outcome
    return { decline_reason: reason, decline_soft: soft, decline_code: code }
  }
  const wasLetGo = state === 'failed'
  return {
    decline_reason: wasLetGo ? 'not_refundable' : null,
    decline_soft: wasLetGo ? false : null,
    decline_code: null,
  }
}
