import test from 'ava'
import { appendLeaves, EMPTY_FRONTIER, frontierRoot } from './frontier.ts'
import { EMPTY_ROOT, leafHash } from './hash.ts'
import { consistencyProof, inclusionProof, treeRoot } from './prove.ts'
import { CONSISTENCY_PROOFS, INCLUSION_PROOFS, LEAF_HASHES, LEAVES, ROOTS } from './rfc6962.vectors.ts'
import { listOf } from './stored.ts'
import { verifyConsistency, verifyInclusion } from './verify.ts'

const leafHashes = LEAVES.map((leaf) => leafHash(Buffer.from(leaf, 'hex')))
const read = listOf(leafHashes, [])
const hex = (hashes: readonly Buffer[]) => hashes.map((hash) => hash.toString('hex'))
const bytes = (hashes: readonly string[]) => hashes.map((hash) => Buffer.from(hash, 'hex'))
const rootOf = (size: number) => Buffer.from(ROOTS[size] as string, 'hex')

test('leaves hash as published', (t) => {
  t.deepEqual(hex(leafHashes), [...LEAF_HASHES])
  t.is(EMPTY_ROOT.toString('hex'), ROOTS[0])
})

for (const [size, root] of ROOTS.entries()) {
  test(`the root of ${size} leaves is the published one, read from a store or grown`, async (t) => {
    t.is((await treeRoot(size, read)).toString('hex'), root)
    t.is(frontierRoot(appendLeaves(EMPTY_FRONTIER, leafHashes.slice(0, size)).frontier).toString('hex'), root)
  })
}

for (const { index, size, proof } of INCLUSION_PROOFS) {
  test(`the proof that leaf ${index} is in a tree of ${size} is the published one, and holds`, async (t) => {
    t.deepEqual(hex(await inclusionProof(index, size, read)), [...proof])
    const claim = { leafHash: leafHashes[index] as Buffer, index, size, root: rootOf(size), proof: bytes(proof) }
    t.true(verifyInclusion(claim))
  })
}

for (const { first, second, proof } of CONSISTENCY_PROOFS) {
  test(`the proof that a tree of ${second} begins with one of ${first} is the published one, and holds`, async (t) => {
    t.deepEqual(hex(await consistencyProof(first, second, read)), [...proof])
    const roots = { firstRoot: rootOf(first), secondRoot: rootOf(second) }
    t.true(verifyConsistency({ first, second, ...roots, proof: bytes(proof) }))
  })
}
