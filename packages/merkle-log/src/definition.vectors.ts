import { hash } from 'node:crypto'

// The definitions of RFC 9162 written down as they stand there, over the list of all leaves: slow, and with no code of the
// package, so that the package can be compared with them.

const sha256 = (...parts: Uint8Array[]) => hash('sha256', Buffer.concat(parts), 'buffer')

/** The largest power of two smaller than n. */
const k = (n: number) => 2 ** (Math.ceil(Math.log2(n)) - 1)

/** MTH(D[n]) of 2.1.1, over leaves that have been hashed. */
export function mth(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return leaves[0] as Buffer
  const split = k(leaves.length)
  return sha256(Buffer.of(1), mth(leaves.slice(0, split)), mth(leaves.slice(split)))
}

/** PATH(m, D[n]) of 2.1.3.1. */
export function path(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return []
  const split = k(leaves.length)
  return m < split
    ? [...path(m, leaves.slice(0, split)), mth(leaves.slice(split))]
    : [...path(m - split, leaves.slice(split)), mth(leaves.slice(0, split))]
}

/** PROOF(m, D[n]) of 2.1.4.1. */
export function proof(m: number, leaves: readonly Buffer[]): Buffer[] {
  return subproof(m, leaves, true)
}

function subproof(m: number, leaves: readonly Buffer[], known: boolean): Buffer[] {
  if (m === leaves.length) return known ? [] : [mth(leaves)]
  const split = k(leaves.length)
  return m <= split
    ? [...subproof(m, leaves.slice(0, split), known), mth(leaves.slice(split))]
    : [...subproof(m - split, leaves.slice(split), false), mth(leaves.slice(0, split))]
}
