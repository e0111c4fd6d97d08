import test from 'ava'
import fc from 'fast-check'
import { allocate, portion } from './allocate.ts'

const splits = test.macro<[total: bigint, weights: bigint[], shares: bigint[]]>({
  exec: (t, total, weights, shares) => t.deepEqual(allocate(total, weights), shares),
  title: (_given, total, weights, shares) => `${total} by ${weights.join(':')} is ${shares.join(' + ')}`,
})
test(splits, 100n, [1n, 1n, 1n], [34n, 33n, 33n])
test(splits, -100n, [1n, 1n, 1n], [-34n, -33n, -33n])
test(splits, 101n, [1n, 1n, 1n], [34n, 34n, 33n])
test(splits, 10n, [6n, 3n, 1n], [6n, 3n, 1n])
test(splits, 5n, [1n, 2n, 1n], [1n, 3n, 1n])
test(splits, 1n, [0n, 1n, 0n, 1n], [0n, 1n, 0n, 0n])
test(splits, 0n, [1n, 2n], [0n, 0n])
test(splits, 7n, [3n], [7n])
test(splits, 2n, [1n, 1n, 98n], [0n, 0n, 2n])

for (const weights of [[], [0n], [0n, 0n], [-1n], [2n, -1n], [1n, -1n]]) {
  test(`there is nothing to split by in [${weights}]`, (t) => {
    t.throws(() => allocate(100n, weights), { instanceOf: RangeError })
  })
}

const totals = fc.bigInt({ min: -(10n ** 16n), max: 10n ** 16n })
const weightLists = fc
  .array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 30 })
  .filter((weights) => weights.some((weight) => weight > 0n))

test('shares always add up to the total, whatever the weights', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(totals, weightLists, (total, weights) => {
        return allocate(total, weights).reduce((sum, share) => sum + share, 0n) === total
      }),
    ),
  )
})

test('every share is less than one minor unit away from its exact part, and nothing goes to a weight of zero', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(totals, weightLists, (total, weights) => {
        const totalWeight = weights.reduce((sum, weight) => sum + weight, 0n)
        return allocate(total, weights).every((share, index) => {
          const off = share * totalWeight - total * (weights[index] ?? 0n)
          return -totalWeight < off && off < totalWeight && (weights[index] !== 0n || share === 0n)
        })
      }),
    ),
  )
})

test('a negative total is split like the positive one', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(totals, weightLists, (total, weights) => {
        const mirrored = allocate(-total, weights)
        return allocate(total, weights).every((share, index) => share + (mirrored[index] ?? 1n) === 0n)
      }),
    ),
  )
})

test('a larger weight never gets a smaller share', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), weightLists, (total, weights) => {
        const sorted = weights.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
        // Equal weights may differ by one unit in favour of the earlier, so each is compared with the next larger one.
        const shares = allocate(total, sorted)
        return sorted.every((weight, i) => {
          const next = sorted[i + 1]
          return next === undefined || next === weight || (shares[i] ?? 0n) <= (shares[i + 1] ?? 0n)
        })
      }),
    ),
  )
})

test('a portion is rounded half away from zero, on either side of it', (t) => {
  const half = { num: 1n, den: 2n }
  t.deepEqual(
    [3n, -3n, 4n, 0n].map((minor) => portion(minor, half)),
    [2n, -2n, 2n, 0n],
  )
  t.is(portion(100n, { num: 1n, den: 3n }), 33n)
})

test('portions up to each part, less those before, always add up', (t) => {
  const property = fc.property(
    fc.bigInt(),
    fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1 }),
    (minor, parts) => {
      const den = parts.reduce((sum, part) => sum + part, 1n)
      let [before, sum] = [0n, 0n]
      for (const part of [...parts, 1n]) {
        sum += portion(minor, { num: before + part, den }) - portion(minor, { num: before, den })
        before += part
      }
      return sum === minor
    },
  )
  t.notThrows(() => fc.assert(property))
})
