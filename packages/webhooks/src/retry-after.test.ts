import test from 'ava'
import { retryAfterMs } from './retry-after.ts'

const NOW = new Date('2026-11-29T10:00:00Z')

const reads = test.macro<[value: string | undefined, ms: number | undefined]>({
  exec: (t, value, ms) => t.is(retryAfterMs(value, NOW), ms),
  title: (_given, value, ms) => `Retry-After: ${value} is ${ms === undefined ? 'nothing' : `${ms} ms`}`,
})
test(reads, '120', 120_000)
test(reads, ' 0 ', 0)
test(reads, '999999999999999', 999_999_999_999_999_000)
test(reads, 'Sun, 29 Nov 2026 10:00:30 GMT', 30_000)
test(reads, 'Sunday, 29-Nov-26 10:00:30 GMT', 30_000)
test(reads, 'Sun Nov 29 10:00:30 2026', 30_000)
test(reads, 'Sun Dec  6 10:00:00 2026', 7 * 86_400_000)
test(reads, 'Sun, 29 Nov 2026 09:59:00 GMT', 0)
test(reads, undefined, undefined)
test(reads, '', undefined)
test(reads, '-1', undefined)
test(reads, '1.5', undefined)
test(reads, '1e3', undefined)
test(reads, 'soon', undefined)
test(reads, '2026-11-29T10:00:30Z', undefined)
test(reads, 'Sun, 99 Nov 2026 10:00:30 GMT', undefined)
test('a number without end is no number of seconds', (t) => t.is(retryAfterMs('9'.repeat(400), NOW), undefined))
