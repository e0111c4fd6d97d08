import { randomFillSync } from 'node:crypto'

const ID_BYTES = 12

/** @returns Gives 96 random bits in hexadecimal. The system is asked for those of many requests at once. */
export function requestIds(): () => string {
  const drawn = Buffer.alloc(ID_BYTES * 256)
  let used = drawn.length
  return () => {
    if (used === drawn.length) {
      randomFillSync(drawn)
      used = 0
    }
    used += ID_BYTES
    return drawn.toString('hex', used - ID_BYTES, used)
  }
}
