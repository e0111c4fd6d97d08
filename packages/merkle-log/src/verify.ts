import { EMPTY_ROOT, HASH_BYTES, nodeHash } from './hash.ts'
import { SIZE_MAX } from './subtrees.ts'

/** That a leaf stands at `index` of the tree with `size` leaves and that root. */
export interface InclusionClaim {
  readonly leafHash: Uint8Array
  readonly index: number
  readonly size: number
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** That the tree with `second` leaves begins with all `first` leaves of an earlier one. */
export interface ConsistencyClaim {
  readonly first: number
  readonly firstRoot: Uint8Array
  readonly second: number
  readonly secondRoot: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * @returns Whether the proof proves the claim. A malformed one proves nothing, so the answer is false and never an error.
 * @see RFC 9162, 2.1.3.2
 */
export function verifyInclusion({ leafHash, index, size, root, proof }: InclusionClaim): boolean {
  if (!isSize(index) || !isSize(size) || index >= size) return false
  if (![leafHash, root, ...proof].every(isHash)) return false
  let node = index
  let last = size - 1
  let hash = leafHash
  for (const sibling of proof) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash)
      // A last node without sibling rises as it is until it is a right one.
      while (node % 2 === 0 && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else {
      hash = nodeHash(hash, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 && equal(hash, root)
}

/**
 * The empty tree is the beginning of every tree; RFC 9162 leaves it out.
 *
 * @returns Whether the proof proves the claim. A malformed one proves nothing, so the answer is false and never an error.
 * @see RFC 9162, 2.1.4.2
 */
export function verifyConsistency({ first, firstRoot, second, secondRoot, proof }: ConsistencyClaim): boolean {
  if (!isSize(first) || !isSize(second) || first > second) return false
  if (![firstRoot, secondRoot, ...proof].every(isHash)) return false
  if (first === second) return proof.length === 0 && equal(firstRoot, secondRoot)
  if (first === 0) return proof.length === 0 && equal(firstRoot, EMPTY_ROOT)

  let node = first - 1
  let last = second - 1
  while (node % 2 === 1) {
    node = half(node)
    last = half(last)
  }
  // A whole earlier tree that is a subtree of the later one is not in the proof, for the verifier has its root.
  const [seed, ...path] = node === 0 ? [firstRoot, ...proof] : proof
  if (seed === undefined) return false
  let firstHash = seed
  let secondHash = seed
  for (const sibling of path) {
    if (last === 0) return false
    if (node % 2 === 1 || node === last) {
      firstHash = nodeHash(sibling, firstHash)
      secondHash = nodeHash(sibling, secondHash)
      while (node % 2 === 0 && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else {
      secondHash = nodeHash(secondHash, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 && equal(firstHash, firstRoot) && equal(secondHash, secondRoot)
}

function isSize(n: number): boolean {
  return Number.isInteger(n) && n >= 0 && n <= SIZE_MAX
}

function isHash(hash: Uint8Array): boolean {
  return hash.length === HASH_BYTES
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0
}

function half(n: number): number {
  return Math.floor(n / 2)
}
