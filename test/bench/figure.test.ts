import test from 'ava'
import { compare, supplyOf, timeFigure } from './figure.ts'

const rates = (...perSecond: number[]) => {
  const left = supplyOf(perSecond)
  return async () => ({ perSecond: left.next() as number })
}

test('a ratio is the median of rounds beside each other, so that a slow moment of the machine falls out', async (t) => {
  const figure = await compare({
    name: 'a',
    goal: 1.5,
    baselineUnit: 'things/s',
    rounds: 3,
    // The first round warms up; in the third both sides were disturbed, in the last only one.
    ours: rates(1, 2_000, 200, 100),
    bare: rates(1_000, 1_000, 100, 1_000),
  })
  t.is(figure.value, 2)
  t.is(figure.baseline, 1_000)
  t.true(figure.met)
  t.deepEqual([figure.detail.lowest_ratio, figure.detail.highest_ratio], [0.1, 2])
})

test('a goal is missed by a ratio below it and by a time above it', async (t) => {
  const below = await compare({
    name: 'a',
    goal: 0.5,
    baselineUnit: 'things/s',
    rounds: 1,
    ours: rates(1, 49),
    bare: rates(1, 100),
  })
  t.false(below.met)
  t.false(timeFigure('b', 40, [41, 41, 10]).met)
  t.true(timeFigure('b', 40, [40]).met)
  t.is(timeFigure('b', null, [40]).met, null)
})

test('both sides are warmed until our rate settles, at most as often as allowed', async (t) => {
  const count = { ours: 0, bare: 0 }
  // The third round was disturbed and grew by nothing, which is no sign yet.
  const growing = [1, 2, 2, 4, 8, 16, 32, 64, 65, 500, 600]
  const figure = (warmUpMost: number) =>
    compare({
      name: 'a',
      goal: 1,
      baselineUnit: 'things/s',
      rounds: 1,
      warmUpMost,
      ours: async () => ({ perSecond: growing[count.ours++] as number }),
      bare: async () => ({ perSecond: ++count.bare * 10 }),
    })
  // The ninth round is hardly faster than the eighth, so the tenth counts.
  t.is((await figure(12)).detail.ours, 500)
  t.deepEqual(count, { ours: 10, bare: 10 })
  Object.assign(count, { ours: 0, bare: 0 })
  t.is((await figure(3)).detail.ours, 4)
})

test('what one round leaves is for the next', (t) => {
  const supply = supplyOf(['a', 'b'])
  t.deepEqual([supply.next(), supply.next(), supply.next()], ['a', 'b', undefined])
})
