import test from 'ava'
import fc from 'fast-check'
import { mth } from './definition.vectors.ts'
import {
  appendLeaves,
  decodeFrontier,
  EMPTY_FRONTIER,
  encodeFrontier,
  type Frontier,
  frontierRoot,
} from './frontier.ts'
import { EMPTY_ROOT, leafHash } from './hash.ts'
import type { TileHash } from './stored.ts'

const leaves = Array.from({ length: 1200 }, (_, n) => leafHash(Buffer.from(`${n}`)))

test('however the leaves are split into batches, and whatever is written down between them, the tree is the same', (t) => {
  const whole = appendLeaves(EMPTY_FRONTIER, leaves)
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 12 }), (cuts) => {
        let frontier: Frontier = EMPTY_FRONTIER
        const tiles: TileHash[] = []
        for (const width of [...cuts, leaves.length]) {
          const step = appendLeaves(frontier, leaves.slice(frontier.size, frontier.size + width))
          frontier = decodeFrontier(step.frontier.size, encodeFrontier(step.frontier))
          tiles.push(...step.tiles)
        }
        t.deepEqual(frontier, whole.frontier)
        t.deepEqual(tiles, whole.tiles)
      }),
      { numRuns: 30 },
    ),
  )
  t.deepEqual(frontierRoot(whole.frontier), mth(leaves))
})

test('each full tile comes once, with the hash of its leaves', (t) => {
  const { tiles } = appendLeaves(EMPTY_FRONTIER, leaves)
  t.deepEqual(
    tiles,
    [0, 1, 2, 3].map((index) => ({ level: 8, index, hash: mth(leaves.slice(index * 256, (index + 1) * 256)) })),
  )
})

test('a frontier is as many hashes as its size has bits', (t) => {
  for (const [size, bits] of [
    [0, 0],
    [1, 1],
    [255, 8],
    [256, 1],
    [1000, 6],
  ] as const) {
    t.is(appendLeaves(EMPTY_FRONTIER, leaves.slice(0, size)).frontier.hashes.length, bits)
  }
  t.deepEqual(frontierRoot(EMPTY_FRONTIER), EMPTY_ROOT)
})

test('appending changes nothing of the frontier that it started from', (t) => {
  const { frontier } = appendLeaves(EMPTY_FRONTIER, leaves.slice(0, 7))
  const before = encodeFrontier(frontier)
  appendLeaves(frontier, leaves.slice(7, 9))
  t.deepEqual(encodeFrontier(frontier), before)
})

for (const [because, make] of [
  ['too few hashes for the size', () => decodeFrontier(3, Buffer.alloc(32))],
  ['too many hashes for the size', () => decodeFrontier(4, Buffer.alloc(64))],
  ['half a hash', () => decodeFrontier(1, Buffer.alloc(16))],
  ['a size below nothing', () => decodeFrontier(-1, Buffer.alloc(0))],
  ['a leaf that is no hash', () => appendLeaves(EMPTY_FRONTIER, [Buffer.from('leaf')])],
] as const) {
  test(`refused: ${because}`, (t) => {
    t.throws(make, { instanceOf: RangeError })
  })
}
