import { type Outcome, retryAfterMs } from '@kontor/webhooks'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** How long after an attempt that failed the next one follows. */
const PAUSES_MS: readonly number[] = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  24 * HOUR,
]

/** Whoever asks for longer than that is tried before. */
const PAUSE_MS_MAX = 24 * HOUR

/** A message that was not taken for so long is given up. */
export const TRIED_FOR_MS = 72 * HOUR

/** What comes of an attempt. */
export type Verdict =
  | { readonly state: 'delivered' }
  | { readonly state: 'dead'; readonly gone: boolean }
  | { readonly state: 'pending'; readonly at: Date }

/**
 * @param attempts Made so far, this one included.
 * @param at When this one was begun.
 * @see Standard Webhooks, "Success and failure": only 2xx is a success, and 410 asks for nothing more
 */
export function judgeAttempt(outcome: Outcome, attempts: number, at: Date, expiresAt: Date): Verdict {
  if (outcome.kind === 'answered' && outcome.status >= 200 && outcome.status < 300) return { state: 'delivered' }
  if (outcome.kind === 'answered' && outcome.status === 410) return { state: 'dead', gone: true }
  const pauseMs = PAUSES_MS[Math.min(attempts, PAUSES_MS.length) - 1] ?? HOUR
  const next = new Date(at.getTime() + pauseMs)
  if (next > expiresAt) return { state: 'dead', gone: false }
  const wanted = new Date(at.getTime() + Math.min(wantedPauseMs(outcome, at), PAUSE_MS_MAX))
  return { state: 'pending', at: wanted <= next ? next : wanted < expiresAt ? wanted : expiresAt }
}

/**
 * How long whoever has too much to do, or is not there for a while, wants to be left alone; 0 where nothing is said of that. It only
 * ever waits longer for it than it would, and never past the end.
 *
 * @see RFC 9110, 10.2.3
 */
export function wantedPauseMs(outcome: Outcome, at: Date): number {
  const isAboutTime = outcome.kind === 'answered' && (outcome.status === 429 || outcome.status === 503)
  return (isAboutTime && retryAfterMs(outcome.retryAfter, at)) || 0
}

/** The longest that an endpoint is left alone, with all that waits for it. */
const SILENCE_MS_MAX = 5 * MINUTE

/** @param silences How often in a row nobody answered, from 1. */
export const pauseAfterSilence = (silences: number): number =>
  Math.min(5 * SECOND * 2 ** (silences - 1), SILENCE_MS_MAX)

/** How long an endpoint is told nothing at all after these answers: what it refused for a while may be just as much for other messages. */
export const pauseAsWanted = (outcomes: readonly Outcome[], at: Date): number =>
  Math.min(Math.max(0, ...outcomes.map((outcome) => wantedPauseMs(outcome, at))), SILENCE_MS_MAX)
