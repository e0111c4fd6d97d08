declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** How many buckets there are. Fixed for ever: it is the width of UUIDv7's `rand_a` (12 bits). */
export const BUCKET_COUNT = 4096

/** The part of the data that a row lives in, 0 to 4095: the first column of every key, and 12 bits of every id. */
export type Bucket = Brand<number, 'Bucket'>

/** Draws the bucket of something that starts a family of its own, such as an account. */
export type BucketSource = () => Bucket

/**
 * @param n An integer from 0 to 4095.
 * @throws {RangeError} Anything else: a bucket out of range would be a row that no query finds again.
 */
export function toBucket(n: number): Bucket {
  if (!Number.isInteger(n) || n < 0 || n >= BUCKET_COUNT) throw new RangeError('a bucket is an integer from 0 to 4095')
  return n as Bucket
}

/**
 * Takes a bucket from the front of a hash or of random bytes.
 *
 * @param bytes At least two; only the first 12 bits count.
 * @throws {RangeError} Fewer than two bytes.
 */
export function bucketFromBytes(bytes: Uint8Array): Bucket {
  const [first, second] = bytes
  if (first === undefined || second === undefined) throw new RangeError('a bucket needs two bytes')
  return toBucket((first << 4) | (second >> 4))
}

/** @param random Gives that many unpredictable bytes, such as `crypto.randomBytes`. */
export function bucketSource(random: (size: number) => Uint8Array): BucketSource {
  return () => bucketFromBytes(random(2))
}
