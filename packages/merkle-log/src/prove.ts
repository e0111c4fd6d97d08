import type { Frontier } from './frontier.ts'
import { EMPTY_ROOT, HASH_BYTES, nodeHash } from './hash.ts'
import { foldPairs, type ReadStored, storedRangeOf } from './stored.ts'
import { checkSize, type LeafRange, splitOf, subtreesOf } from './subtrees.ts'

/**
 * The root of the tree that the first `size` leaves make.
 *
 * @returns 32 bytes.
 * @throws {RangeError} No size of a tree, or the store lacks what the tree consists of.
 * @see RFC 9162, 2.1.1
 */
export async function treeRoot(size: number, read: ReadStored): Promise<Buffer> {
  checkSize(size)
  if (size === 0) return EMPTY_ROOT
  return (await hashesOf([{ start: 0, end: size }], read))[0] as Buffer
}

/**
 * The frontier that the tree had when it had `size` leaves, so that what came later can be appended anew.
 *
 * @throws {RangeError} No size of a tree, or the store lacks what the tree consists of.
 */
export async function frontierAt(size: number, read: ReadStored): Promise<Frontier> {
  checkSize(size)
  const subtrees = subtreesOf({ start: 0, end: size })
  const ranges = subtrees.map(({ level, index }) => ({ start: index * 2 ** level, end: (index + 1) * 2 ** level }))
  return { size, hashes: await hashesOf(ranges, read) }
}

/**
 * Proves that a leaf stands in a tree, at its place.
 *
 * @param index Of the leaf, from 0.
 * @param size Of the tree; the store may have more leaves.
 * @returns The hashes of the siblings on the way from the leaf to the root, none for a tree of one leaf.
 * @throws {RangeError} No such leaf in a tree of that size, or the store lacks what the proof consists of.
 * @see RFC 9162, 2.1.3.1
 */
export async function inclusionProof(index: number, size: number, read: ReadStored): Promise<Buffer[]> {
  checkSize(size)
  if (!Number.isInteger(index) || index < 0 || index >= size) throw new RangeError('the tree has no such leaf')
  // From the root down; a proof names the siblings from the leaf up.
  const siblings: LeafRange[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const split = start + splitOf(end - start)
    if (index < split) {
      siblings.push({ start: split, end })
      end = split
    } else {
      siblings.push({ start, end: split })
      start = split
    }
  }
  return hashesOf(siblings.reverse(), read)
}

/**
 * Proves that a tree begins with all leaves of an earlier one, in the same order.
 *
 * @param first The size of the earlier tree, `second` that of the later one.
 * @returns Hashes of subtrees, none if both sizes are equal or the earlier tree is empty.
 * @throws {RangeError} The earlier tree is larger than the later one, or the store lacks what the proof consists of.
 * @see RFC 9162, 2.1.4.1
 */
export async function consistencyProof(first: number, second: number, read: ReadStored): Promise<Buffer[]> {
  checkSize(first)
  checkSize(second)
  if (first > second) throw new RangeError('the earlier tree is larger than the later one')
  if (first === 0 || first === second) return []
  const named: LeafRange[] = []
  let start = 0
  let end = second
  // Until the rest of the earlier tree is a whole subtree of the later one.
  while (end !== first) {
    const split = start + splitOf(end - start)
    if (first <= split) {
      named.push({ start: split, end })
      end = split
    } else {
      named.push({ start, end: split })
      start = split
    }
  }
  // A subtree from the first leaf on is the earlier tree itself, whose root the verifier has.
  if (start > 0) named.push({ start, end })
  return hashesOf(named.reverse(), read)
}

/** The hash of each range, all of them from one reading of the store. */
async function hashesOf(ranges: readonly LeafRange[], read: ReadStored): Promise<Buffer[]> {
  if (ranges.length === 0) return []
  const parts = ranges.map(subtreesOf)
  const stored = parts.flat().map(storedRangeOf)
  const found = await read(stored)
  const hashes = stored.map(({ start, end }, n) => {
    const row = found[n]
    if (row?.length !== end - start || row.some((hash) => hash?.length !== HASH_BYTES)) {
      throw new RangeError('the store lacks hashes of the tree')
    }
    return foldPairs(row)
  })
  let next = 0
  return parts.map(({ length }) => {
    next += length
    return hashes.slice(next - length, next).reduceRight((right, left) => nodeHash(left, right))
  })
}
