import type { Processor } from '@kontor/processors'
import type { AttemptId, Told, Untold } from '../registration-ledger/registration.ts'
import { IdempotencyMismatch } from '../tokens/errors.ts'
import {
  IdempotencyInProgress,
  RegistrationInProgress,
  RegistrationKeyExpired,
  RegistrationSuperseded,
  TooManyDeclines,
} from './errors.ts'

/** An attempt as its row says it is. */
export interface Attempt extends AttemptId {
  /** Which attempt of the token it is. */
  readonly ord: number
  /** With which expiry a card was sent, `YYYY-MM`; null where there is none, or it is not known. */
  readonly expiry: string | null
  readonly intentHmac: Buffer
  readonly requestHmac: Buffer
  readonly told: Told | undefined
  readonly state: Told['state'] | Untold
  /** When the request was sent first, as long as nobody knows what became of it. */
  readonly sentAt: Date | null
  /** A request is at work on it. */
  readonly atWork: boolean
  readonly updatedAt: Date
}

/** What is to be done about a request. */
export type Next =
  /** It has its answer. */
  | { readonly do: 'answer'; readonly attempt: Attempt; readonly told: Told }
  /** The payer may have agreed meanwhile: the processor is asked. */
  | { readonly do: 'ask'; readonly attempt: Attempt; readonly waitingAs: string }
  /** Somebody else is at work; what to say when they take too long. */
  | { readonly do: 'wait'; readonly refusal: IdempotencyInProgress | RegistrationInProgress }
  /** The request is sent, for the first time or again, and takes the place of others that have no outcome. */
  | { readonly do: 'send'; readonly again: Attempt | undefined; readonly superseded: readonly Attempt[] }

/** What the decision is about. */
export interface Asked {
  readonly processor: Processor['name']
  readonly intentHmac: Buffer
  readonly requestHmac: Buffer
  /** Of the card, as it is now; null for what has none. */
  readonly expiry: string | null
  readonly keyLifeMs: number
  readonly now: Date
}

const DECLINES_MAX = 5
const DECLINES_WITHIN_MS = 3_600_000

/**
 * Decides what a request to register comes to. Of all attempts of a token at a processor at most one is open: at work, without an
 * outcome, or waiting for the payer.
 *
 * @param attempts All of the token, the oldest first.
 * @throws {IdempotencyMismatch | RegistrationKeyExpired | RegistrationSuperseded | TooManyDeclines}
 */
export function decide(attempts: readonly Attempt[], asked: Asked): Next {
  const own = attempts.find(({ intentHmac }) => intentHmac.equals(asked.intentHmac))
  return own ? decideAgain(own, asked) : decideAnew(attempts, asked)
}

/** The request was made before. */
function decideAgain(own: Attempt, asked: Asked): Next {
  if (!own.requestHmac.equals(asked.requestHmac)) throw new IdempotencyMismatch()
  if (own.atWork) return { do: 'wait', refusal: new IdempotencyInProgress() }
  if (own.state === 'superseded') throw new RegistrationSuperseded()
  if (own.told === undefined) {
    // The card was changed meanwhile, so that the same request cannot be sent any more.
    if (isOutdated(own, asked.expiry)) throw new RegistrationSuperseded()
    // A processor forgets a key, and the same request is then another one.
    if (own.sentAt !== null && asked.now.getTime() - own.sentAt.getTime() >= asked.keyLifeMs)
      throw new RegistrationKeyExpired()
    return { do: 'send', again: own, superseded: [] }
  }
  return answerOf(own, own.told)
}

function decideAnew(attempts: readonly Attempt[], asked: Asked): Next {
  const there = attempts.filter(({ processor }) => processor === asked.processor)
  const isCurrent = (attempt: Attempt) => !isOutdated(attempt, asked.expiry)
  const registered = there.findLast((attempt) => attempt.state === 'registered' && isCurrent(attempt))
  if (registered?.told) return { do: 'answer', attempt: registered, told: registered.told }
  if (there.some(({ atWork }) => atWork)) return { do: 'wait', refusal: new RegistrationInProgress() }
  // What a card that was changed is registered as stays until the token ends.
  const open = there.filter(({ state }) => state !== 'declined' && state !== 'superseded' && state !== 'registered')
  const waiting = open.find((attempt) => attempt.told !== undefined && isCurrent(attempt))
  if (waiting?.told) return answerOf(waiting, waiting.told)
  refuseTrying(there, asked.now)
  return { do: 'send', again: undefined, superseded: open }
}

/** Whether the card has another expiry now than when it was sent. */
export const isOutdated = ({ expiry }: Pick<Attempt, 'expiry'>, now: string | null): boolean =>
  expiry !== null && expiry !== now

/** What waits for the payer may be settled by now. Asking can be repeated at will: what the payer agreed to is kept once. */
export function answerOf(attempt: Attempt, told: Told): Next {
  return 'waitingAs' in told ? { do: 'ask', attempt, waitingAs: told.waitingAs } : { do: 'answer', attempt, told }
}

/** @returns What a token's registration at a processor is now; `undefined` for none that tells anything. */
export function currentOf(attempts: readonly Attempt[], processor: Processor['name']): Attempt | undefined {
  return attempts.findLast((attempt) => attempt.processor === processor && attempt.told !== undefined)
}

/** @throws {TooManyDeclines} */
function refuseTrying(attempts: readonly Attempt[], now: Date): void {
  const declines = attempts
    .filter(({ state }) => state === 'declined')
    .map(({ updatedAt }) => updatedAt.getTime() + DECLINES_WITHIN_MS - now.getTime())
    .filter((leftMs) => leftMs > 0)
    .sort((one, other) => one - other)
  const next = declines.at(-DECLINES_MAX)
  if (next !== undefined) throw new TooManyDeclines(Math.ceil(next / 1_000))
}
