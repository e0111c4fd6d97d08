import { bucketOf, toBucket } from '@kontor/ids'
import test from 'ava'
import { fixedClock } from './clock.ts'
import { countedBytes, countedIds } from './ids.ts'

test('the clock stands still until it is moved', (t) => {
  const clock = fixedClock('2026-12-31T23:59:59.000Z')
  t.deepEqual(clock.now(), clock.now())
  clock.advance(1_000)
  t.is(clock.now().toISOString(), '2027-01-01T00:00:00.000Z')
  clock.set('2026-02-28T00:00:00Z')
  t.is(clock.nowMs(), Date.UTC(2026, 1, 28))
})

test('counted ids differ from each other, carry their bucket and are the same in every run', (t) => {
  const [one, other] = [countedIds(), countedIds()]
  const ids = [one(toBucket(7)), one(toBucket(7)), one(toBucket(4095))]
  t.is(new Set(ids).size, 3)
  t.deepEqual(ids.map(bucketOf), [7, 7, 4095].map(toBucket))
  t.deepEqual([other(toBucket(7)), other(toBucket(7)), other(toBucket(4095))], ids)
})

test('counted bytes have the length that was asked for', (t) => {
  const bytes = countedBytes()
  t.deepEqual(
    [bytes(1), bytes(2), bytes(16)].map(({ length }) => length),
    [1, 2, 16],
  )
  // Sixteen bytes hold two numbers.
  t.deepEqual([...bytes(4)], [0, 0, 0, 5])
})
