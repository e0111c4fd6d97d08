import { randomFillSync } from 'node:crypto'

/** NIST SP 800-38D, 8.2.2: 96 random bits, good for 2^32 seals under one key. */
export const IV_BYTES = 12

/** One call to the generator costs as much as a third of a whole seal, so it fills 64 IVs at a time. */
const drawn = Buffer.alloc(64 * IV_BYTES)
let next = drawn.length

/** @returns 12 random bytes that no other call has returned or will return. */
export function freshIv(): Buffer {
  if (next === drawn.length) {
    randomFillSync(drawn)
    next = 0
  }
  const iv = Buffer.from(drawn.subarray(next, next + IV_BYTES))
  next += IV_BYTES
  return iv
}
