import type { ChargeOutcome, KeyLife } from '@kontor/processors'
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

/**
 * The state after an outcome, which has been weighed.
 *
 * @param doubtful As there. What was certainly not sent now does not undo what may have been carried out before.
 */
export function stateAfter(before: ChargeState, asked: Asked, outcome: ChargeOutcome, doubtful: boolean): ChargeState {
  const isOpen = RANK[before] === 0 && before !== 'not_sent'
  switch (outcome.outcome) {
    case 'unknown':
      return changes(asked) && isOpen ? 'unknown' : before
    case 'not_sent':
      if (!changes(asked) || !isOpen) return before
      if (doubtful) return 'unknown'
      // The payer has agreed, and will still have.
      return asked.request === 'confirm' && asked.no > 1 ? 'requires_action' : 'not_sent'
    case 'created':
      if (asked.request === 'create') return before === 'unknown' ? 'processing' : before
      return asked.request === 'confirm' && isOpen ? 'unknown' : before
    case 'succeeded':
      return 'succeeded'
    default:
      return before !== 'not_sent' && RANK[outcome.outcome] > RANK[before] ? outcome.outcome : before
  }
}

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

/** The number of the last confirmation; 0 before the first. */
export const lastConfirmation = (steps: readonly Step[]): number =>
  steps.reduce((last, { request, request_no }) => (request === 'confirm' ? Math.max(last, request_no) : last), 0)

export interface Situation {
  readonly charge: Pick<Charge, 'state' | 'reference'>
  readonly steps: readonly Step[]
  readonly keyLifeMs: Pick<KeyLife, 'create' | 'confirm'>
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
  const confirm: Asked = { request: 'confirm', no: Math.max(1, lastConfirmation(steps)) }
  if (!mayBeCarriedOut(steps, confirm)) return !heard || heard.asked.request === 'create' ? confirm : undefined
  if (heard === undefined || heard.asked.request === 'create') return RETRIEVE
  const isThereUnconfirmed = heard.asked.request === 'retrieve' && heard.outcome === 'created'
  return isThereUnconfirmed ? repeatable(situation, confirm) : undefined
}

/** The request, unless it may have been carried out under a key that the processor may have forgotten. */
function repeatable({ steps, keyLifeMs, nowMs }: Situation, asked: Asked): Asked | undefined {
  if (!mayBeCarriedOut(steps, asked)) return asked
  const first = steps.find((step) => step.kind === 'sent' && isOf(asked)(step))
  const lifeMs = keyLifeMs[asked.request as 'create' | 'confirm']
  return first && nowMs - first.at.getTime() < lifeMs ? asked : undefined
}

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** When a charge is looked after first: later than both requests of it can take. */
export const FIRST_CHECK_MS = MINUTE_MS
/** Longer than any processor takes to decide about one. */
const CHECKED_FOR_MS = 60 * DAY_MS

/**
 * How long until the processor is asked again; undefined once there is nothing to ask any more.
 *
 * @param times How often it was.
 */
export function nextCheckMs(charge: Pick<Charge, 'created_at'>, times: number, nowMs: number): number | undefined {
  if (nowMs - charge.created_at.getTime() >= CHECKED_FOR_MS) return undefined
  return Math.min(FIRST_CHECK_MS * 2 ** Math.min(times, 20), DAY_MS)
}
