import test from 'ava'
import fc from 'fast-check'
import { cashDiscountOn, percentOf, splitOverVatGroups } from './adjustment.ts'

const amount = fc.bigInt({ min: 0n, max: 10n ** 12n })
const groups = fc.array(fc.record({ baseMinor: amount, taxMinor: amount }), { minLength: 1, maxLength: 6 })
const percent = fc.integer({ min: 1, max: 9_999 }).map((hundredths) => {
  const text = String(hundredths).padStart(3, '0')
  return `${text.slice(0, -2)}.${text.slice(-2)}`
})

test('what is split over VAT groups adds up, in every group and on the whole', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(groups, amount, (each, total) => {
        const parts = splitOverVatGroups(each, total)
        const sum = parts.reduce((all, part) => all + part.baseMinor + part.taxMinor, 0n)
        return parts.length === 0 ? each.every((group) => group.baseMinor + group.taxMinor === 0n) : sum === total
      }),
    ),
  )
})

test('the whole of a document splits into its own groups, and a negative amount is the mirror', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(groups, amount, (each, some) => {
        const total = each.reduce((all, group) => all + group.baseMinor + group.taxMinor, 0n)
        fc.pre(total > 0n)
        t.deepEqual(splitOverVatGroups(each, total), each)
        const [taken, back] = [splitOverVatGroups(each, some), splitOverVatGroups(each, -some)]
        t.deepEqual(
          back,
          taken.map(({ baseMinor, taxMinor }) => ({ baseMinor: -baseMinor, taxMinor: -taxMinor })),
        )
      }),
    ),
  )
})

test('a group that an allowance made negative gets nothing', (t) => {
  const parts = splitOverVatGroups(
    [
      { baseMinor: 10_000n, taxMinor: 810n },
      { baseMinor: -100n, taxMinor: -3n },
    ],
    1_081n,
  )
  t.deepEqual(parts, [
    { baseMinor: 1_000n, taxMinor: 81n },
    { baseMinor: 0n, taxMinor: 0n },
  ])
  t.deepEqual(splitOverVatGroups([{ baseMinor: 0n, taxMinor: 0n }], 5n), [])
})

for (const [paid, open, rate, discount] of [
  [9_800n, 10_000n, '2', 200n],
  [1_059n, 1_081n, '2', 22n],
  [4_900n, 10_000n, '2', 100n],
  [9_900n, 10_000n, '2', 100n],
  [10_000n, 10_000n, '2', 0n],
  [1n, 10_000n, '2.5', 0n],
  [98n, 10_000n, '50', 98n],
] as const) {
  test(`who pays ${paid} of ${open} at ${rate} % has ${discount} off`, (t) => {
    t.is(cashDiscountOn(paid, open, rate), discount)
  })
}

test('who pays what is printed has nothing left to pay, and nobody is let off more than the percentage', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 12n }), percent, amount, (open, rate, some) => {
        const off = percentOf(open, rate)
        const paid = some % (open + 1n)
        const discount = cashDiscountOn(paid, open, rate)
        return (
          cashDiscountOn(open - off, open, rate) === off &&
          discount >= 0n &&
          discount <= off + 1n &&
          paid + discount <= open
        )
      }),
    ),
  )
})
