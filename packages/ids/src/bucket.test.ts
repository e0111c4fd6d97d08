import test from 'ava'
import fc from 'fast-check'
import { BUCKET_COUNT, bucketFromBytes, bucketSource, toBucket } from './bucket.ts'

for (const n of [-1, BUCKET_COUNT, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`${n} is no bucket`, (t) => {
    t.throws(() => toBucket(n), { instanceOf: RangeError })
  })
}

for (const [bytes, bucket] of [
  [[0x00, 0x00], 0],
  [[0x00, 0x0f], 0],
  [[0x00, 0x10], 1],
  [[0xab, 0xcd, 0xef], 0xabc],
  [[0xff, 0xff], 4095],
] as const) {
  test(`the first 12 bits of ${Buffer.from(bytes).toString('hex')} are bucket ${bucket}`, (t) => {
    t.is(bucketFromBytes(Uint8Array.from(bytes)), toBucket(bucket))
  })
}

test('one byte is not enough for a bucket', (t) => {
  t.throws(() => bucketFromBytes(Uint8Array.of(7)), { instanceOf: RangeError })
})

test('every pair of random bytes gives a bucket in range', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 2 }), (bytes) => {
        const bucket = bucketSource(() => bytes)()
        return bucket >= 0 && bucket < BUCKET_COUNT && bucket === bytes.reduce((sum, byte) => sum * 256 + byte, 0) >> 4
      }),
    ),
  )
})
