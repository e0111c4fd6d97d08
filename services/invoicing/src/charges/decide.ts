import type { ChargeOutcome } from '@kontor/processors'
import type { Asked, Charge, LearnedBy, Step } from './charge.ts'
import type { ChargeChange } from './repo.ts'
import * as rules from './rules.ts'
import { declineOf, EMPTY, isToldAgain, learned, NOT_SENT, sent, stepOf } from './steps.ts'

/** Something that was learnt of a charge. */
export interface Heard {
  readonly asked: Asked
  readonly answered: ChargeOutcome
  readonly by: LearnedBy
  /** Absent where nobody waits to send what comes next. */
  readonly keyLifeMs: rules.Lives | undefined
  readonly now: Date
}

/** What follows from it. */
export interface Decision {
  /** What the answer is worth. */
  readonly outcome: ChargeOutcome
  /** The charge as it stands after. */
  readonly charge: Charge
  /** Absent where nothing of the charge itself changes. */
  readonly changes: ChargeChange | undefined
  /** Whether it comes to another state, which is an event. */
  readonly moves: boolean
  /** Rows for the ledger: what was heard, and the request that is about to be sent. */
  readonly added: readonly Step[]
  readonly next: Asked | undefined
}

/** Whoever was told something sends nothing, so that to them no key is too old. */
const FOR_EVER: rules.Lives = { create: Number.MAX_VALUE, confirm: Number.MAX_VALUE, capture: Number.MAX_VALUE }

/** What follows from an answer, given the charge and its ledger as they stand. Which request is next is written down with it: it may be sent at once. */
export function decide(
  held: Charge,
  before: readonly Step[],
  { asked, answered, by, keyLifeMs, now }: Heard,
): Decision {
  const doubtful = rules.mayBeCarriedOut([...before, stepOf(asked, NOT_SENT, by)], asked)
  const outcome = rules.weighed(held, asked, answered, doubtful)
  const situation = { steps: before, keyLifeMs: keyLifeMs ?? FOR_EVER, nowMs: now.getTime() }
  const state = rules.stateAfter(held.state, asked, outcome, rules.doubtsOf(situation, doubtful))
  const step = stepOf(asked, outcome, by)
  // Asked again and again, a charge that waits answers the same; once is enough to know.
  const heard = state !== held.state || !isToldAgain(before, step) ? numbered(before, [step], now) : []
  const moves = state !== held.state
  if (rules.isFinal(held.state) && !moves) {
    return { outcome, charge: held, changes: undefined, moves, added: heard, next: undefined }
  }
  const changes: ChargeChange = {
    state,
    ...learned(held, asked, outcome),
    ...declineOf(state, held, outcome),
    ...versionAfter(held, state),
  }
  const charge: Charge = { ...held, ...changes, updated_at: now }
  const steps = [...before, ...heard]
  const next =
    keyLifeMs &&
    rules.nextRequest({
      charge,
      steps,
      keyLifeMs,
      nowMs: now.getTime(),
      heard: { asked, outcome: outcome.outcome },
    })
  const leaving = next && next.request !== 'retrieve' ? numbered(steps, [{ ...EMPTY, ...sent(next, by) }], now) : []
  return { outcome, charge, changes, moves, added: [...heard, ...leaving], next }
}

/** Each state has a version of its own, and what has ended is not asked about any more. */
export const versionAfter = (held: Charge, state: Charge['state']): ChargeChange => ({
  ...(state === held.state ? {} : { version: held.version + 1 }),
  ...(rules.isLive(state) ? {} : { check_at: null }),
})

/** Rows behind those that are there. */
export const numbered = (
  before: readonly Step[],
  more: readonly (Pick<Step, 'kind' | 'learned_by'> & Partial<Step>)[],
  at: Date,
): Step[] => more.map((step, index): Step => ({ ...EMPTY, ...step, at, seq: before.length + index + 1 }))
