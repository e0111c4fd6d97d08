import { type Bucket, toBucket } from './bucket.ts'
import { InvalidId } from './invalid-id.ts'

/** Makes the next id of a row that lives in `bucket`: a UUID in its usual form. */
export type NewId = (bucket: Bucket) => string

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const VERSION_7 = 0x70
const VARIANT_10 = 0x80
const TAIL_BYTES = 8
const IDS_DRAWN = 64
const TIMESTAMP_MS_MAX = 2 ** 48 - 1

/**
 * Makes a UUIDv7 whose 12 `rand_a` bits are the bucket, so that an id alone says where its row lives.
 *
 * Ids of one millisecond are not ordered among themselves: `rand_b` keeps its full 62 random bits instead of a counter,
 * because several processes make ids at once.
 *
 * @param bucket Goes into bits 52 to 63.
 * @param nowMs Milliseconds since 1970, an integer.
 * @param random Gives that many unpredictable bytes.
 * @returns Lower-case, 36 characters, with hyphens.
 * @throws {RangeError} A time that does not fit 48 bits, or a source of randomness that gives fewer bytes than asked.
 * @see RFC 9562, 5.7
 */
export function newUuid(bucket: Bucket, nowMs: number, random: (size: number) => Uint8Array): string {
  if (!Number.isInteger(nowMs) || nowMs < 0 || nowMs > TIMESTAMP_MS_MAX) {
    throw new RangeError('the time of an id is an integer of milliseconds in 48 bits')
  }
  const tail = random(TAIL_BYTES)
  if (tail.length !== TAIL_BYTES) throw new RangeError('the source of randomness gave the wrong number of bytes')

  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(nowMs, 0, 6)
  bytes[6] = VERSION_7 | (bucket >> 8)
  bytes[7] = bucket & 0xff
  bytes.set(tail, 8)
  bytes[8] = VARIANT_10 | ((tail[0] as number) & 0x3f)
  return uuidFromBytes(bytes)
}

/**
 * Reads the bucket out of an id.
 *
 * Every UUID has 12 bits at that place, so an id that we never made gives some bucket too, and is then simply not found there.
 *
 * @throws {InvalidId} Not a UUID in lower case with hyphens.
 */
export function bucketOf(uuid: string): Bucket {
  if (!UUID.test(uuid)) throw new InvalidId('expected a UUID in lower case with hyphens')
  return toBucket(Number.parseInt(uuid.slice(15, 18), 16))
}

/**
 * @param nowMs The clock, in milliseconds since 1970.
 * @param random Gives that many unpredictable bytes.
 * @returns What features receive to make ids.
 */
export function idSource(nowMs: () => number, random: (size: number) => Uint8Array): NewId {
  // A call to the system's generator costs more than the rest of an id, so it is asked for those of many ids at once.
  let drawn: Uint8Array = new Uint8Array(0)
  let used = 0
  const take = (size: number) => {
    if (used + size > drawn.length) {
      drawn = random(TAIL_BYTES * IDS_DRAWN)
      used = 0
    }
    used += size
    return drawn.subarray(used - size, used)
  }
  return (bucket) => newUuid(bucket, nowMs(), take)
}

/** @throws {InvalidId} Not a UUID in lower case with hyphens. */
export function uuidToBytes(uuid: string): Buffer {
  if (!UUID.test(uuid)) throw new InvalidId('expected a UUID in lower case with hyphens')
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}

/** @param bytes Exactly 16. */
export function uuidFromBytes(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
