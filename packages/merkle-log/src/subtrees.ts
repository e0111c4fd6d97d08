/** The leaves `[start, end)` of a tree. */
export interface LeafRange {
  readonly start: number
  readonly end: number
}

/** A complete subtree: the leaves from `index × 2^level` on, `2^level` of them. It never changes once it is there. */
export interface Subtree {
  readonly level: number
  readonly index: number
}

/**
 * The size of a tree, and every index in it, is a whole number below this. It leaves numbers exact; a log that gains
 * 100,000 leaves a second reaches it after ninety years.
 */
export const SIZE_MAX = 2 ** 48

/** @throws {RangeError} Not a size of a tree. */
export function checkSize(size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > SIZE_MAX) {
    throw new RangeError('the size of a tree is a whole number up to 2^48')
  }
}

/** The largest power of two below `n`, which is where RFC 9162 splits a tree of `n` leaves; `n` is at least two. */
export function splitOf(n: number): number {
  let split = 1
  while (split * 2 < n) split *= 2
  return split
}

/**
 * The complete subtrees that a range consists of, the largest first, as far as the range starts where a tree of the RFC
 * splits: there, each next one is smaller. Whole trees and everything that a proof names are such ranges.
 */
export function subtreesOf({ start, end }: LeafRange): Subtree[] {
  const subtrees: Subtree[] = []
  let from = start
  let width = 1
  let level = 0
  while (width * 2 <= end - start) {
    width *= 2
    level += 1
  }
  while (from < end) {
    while (width > end - from) {
      width /= 2
      level -= 1
    }
    subtrees.push({ level, index: from / width })
    from += width
  }
  return subtrees
}
