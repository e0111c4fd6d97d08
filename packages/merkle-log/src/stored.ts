import { nodeHash } from './hash.ts'
import type { Subtree } from './subtrees.ts'

/** A full tile has 2^8 hashes of the level below it, as in C2SP tlog-tiles. */
export const TILE_HEIGHT = 8

/** The hash of a complete subtree at a level of which all are stored: 8, 16, 24 and so on. */
export interface TileHash {
  readonly level: number
  readonly index: number
  readonly hash: Buffer
}

/** Stored hashes `[start, end)` of a level: leaf hashes at level 0, hashes of full tiles at 8, 16, 24 and so on. */
export interface StoredRange {
  readonly level: number
  readonly start: number
  readonly end: number
}

/**
 * Reads stored hashes: one list for each range, in order. All that a proof needs is asked for in one call, so that it can
 * be one query.
 */
export type ReadStored = (ranges: readonly StoredRange[]) => Promise<readonly (readonly Buffer[])[]>

/** The stored hashes that the hash of a complete subtree is made of: 128 at most. */
export function storedRangeOf({ level, index }: Subtree): StoredRange {
  const width = 2 ** (level % TILE_HEIGHT)
  return { level: level - (level % TILE_HEIGHT), start: index * width, end: (index + 1) * width }
}

/** The root over hashes whose number is a power of two. */
export function foldPairs(hashes: readonly Buffer[]): Buffer {
  let row = hashes
  while (row.length > 1) {
    const above: Buffer[] = []
    for (let n = 0; n < row.length; n += 2) above.push(nodeHash(row[n] as Buffer, row[n + 1] as Buffer))
    row = above
  }
  return row[0] as Buffer
}

/**
 * A store in memory, for a tree that is at hand as a whole.
 *
 * @param leafHashes All leaves of the tree, in order.
 * @param tiles The full tiles, as `appendLeaves` gave them, in order.
 */
export function listOf(leafHashes: readonly Buffer[], tiles: readonly TileHash[]): ReadStored {
  const byLevel = new Map<number, Buffer[]>([[0, [...leafHashes]]])
  for (const { level, index, hash } of tiles) {
    const row = byLevel.get(level) ?? []
    row[index] = hash
    byLevel.set(level, row)
  }
  return async (ranges) => ranges.map(({ level, start, end }) => (byLevel.get(level) ?? []).slice(start, end))
}
