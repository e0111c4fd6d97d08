import type { ChargeOutcome } from '@kontor/processors'
import type { Asked, Charge, LearnedBy, Step } from './charge.ts'
import type { ChargeChange } from './repo.ts'

export const NOT_SENT: ChargeOutcome = { outcome: 'not_sent', because: 'unreachable' }

export const EMPTY = {
  request: null,
  request_no: 1,
  outcome: null,
  because: null,
  code: null,
  reference: null,
  movement: null,
  amount_minor: null,
} as const

/** A request that is about to leave. */
export const sent = ({ request, no, amountMinor }: Asked, learned_by: LearnedBy) =>
  ({ kind: 'sent', request, request_no: no, amount_minor: amountMinor ?? null, learned_by }) as const

/** An outcome as a row of the ledger. What the payer has to do is not in it: it may be a credential. */
export function stepOf({ request, no }: Asked, outcome: ChargeOutcome, learned_by: LearnedBy): Step {
  const made = request === 'create' && outcome.outcome === 'created'
  const { because = null, reason = because, code = null, reference = null, movement = null } = outcome as Loose
  return {
    seq: 0,
    kind: made ? 'created' : outcome.outcome === 'unknown' ? 'unknown' : 'answered',
    request,
    request_no: no,
    outcome: outcome.outcome,
    because: reason,
    code,
    reference,
    movement,
    amount_minor: null,
    learned_by,
    at: new Date(0),
  }
}

/** The members that some outcomes have and others have not. */
interface Loose {
  readonly because?: string
  readonly reason?: string
  readonly code?: string
  readonly reference?: string
  readonly movement?: string
}

/** Whether a question was answered the same as the last time. */
export function isToldAgain(steps: readonly Step[], { request, outcome, because }: Step): boolean {
  if (request !== 'retrieve' && request !== 'told') return false
  const last = steps.findLast((step) => step.request === request)
  return last?.outcome === outcome && last.because === because
}

/**
 * The processor's ids. That of the charge never changes, and is not taken from an answer that may be about something else; of the
 * movement, the latest is the one that counts.
 */
export function learned(held: Charge, asked: Asked, outcome: ChargeOutcome): ChargeChange {
  const { reference, movement } = outcome as Loose
  const isOurs = asked.request !== 'create' || outcome.outcome !== 'unknown'
  return {
    ...(held.reference === null && reference !== undefined && isOurs ? { reference } : {}),
    ...(movement !== undefined ? { movement } : {}),
  }
}

/** Why it was declined, where it is now. */
export function declineOf(state: Charge['state'], held: Charge, outcome: ChargeOutcome): ChargeChange {
  if (state === held.state) return {}
  if (outcome.outcome !== 'declined') return { decline_reason: null, decline_soft: null, decline_code: null }
  const { reason, soft, code = null } = outcome
  return { decline_reason: reason, decline_soft: soft, decline_code: code }
}
