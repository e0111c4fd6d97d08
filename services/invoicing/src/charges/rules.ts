import type { ChargeOutcome, KeyLife } from '@kontor/processors'
import { InvalidTransition } from '../documents/errors.ts'
import { type Asked, type Charge, type ChargeState, CREATE, RETRIEVE, type Step } from './charge.ts'

/** It may still take money, so that what it is for is kept for it. The same stands in SQL: `charge_is_live`. */
export const isLive = (state: ChargeState): boolean => RANK[state] < RANK.declined && state !== 'not_sent'

/** Whether nobody has anything to do about it any more. */
export const isFinal = (state: ChargeState): boolean => RANK[state] >= RANK.declined

/**
 * A charge moves forward alone, whatever order it is told in: what comes late and is of a lower rank was true before. Money that was taken
 * stands above everything.
 */
const RANK: Readonly<Record<ChargeState, number>> = {
  processing: 0,
  unknown: 0,
  not_sent: 0,
  requires_action: 1,
  pending: 2,
  authorized: 3,
  declined: 4,
  cancelled: 4,
  succeeded: 5,
}

/** Declines that may be about the question, and say nothing of the charge: one that another account of the tenant cannot see, say. */
const OF_THE_QUESTION: ReadonlySet<string> = new Set(['not_found', 'invalid_request', 'merchant_restricted'])

/** Requests that change something at the processor. */
const changes = ({ request }: Asked): boolean => request !== 'retrieve' && request !== 'told'

/**
 * What an outcome is worth: a refused question, and an amount that cannot be this charge's, leave us as wise as before.
 *
 * @param doubtful Whether an earlier attempt of the same request may have been carried out.
 */
export function weighed(
  charge: Pick<Charge, 'currency' | 'amount_minor'>,
  asked: Asked,
  outcome: ChargeOutcome,
  doubtful: boolean,
): ChargeOutcome {
  const isRefusedQuestion =
    outcome.outcome === 'declined' && OF_THE_QUESTION.has(outcome.reason) && (doubtful || !changes(asked))
  if (isRefusedQuestion) return { outcome: 'unknown', because: 'unreadable_answer' }
  if (outcome.outcome === 'succeeded' && outcome.amount) {
    const { minor, currency } = outcome.amount
    if (currency !== charge.currency || minor <= 0n || minor > charge.amount_minor)
      return { outcome: 'unknown', because: 'unreadable_answer', reference: outcome.reference }
  }
  return outcome
}

/** What else there is to know when an outcome is heard. */
export interface Doubts {
  /** Whether an earlier attempt of the same request may have been carried out. */
  readonly doubtful: boolean
  /** Whether a capture or a letting go is under way, so that a charge that is as before is not so for long. */
  readonly waiting: boolean
  /** Where the charge stood before that. */
  readonly standing: ChargeState | undefined
}

/** The state after an outcome, which has been weighed. What was certainly not sent now does not undo what may have been carried out before. */
export function stateAfter(before: ChargeState, asked: Asked, outcome: ChargeOutcome, doubts: Doubts): ChargeState {
  const isOpen = RANK[before] === 0 && before !== 'not_sent'
  const letsGo = asked.request === 'capture' || asked.request === 'cancel'
  switch (outcome.outcome) {
    case 'unknown':
      return changes(asked) && isOpen ? 'unknown' : before
    case 'not_sent': {
      if (!changes(asked) || !isOpen) return before
      if (doubts.doubtful) return 'unknown'
      const isFirst = asked.request === 'create' || (asked.request === 'confirm' && asked.no === 1)
      // The payer has agreed, or the money is held, and will still be.
      return isFirst ? 'not_sent' : (doubts.standing ?? 'unknown')
    }
    case 'created':
      if (asked.request === 'create') return before === 'unknown' ? 'processing' : before
      return changes(asked) && isOpen ? 'unknown' : before
    case 'succeeded':
      return 'succeeded'
    case 'declined':
      // That it was not taken or let go says nothing of what is held: that is asked for next.
      return letsGo ? before : forward(before, outcome.outcome)
    default: {
      const isAsBefore = outcome.outcome === 'authorized' || outcome.outcome === 'requires_action'
      return doubts.waiting && isOpen && isAsBefore && !letsGo ? before : forward(before, outcome.outcome)
    }
  }
}

const forward = (before: ChargeState, next: ChargeState): ChargeState =>
  before !== 'not_sent' && RANK[next] > RANK[before] ? next : before

const isOf =
  ({ request, no }: Asked) =>
  (step: Step): boolean =>
    step.request === request && step.request_no === no

/** Whether a request was sent and nothing definite is known of it: each attempt that was certainly not sent takes one away. */
export function mayBeCarriedOut(steps: readonly Step[], asked: Asked): boolean {
  const own = steps.filter(isOf(asked))
  const isDefinite = own.some(
    ({ kind, outcome }) =>
      kind === 'created' || (kind === 'answered' && outcome !== 'not_sent' && outcome !== 'created'),
  )
  const sent = own.filter(({ kind }) => kind === 'sent').length
  const notSent = own.filter(({ outcome }) => outcome === 'not_sent').length
  return !isDefinite && sent > notSent
}

/** The last request that was to take what is held, or to let go of it. */
export function lastLetting(steps: readonly Step[]): Asked | undefined {
  const last = steps.findLast(({ kind, request }) => kind === 'sent' && (request === 'capture' || request === 'cancel'))
  return (
    last && {
      request: last.request as Asked['request'],
      no: last.request_no,
      amountMinor: last.amount_minor ?? undefined,
    }
  )
}

/** How many requests of a kind were sent: the next one has the number after. */
export const lastNo = (steps: readonly Step[], kind: Asked['request']): number =>
  steps.reduce((last, { request, request_no }) => (request === kind ? Math.max(last, request_no) : last), 0)

/** @param doubtful Whether an earlier attempt of what was asked may have been carried out. */
export function doubtsOf(situation: Omit<Situation, 'charge' | 'heard'>, doubtful: boolean): Doubts {
  const { steps } = situation
  const letting = lastLetting(steps)
  const stood = steps.findLast(
    ({ outcome }) => outcome === 'requires_action' || outcome === 'pending' || outcome === 'authorized',
  )
  return {
    doubtful,
    waiting: letting !== undefined && mayBeCarriedOut(steps, letting) && repeatable(situation, letting) !== undefined,
    standing: stood?.outcome as ChargeState | undefined,
  }
}

/** How long the processor of a charge remembers keys. */
export type Lives = Pick<KeyLife, 'create' | 'confirm' | 'capture'>

export interface Situation {
  readonly charge: Pick<Charge, 'state' | 'reference'>
  readonly steps: readonly Step[]
  readonly keyLifeMs: Lives
  readonly nowMs: number
  /** What was just heard; absent where somebody takes a charge up. */
  readonly heard?: { readonly asked: Asked; readonly outcome: ChargeOutcome['outcome'] }
}

/**
 * What to ask the processor next, if anything. Before the charge has an id the identical request is repeated, after it the processor is
 * asked, and only what it has certainly not got is sent again, under the same key and for as long as the processor knows that.
 */
export function nextRequest(situation: Situation): Asked | undefined {
  const { charge, steps, heard } = situation
  if (!isLive(charge.state)) return undefined
  if (charge.state !== 'processing' && charge.state !== 'unknown') return heard ? undefined : RETRIEVE
  if (charge.reference === null) return heard ? undefined : repeatable(situation, CREATE)
  const letting = lastLetting(steps)
  if (letting) return nextOfLetting(situation, letting)
  const confirm: Asked = { request: 'confirm', no: Math.max(1, lastNo(steps, 'confirm')) }
  if (!mayBeCarriedOut(steps, confirm)) return !heard || heard.asked.request === 'create' ? confirm : undefined
  if (heard === undefined || heard.asked.request === 'create') return RETRIEVE
  const isThereUnconfirmed = heard.asked.request === 'retrieve' && heard.outcome === 'created'
  return isThereUnconfirmed ? repeatable(situation, confirm) : undefined
}

/**
 * Whether what is held may be taken or let go: by asking the processor, or here, because nothing was ever confirmed; or whether that is
 * done, or under way.
 *
 * @throws {InvalidTransition} The charge is in no state for it.
 */
export function mayLetGo(
  { state, reference }: Pick<Charge, 'state' | 'reference'>,
  steps: readonly Step[],
  request: 'capture' | 'cancel',
): 'ask' | 'here' | 'done' {
  const end: ChargeState = request === 'capture' ? 'succeeded' : 'cancelled'
  const isUnderWay = (state === 'processing' || state === 'unknown') && lastLetting(steps)?.request === request
  if (state === end || isUnderWay) return 'done'
  if (state === 'authorized') return 'ask'
  if (request === 'cancel') {
    if (state === 'not_sent' || (reference === null && (state === 'processing' || state === 'unknown'))) return 'here'
    if (state === 'requires_action' || state === 'unknown') return 'ask'
  }
  throw new InvalidTransition(state, end, [])
}

/** What was to be taken or let go: it is asked how that ended, and sent again where it certainly is as it was. */
function nextOfLetting(situation: Situation, letting: Asked): Asked | undefined {
  const { steps, heard } = situation
  if (heard === undefined) return RETRIEVE
  if (heard.asked.request === letting.request) return heard.outcome === 'declined' ? RETRIEVE : undefined
  const isAsBefore = ['created', 'requires_action', 'authorized'].includes(heard.outcome)
  const isAsked = heard.asked.request === 'retrieve'
  return isAsked && isAsBefore && mayBeCarriedOut(steps, letting) ? repeatable(situation, letting) : undefined
}

/** The request, unless it may have been carried out under a key that the processor may have forgotten. */
function repeatable(
  { steps, keyLifeMs, nowMs }: Pick<Situation, 'steps' | 'keyLifeMs' | 'nowMs'>,
  asked: Asked,
): Asked | undefined {
  if (!mayBeCarriedOut(steps, asked)) return asked
  const first = steps.find((step) => step.kind === 'sent' && isOf(asked)(step))
  // Of letting go nobody says how long its key is remembered; it is no longer than that of a confirmation.
  const lifeMs = keyLifeMs[asked.request === 'cancel' ? 'confirm' : (asked.request as keyof Lives)]
  return first && nowMs - first.at.getTime() < lifeMs ? asked : undefined
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** When a charge is looked after first: later than both requests of it can take. */
export const FIRST_CHECK_MS = MINUTE_MS
/** Longer than any processor takes to decide about one. */
const CHECKED_FOR_MS = 60 * DAY_MS

/** How long a charge waits for its payer, unless the process is told otherwise. */
export const PAYER_WAITS_MS = DAY_MS

/** @returns When a charge is let go of because its payer, who was sent somewhere, has not come back; undefined where it waits for nobody. */
export function waitsForPayerUntil(
  { state }: Pick<Charge, 'state'>,
  steps: readonly Step[],
  payerWaitsMs: number,
): Date | undefined {
  const asked = steps.findLast(({ kind, request }) => kind === 'sent' && request === 'confirm')
  return state === 'requires_action' && asked ? new Date(asked.at.getTime() + payerWaitsMs) : undefined
}

/**
 * How long until the processor is asked again; undefined once there is nothing to ask any more.
 *
 * @param times How often it was.
 * @param until When the charge is let go of, if it waits for its payer.
 */
export function nextCheckMs(
  charge: Pick<Charge, 'created_at'>,
  times: number,
  nowMs: number,
  until?: Date,
): number | undefined {
  if (nowMs - charge.created_at.getTime() >= CHECKED_FOR_MS) return undefined
  const pauseMs = Math.min(FIRST_CHECK_MS * 2 ** Math.min(times, 20), DAY_MS)
  const leftMs = until === undefined ? 0 : until.getTime() - nowMs
  return leftMs > 0 ? Math.min(pauseMs, leftMs) : pauseMs
}
