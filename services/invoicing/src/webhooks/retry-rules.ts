import type { Outcome } from '@kontor/webhooks'

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
  return next > expiresAt ? { state: 'dead', gone: false } : { state: 'pending', at: next }
}

/** The longest that an endpoint is left alone because nobody answered. */
const SILENCE_MS_MAX = 5 * MINUTE

/** @param silences How often in a row nobody answered, from 1. */
export const pauseAfterSilence = (silences: number): number =>
  Math.min(5 * SECOND * 2 ** (silences - 1), SILENCE_MS_MAX)
