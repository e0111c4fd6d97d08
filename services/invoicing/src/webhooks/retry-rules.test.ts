import type { Outcome } from '@kontor/webhooks'
import test from 'ava'
import { judgeAttempt, pauseAsWanted, TRIED_FOR_MS } from './retry-rules.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const AT = new Date('2026-11-29T10:00:00Z')
const END = new Date(AT.getTime() + TRIED_FOR_MS)

const answered = (status: number, retryAfter?: string): Outcome => ({
  kind: 'answered',
  status,
  ...(retryAfter === undefined ? {} : { retryAfter }),
})
/** How long until the next attempt, in milliseconds; `undefined` for none. */
function pauseAfter(outcome: Outcome, attempts = 1, expiresAt = END): number | undefined {
  const verdict = judgeAttempt(outcome, attempts, AT, expiresAt)
  return verdict.state === 'pending' ? verdict.at.getTime() - AT.getTime() : undefined
}

const waits = test.macro<[status: number, retryAfter: string, ms: number]>({
  exec: (t, status, retryAfter, ms) => t.is(pauseAfter(answered(status, retryAfter)), ms),
  title: (_given, status, retryAfter, ms) => `${status} with Retry-After: ${retryAfter} is followed after ${ms} ms`,
})
test(waits, 429, '90', 90 * SECOND)
test(waits, 503, '90', 90 * SECOND)
test(waits, 503, 'Sun, 29 Nov 2026 12:00:00 GMT', 2 * HOUR)
test(waits, 429, '1', 5 * SECOND)
test(waits, 429, '0', 5 * SECOND)
test(waits, 429, 'Sat, 28 Nov 2026 10:00:00 GMT', 5 * SECOND)
test(waits, 429, 'whenever', 5 * SECOND)
test(waits, 500, '90', 5 * SECOND)
test(waits, 301, '90', 5 * SECOND)
test(waits, 429, '999999999999', 24 * HOUR)

test('whatever is asked for, the last attempt is made before the message is given up, and none after', (t) => {
  const soon = new Date(AT.getTime() + 2 * HOUR)
  t.is(pauseAfter(answered(429, '86400'), 1, soon), 2 * HOUR)
  t.is(pauseAfter(answered(429, '86400'), 5, soon), 2 * HOUR, 'after an hour it would have been')
  t.is(pauseAfter(answered(429, '60'), 6, soon), undefined, 'three hours are past the end')
  t.is(pauseAfter(answered(429, '86400'), 6, soon), undefined)
})

test('what is taken, or gone, is not asked again, whatever else is said', (t) => {
  t.deepEqual(judgeAttempt(answered(204, '90'), 1, AT, END), { state: 'delivered' })
  t.deepEqual(judgeAttempt(answered(410, '90'), 1, AT, END), { state: 'dead', gone: true })
})

test('the endpoint is left alone as long as any of its answers wants, five minutes at most', (t) => {
  const silent: Outcome = { kind: 'failed', code: 'timeout' }
  t.is(pauseAsWanted([], AT), 0)
  t.is(pauseAsWanted([answered(204), answered(500, '90'), silent], AT), 0)
  t.is(pauseAsWanted([answered(429, '20'), answered(204), answered(503, '90')], AT), 90 * SECOND)
  t.is(pauseAsWanted([answered(429, '86400')], AT), 300 * SECOND)
})
