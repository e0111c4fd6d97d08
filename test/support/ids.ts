import { idSource, type NewId } from '@kontor/ids'

/** Bytes that count 1, 2, 3, … as big-endian numbers of eight bytes: different each time, the same in every run. */
export function countedBytes(): (size: number) => Uint8Array {
  let count = 0n
  return (size) => {
    const bytes = Buffer.alloc(Math.ceil(size / 8) * 8)
    for (let at = 0; at < bytes.length; at += 8) bytes.writeBigUInt64BE(++count, at)
    return bytes.subarray(bytes.length - size)
  }
}

/** Ids whose random part counts up, so that a failure names the same row in every run. */
export function countedIds(nowMs: () => number = () => Date.parse('2026-11-23T10:00:00.000Z')): NewId {
  return idSource(nowMs, countedBytes())
}
