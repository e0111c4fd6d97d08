import { randomBytes } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { toBucket } from './bucket.ts'
import { InvalidId } from './invalid-id.ts'
import { bucketOf, idSource, newUuid } from './uuid.ts'

const buckets = fc.integer({ min: 0, max: 4095 }).map(toBucket)
const times = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const eightBytes = fc.uint8Array({ minLength: 8, maxLength: 8 })

test('the example of RFC 9562, appendix A.6, comes out bit by bit', (t) => {
  const randB = Buffer.from('18c4dc0c0c07398f', 'hex')
  t.is(
    newUuid(toBucket(0xcc3), 0x017f22e279b0, () => randB),
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
  )
})

test('an id gives back the bucket it was made for, and is a version 7 UUID of the right variant', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(buckets, times, eightBytes, (bucket, nowMs, bytes) => {
        const uuid = newUuid(bucket, nowMs, () => bytes)
        return bucketOf(uuid) === bucket && /^.{8}-.{4}-7.{3}-[89ab].{3}-.{12}$/.test(uuid)
      }),
    ),
  )
})

test('within a bucket ids sort by the millisecond they were made in', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(buckets, times, times, eightBytes, eightBytes, (bucket, one, other, oneTail, otherTail) => {
        fc.pre(one < other)
        return newUuid(bucket, one, () => oneTail) < newUuid(bucket, other, () => otherTail)
      }),
    ),
  )
})

test('a thousand ids of one millisecond and one bucket are a thousand ids', (t) => {
  const newId = idSource(() => 1_800_000_000_000, randomBytes)
  t.is(new Set(Array.from({ length: 1000 }, () => newId(toBucket(5)))).size, 1000)
})

test('the random bytes of the caller are left as they were', (t) => {
  const bytes = new Uint8Array(8).fill(0xff)
  newUuid(toBucket(1), 1, () => bytes)
  t.deepEqual(bytes, new Uint8Array(8).fill(0xff))
})

for (const nowMs of [-1, 1.5, Number.NaN, 2 ** 48]) {
  test(`${nowMs} is no time for an id`, (t) => {
    t.throws(() => newUuid(toBucket(0), nowMs, randomBytes), { instanceOf: RangeError, message: /48 bits/ })
  })
}

test('a source of randomness that gives too little is noticed', (t) => {
  t.throws(() => newUuid(toBucket(0), 0, () => new Uint8Array(7)), { instanceOf: RangeError, message: /randomness/ })
})

for (const text of [
  '',
  'nonsense',
  '017F22E2-79B0-7CC3-98C4-DC0C0C07398F',
  '017f22e279b07cc398c4dc0c0c07398f',
  '017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n',
]) {
  test(`${JSON.stringify(text)} has no bucket`, (t) => {
    t.throws(() => bucketOf(text), { instanceOf: InvalidId })
  })
}
