import { EMPTY_ROOT, HASH_BYTES, nodeHash } from './hash.ts'
import { TILE_HEIGHT, type TileHash } from './stored.ts'
import { checkSize } from './subtrees.ts'

/**
 * All that has to be kept of a tree so that it can grow: the hashes of the complete subtrees it consists of, the largest
 * first. There is one for each bit that is set in the size, so 20 at most for a million leaves.
 */
export interface Frontier {
  readonly size: number
  readonly hashes: readonly Buffer[]
}

/** The frontier of a tree without leaves. */
export const EMPTY_FRONTIER: Frontier = { size: 0, hashes: [] }

/**
 * Lets a tree grow.
 *
 * @param frontier Where the tree stands.
 * @param leafHashes The hashes of its next leaves, in order.
 * @returns Where it stands then, and the hashes of the full tiles that came with these leaves: each is to be stored once
 *   and for all, since a proof is made of them and of the leaves (see `ReadStored`).
 * @throws {RangeError} A hash that is not 32 bytes long, or a tree too large.
 */
export function appendLeaves(
  frontier: Frontier,
  leafHashes: readonly Buffer[],
): { frontier: Frontier; tiles: TileHash[] } {
  checkSize(frontier.size + leafHashes.length)
  const hashes = [...frontier.hashes]
  const tiles: TileHash[] = []
  let size = frontier.size
  for (const leaf of leafHashes) {
    if (leaf.length !== HASH_BYTES) throw new RangeError('a hash of the tree has 32 bytes')
    let hash = leaf
    let level = 0
    // Adding one to the size carries over every bit that is set at its end: each such subtree gets its sibling now.
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) {
      hash = nodeHash(hashes.pop() as Buffer, hash)
      level += 1
      if (level % TILE_HEIGHT === 0) tiles.push({ level, index: (rest - 1) / 2, hash })
    }
    hashes.push(hash)
    size += 1
  }
  return { frontier: { size, hashes }, tiles }
}

/**
 * @returns The root of the tree, 32 bytes.
 * @see RFC 9162, 2.1.1
 */
export function frontierRoot({ hashes }: Frontier): Buffer {
  return hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => nodeHash(left, right))
}

/** Writes the hashes of a frontier one behind the other; the size is kept beside them. */
export function encodeFrontier(frontier: Frontier): Buffer {
  return Buffer.concat(frontier.hashes)
}

/**
 * @param size The size of the tree.
 * @param bytes What `encodeFrontier` wrote for it.
 * @throws {RangeError} The bytes are not as many as a tree of that size has.
 */
export function decodeFrontier(size: number, bytes: Uint8Array): Frontier {
  checkSize(size)
  if (bytes.length !== HASH_BYTES * bitsSetIn(size))
    throw new RangeError('a frontier has one hash for each bit of the size')
  // A copy: a row of the database may share its memory with others.
  const copy = Buffer.from(bytes)
  const hashes = Array.from({ length: copy.length / HASH_BYTES }, (_, n) =>
    copy.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES),
  )
  return { size, hashes }
}

function bitsSetIn(size: number): number {
  let bits = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) bits += rest % 2
  return bits
}
