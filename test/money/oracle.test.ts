import { randomInt } from 'node:crypto'
import { type DocumentInput, type DocumentTotals, documentTotals } from '@kontor/money'
import test from 'ava'
import { compare } from './compare.ts'
import { brokenRules, EXPONENTS, expect } from './oracle.ts'
import { diceOf, randomDocument } from './random-document.ts'

const DOCUMENTS = 10_000

test(`the totals of ${DOCUMENTS} random documents are those of the standard, whatever the order of their lines`, (t) => {
  const outcome = compare(DOCUMENTS, randomInt(2 ** 32))
  t.deepEqual(outcome.faults, [])
  t.is(outcome.documents, DOCUMENTS)
  // None of what the documents are there for may be missing from them.
  t.true(outcome.gross > DOCUMENTS / 3 && outcome.differences > DOCUMENTS / 50, JSON.stringify(outcome))
  t.true(outcome.rounded > DOCUMENTS / 50 && outcome.refused > DOCUMENTS / 1000, JSON.stringify(outcome))
})

test('the documents have every currency exponent, every category, every kind of price and every part of a line', (t) => {
  const documents = Array.from({ length: 2_000 }, (_, seed) => randomDocument(diceOf(seed)))
  const lines = documents.flatMap((input) => input.lines)
  const seen = (values: readonly unknown[]) => [...new Set(values)].sort()
  t.deepEqual(seen(documents.map(({ currency }) => EXPONENTS[currency])), [0, 2, 3, 4])
  t.deepEqual(seen(lines.map((line) => line.vatCategory)), ['AE', 'E', 'G', 'K', 'L', 'M', 'O', 'S', 'Z'])
  t.deepEqual(seen(documents.map(({ priceMode = 'net' }) => priceMode)), ['gross', 'net'])
  t.true(lines.some((line) => line.priceBaseQuantity) && lines.some((line) => line.allowancesCharges.length > 1))
  t.true(lines.some((line) => line.quantity.startsWith('-')) && documents.some((input) => input.lines.length === 0))
})

// An oracle that accepts everything proves nothing, so each of its rules is shown a document that breaks it.
const GROSS = gross({ lines: Array.from({ length: 3 }, () => priced('9.95', '8.1')), rounding: 'cash' })
const TAMPERED: readonly (readonly [rule: string, change: (totals: DocumentTotals) => DocumentTotals])[] = [
  [
    'BT-131',
    (totals) => ({ ...totals, lineNetMinor: totals.lineNetMinor.toReversed().map((net, i) => (i ? net : net + 1n)) }),
  ],
  ['BR-CO-10', (totals) => ({ ...totals, linesMinor: totals.linesMinor + 1n })],
  ['BR-CO-11', (totals) => ({ ...totals, allowancesMinor: 1n })],
  ['BR-CO-12', (totals) => ({ ...totals, chargesMinor: 0n })],
  ['BR-CO-13', (totals) => ({ ...totals, netMinor: totals.netMinor - 1n })],
  ['BR-CO-14', (totals) => ({ ...totals, vatMinor: totals.vatMinor + 1n })],
  ['BR-CO-15', (totals) => ({ ...totals, grossMinor: totals.grossMinor + 1n })],
  ['BT-114', (totals) => ({ ...totals, roundingMinor: 1n })],
  ['BR-CO-16', (totals) => ({ ...totals, payableMinor: totals.payableMinor + 5n })],
  ['BR-CO-18', (totals) => ({ ...totals, vatGroups: [] })],
  ['BR-*-08 S[0]', (totals) => withGroup(totals, ({ baseMinor }) => ({ baseMinor: baseMinor + 1n }))],
  ['BR-*-09 S[0]', (totals) => withGroup(totals, ({ taxMinor }) => ({ taxMinor: taxMinor + 1n }))],
  ['BR-CO-17 S[0]', (totals) => withGroup(totals, ({ taxMinor }) => ({ taxMinor: taxMinor - 1n }))],
  ['BT-119 S[0]', (totals) => withGroup(totals, () => ({ rate: '8' }))],
  ['differences', (totals) => ({ ...totals, gross: { ...(totals.gross as object), netDifferences: [] } as never })],
]
for (const [rule, change] of TAMPERED) {
  test(`the oracle sees totals that break ${rule}`, (t) => {
    t.deepEqual(brokenRules(GROSS, documentTotals(GROSS)), [])
    t.true(brokenRules(GROSS, change(documentTotals(GROSS))).includes(rule))
  })
}

function withGroup(totals: DocumentTotals, change: (group: DocumentTotals['vatGroups'][number]) => object) {
  return { ...totals, vatGroups: totals.vatGroups.map((group) => ({ ...group, ...change(group) })) }
}

function priced(price: string, vatRate: string, quantity = '1'): DocumentInput['lines'][number] {
  return { quantity, price, allowancesCharges: [], vatCategory: 'S', vatRate }
}

function gross(changes: Partial<DocumentInput>): DocumentInput {
  return {
    currency: 'CHF',
    priceMode: 'gross',
    lines: [],
    allowancesCharges: [],
    prepaidMinor: 0n,
    roundingMinor: 0n,
    ...changes,
  }
}

test('a line split in two of whole amounts leaves every total but the nets of lines as it was', (t) => {
  const dice = diceOf(randomInt(2 ** 32))
  for (let round = 0; round < 500; round++) {
    const price = `${dice.digits(3).replace(/^0+(?=\d)/, '')}.${dice.digits(2)}`
    const [first, second] = [dice.roll(20), dice.roll(20)]
    const rest = Array.from({ length: dice.roll(4) }, () => priced(`${dice.roll(1000)}.5`, '2.6', String(dice.roll(9))))
    const split = (lines: readonly DocumentInput['lines'][number][], priceMode: 'net' | 'gross') =>
      documentTotals({ ...gross({ lines: [...lines, ...rest] }), priceMode })
    for (const priceMode of ['net', 'gross'] as const) {
      const one = split([priced(price, '8.1', String(first + second))], priceMode)
      const two = split([priced(price, '8.1', String(first)), priced(price, '8.1', String(second))], priceMode)
      for (const sum of ['netMinor', 'vatMinor', 'grossMinor', 'payableMinor'] as const) t.is(two[sum], one[sum], sum)
      t.deepEqual(two.vatGroups, one.vatGroups)
    }
  }
})

test('an amount that is too large is refused and never cut, to the last minor unit', (t) => {
  for (const [minor, refused] of [
    [9_007_199_254_740_991n, false],
    [9_007_199_254_740_992n, true],
    [-9_007_199_254_740_992n, true],
  ] as const) {
    const item = { charge: true, amountMinor: minor, vatCategory: 'Z', vatRate: '0' } as const
    const input = gross({ allowancesCharges: [item] })
    t.is(expect(input).tooLarge, refused)
    if (refused) t.throws(() => documentTotals(input), { message: /at most 9007199254740991/ })
    else t.is(documentTotals(input).payableMinor, minor)
  }
})
