import test from 'ava'
import { mth, path, proof } from './definition.vectors.ts'
import { appendLeaves, EMPTY_FRONTIER, frontierRoot } from './frontier.ts'
import { leafHash } from './hash.ts'
import { consistencyProof, frontierAt, inclusionProof, treeRoot } from './prove.ts'
import { listOf, type ReadStored } from './stored.ts'
import { verifyConsistency, verifyInclusion } from './verify.ts'

const SIZE_MAX = 300
const leaves = Array.from({ length: SIZE_MAX }, (_, n) => leafHash(Buffer.from(`leaf ${n}`)))
const read = listOf(leaves, appendLeaves(EMPTY_FRONTIER, leaves).tiles)
const sizes = Array.from({ length: SIZE_MAX + 1 }, (_, size) => size)
const roots = sizes.map((size) => mth(leaves.slice(0, size)))

test('roots of all sizes from 0 to 300 are those of the definition', async (t) => {
  for (const size of sizes) t.deepEqual(await treeRoot(size, read), roots[size])
})

test('the frontier that a tree had at any size is read back from the store', async (t) => {
  for (const size of sizes) {
    t.deepEqual(await frontierAt(size, read), appendLeaves(EMPTY_FRONTIER, leaves.slice(0, size)).frontier)
  }
})

test('inclusion proofs of all sizes are those of the definition, and hold', async (t) => {
  for (const size of sizes) {
    // Every leaf of the small trees; of the large ones the first, the last, and one that walks through.
    const indices = size <= 40 ? sizes.slice(0, size) : [0, (size * 7) % size, (size * 13 + 5) % size, size - 1]
    for (const index of indices) {
      const made = await inclusionProof(index, size, read)
      t.deepEqual(made, path(index, leaves.slice(0, size)))
      const claim = { leafHash: leaves[index] as Buffer, index, size, root: roots[size] as Buffer, proof: made }
      t.true(verifyInclusion(claim))
    }
  }
})

test('consistency proofs between all sizes are those of the definition, and hold', async (t) => {
  for (const second of sizes.slice(1)) {
    const firsts =
      second <= 40 ? sizes.slice(1, second + 1) : [1, second >> 1, ((second * 11) % second) + 1, second - 1]
    for (const first of firsts) {
      const made = await consistencyProof(first, second, read)
      t.deepEqual(made, proof(first, leaves.slice(0, second)))
      const [firstRoot, secondRoot] = [roots[first] as Buffer, roots[second] as Buffer]
      t.true(verifyConsistency({ first, firstRoot, second, secondRoot, proof: made }))
    }
  }
})

test('the empty tree is the beginning of every tree, and of no other with a proof', async (t) => {
  t.deepEqual(await consistencyProof(0, 5, read), [])
  const claim = { first: 0, firstRoot: roots[0] as Buffer, second: 5, secondRoot: roots[5] as Buffer }
  t.true(verifyConsistency({ ...claim, proof: [] }))
  t.false(verifyConsistency({ ...claim, proof: [roots[1] as Buffer] }))
  t.false(verifyConsistency({ ...claim, firstRoot: roots[1] as Buffer, proof: [] }))
})

for (const [because, make] of [
  ['a leaf behind the last', () => inclusionProof(5, 5, read)],
  ['a leaf before the first', () => inclusionProof(-1, 5, read)],
  ['half a leaf', () => inclusionProof(0.5, 5, read)],
  ['a leaf of the empty tree', () => inclusionProof(0, 0, read)],
  ['a tree with more leaves than are stored', () => inclusionProof(0, SIZE_MAX + 1, read)],
  ['an earlier tree that is larger', () => consistencyProof(6, 5, read)],
  ['a size below nothing', () => consistencyProof(-1, 5, read)],
  ['a later tree with more leaves than are stored', () => consistencyProof(3, SIZE_MAX + 200, read)],
  ['a size that is no number', () => treeRoot(Number.NaN, read)],
  ['a size above all', () => treeRoot(2 ** 49, read)],
] as const) {
  test(`no proof is made for ${because}`, async (t) => {
    await t.throwsAsync(make, { instanceOf: RangeError })
  })
}

test('a proof over a million leaves reads a few hundred hashes, in one call', async (t) => {
  const hash = leafHash(Buffer.from('any'))
  const calls: number[] = []
  const counting: ReadStored = async (ranges) => {
    calls.push(ranges.reduce((sum, { start, end }) => sum + end - start, 0))
    return ranges.map(({ start, end }) => Array(end - start).fill(hash))
  }
  for (const size of [2 ** 20 - 1, 1_000_000, 2 ** 20, 2 ** 20 + 1]) {
    await inclusionProof(777_777, size, counting)
    await consistencyProof(654_321, size, counting)
    await treeRoot(size, counting)
  }
  t.is(calls.length, 12)
  t.true(Math.max(...calls) <= 3 * 256 * 2, `${calls}`)
})

test('a proof made of stored tiles is the one that all leaves give', async (t) => {
  const many = Array.from({ length: 70_000 }, (_, n) => leafHash(Buffer.from(`${n}`)))
  const { frontier, tiles } = appendLeaves(EMPTY_FRONTIER, many)
  t.deepEqual(
    [8, 16, 24].map((level) => tiles.filter((tile) => tile.level === level).length),
    [273, 1, 0],
  )
  const stored = listOf(many, tiles)
  const root = frontierRoot(frontier)
  t.deepEqual(root, mth(many))
  for (const index of [0, 255, 256, 65_535, 65_536, 69_999]) {
    const made = await inclusionProof(index, many.length, stored)
    t.deepEqual(made, path(index, many))
    t.true(verifyInclusion({ leafHash: many[index] as Buffer, index, size: many.length, root, proof: made }))
  }
  t.deepEqual(await consistencyProof(65_793, many.length, stored), proof(65_793, many))
})
