import test from 'ava'
import fc from 'fast-check'
import { mth, path, proof } from './definition.vectors.ts'
import { leafHash } from './hash.ts'
import { type ConsistencyClaim, type InclusionClaim, verifyConsistency, verifyInclusion } from './verify.ts'

const SIZE = 100
const leaves = Array.from({ length: SIZE }, (_, n) => leafHash(Buffer.from(`leaf ${n}`)))
const others = Array.from({ length: SIZE }, (_, n) => leafHash(Buffer.from(`other leaf ${n}`)))
const flipped = (hash: Uint8Array, bit: number) => {
  const copy = Buffer.from(hash)
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7))
  return copy
}
const without = <T>(list: readonly T[], n: number) => list.filter((_, index) => index !== n)
const swapped = <T>(list: readonly T[], n: number) => [
  ...list.slice(0, n),
  list[n + 1] as T,
  list[n] as T,
  ...list.slice(n + 2),
]

const inclusions = fc
  .tuple(fc.integer({ min: 2, max: SIZE }), fc.nat(), fc.nat(), fc.nat())
  .map(([size, a, b, bit]): { claim: InclusionClaim; pick: number; bit: number } => {
    const index = a % size
    const tree = leaves.slice(0, size)
    const made = path(index, tree)
    const claim = { leafHash: leaves[index] as Buffer, index, size, root: mth(tree), proof: made }
    return { claim, pick: b % made.length, bit: bit % 256 }
  })

test('what proves a leaf proves nothing that differs in anything', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(inclusions, ({ claim, pick, bit }) => {
        const { proof: path, index, size } = claim
        t.true(verifyInclusion(claim))
        const wrong: [string, Partial<InclusionClaim>][] = [
          ['leaf', { leafHash: others[index] as Buffer }],
          ['bit of the leaf', { leafHash: flipped(claim.leafHash, bit) }],
          ['bit of the root', { root: flipped(claim.root, bit) }],
          ['root of another tree', { root: mth(others.slice(0, size)) }],
          ['index', { index: (index + 1) % size }],
          ['index with one bit changed', { index: index ^ 1 }],
          ['index beyond the tree', { index: index + size }],
          ['negative index', { index: -1 - index }],
          ['bit of the proof', { proof: path.map((hash, n) => (n === pick ? flipped(hash, bit) : hash)) }],
          ['hash cut off at the front', { proof: path.slice(1) }],
          ['hash cut off at the end', { proof: path.slice(0, -1) }],
          ['hash left out', { proof: without(path, pick) }],
          ['hash too many at the front', { proof: [claim.root, ...path] }],
          ['hash too many at the end', { proof: [...path, claim.root] }],
          ['hash that is too short', { proof: path.map((hash, n) => (n === pick ? hash.subarray(1) : hash)) }],
          ['no proof', { proof: [] }],
        ]
        if (path.length > 1) {
          wrong.push(['proof in another order', { proof: swapped(path, Math.min(pick, path.length - 2)) }])
        }
        for (const [what, change] of wrong) t.false(verifyInclusion({ ...claim, ...change }), what)
      }),
    ),
  )
})

test('a proof holds for no size that would need another number of hashes', (t) => {
  // Between such sizes it is the root that tells trees apart, and a checkpoint signs size and root together.
  const claim = { leafHash: leaves[2] as Buffer, index: 2, size: 5, root: mth(leaves.slice(0, 5)) }
  for (const size of [0, 1, 2, 3, 4, 9, 16, 100, -5, 5.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.false(verifyInclusion({ ...claim, size, proof: path(2, leaves.slice(0, 5)) }), `${size}`)
  }
})

const consistencies = fc
  .tuple(fc.integer({ min: 2, max: SIZE }), fc.nat(), fc.nat(), fc.nat())
  .map(([second, a, b, bit]): { claim: ConsistencyClaim; pick: number; bit: number } => {
    const first = (a % (second - 1)) + 1
    const made = proof(first, leaves.slice(0, second))
    const roots = { firstRoot: mth(leaves.slice(0, first)), secondRoot: mth(leaves.slice(0, second)) }
    return { claim: { first, second, ...roots, proof: made }, pick: b % made.length, bit: bit % 256 }
  })

test('what proves that a tree goes on from another proves nothing that differs in anything', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(consistencies, ({ claim, pick, bit }) => {
        const { first, second, proof: path } = claim
        t.true(verifyConsistency(claim))
        const fork = [...leaves.slice(0, first), ...others.slice(first, second)]
        const rewritten = [...leaves.slice(0, first - 1), ...others.slice(first - 1, second)]
        const wrong: [string, Partial<ConsistencyClaim>][] = [
          ['earlier root', { firstRoot: mth(others.slice(0, first)) }],
          ['bit of the earlier root', { firstRoot: flipped(claim.firstRoot, bit) }],
          ['bit of the later root', { secondRoot: flipped(claim.secondRoot, bit) }],
          ['another continuation', { secondRoot: mth(fork) }],
          ['history rewritten', { secondRoot: mth(rewritten), proof: proof(first, rewritten) }],
          ['sizes exchanged', { first: second, second: first }],
          ['same size', { first: second }],
          ['empty beginning', { first: 0 }],
          ['bit of the proof', { proof: path.map((hash, n) => (n === pick ? flipped(hash, bit) : hash)) }],
          ['hash cut off at the front', { proof: path.slice(1) }],
          ['hash cut off at the end', { proof: path.slice(0, -1) }],
          ['hash left out', { proof: without(path, pick) }],
          ['hash too many at the front', { proof: [claim.firstRoot, ...path] }],
          ['hash too many at the end', { proof: [...path, claim.secondRoot] }],
          ['no proof', { proof: [] }],
        ]
        if (path.length > 1) {
          wrong.push(['proof in another order', { proof: swapped(path, Math.min(pick, path.length - 2)) }])
        }
        for (const [what, change] of wrong) t.false(verifyConsistency({ ...claim, ...change }), what)
      }),
    ),
  )
})

test('two trees of one size agree only if they are one', (t) => {
  const [one, other] = [mth(leaves.slice(0, 7)), mth(others.slice(0, 7))]
  t.true(verifyConsistency({ first: 7, firstRoot: one, second: 7, secondRoot: one, proof: [] }))
  t.false(verifyConsistency({ first: 7, firstRoot: one, second: 7, secondRoot: other, proof: [] }))
  t.false(verifyConsistency({ first: 7, firstRoot: one, second: 7, secondRoot: one, proof: [one] }))
})

test('no proof at all is enough for nothing but a tree of one leaf', (t) => {
  const leaf = leaves[0] as Buffer
  t.true(verifyInclusion({ leafHash: leaf, index: 0, size: 1, root: leaf, proof: [] }))
  t.false(verifyInclusion({ leafHash: leaf, index: 0, size: 2, root: leaf, proof: [] }))
  t.false(verifyInclusion({ leafHash: leaf, index: 0, size: 0, root: leaf, proof: [] }))
})

test('a node is no leaf: what hashes to the tree of two cannot be passed off as one leaf', (t) => {
  const [left, right] = [leaves[0] as Buffer, leaves[1] as Buffer]
  t.notDeepEqual(leafHash(Buffer.concat([left, right])), mth([left, right]))
})
