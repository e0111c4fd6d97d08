import { DomainError } from '@kontor/problem'
import test from 'ava'
import fc from 'fast-check'
import { type DocumentInput, documentTotals, type LineInput } from './totals.ts'

function line(price: string, vatRate: string | undefined, more: Partial<LineInput> = {}): LineInput {
  return { quantity: '1', price, allowancesCharges: [], vatCategory: 'S', vatRate, ...more }
}

function gross(lines: LineInput[], more: Partial<DocumentInput> = {}): DocumentInput {
  const rest = { allowancesCharges: [], prepaidMinor: 0n, roundingMinor: 0n }
  return { currency: 'EUR', priceMode: 'gross', lines, ...rest, ...more }
}

test('VAT is taken out of the gross of the group, and what the nets of lines lack is a charge', (t) => {
  const totals = documentTotals(gross([line('9.95', '8.1'), line('9.95', '8.1'), line('9.95', '8.1')]))
  t.deepEqual(totals.gross, {
    lineGrossMinor: [995n, 995n, 995n],
    allowanceChargeNetMinor: [],
    netDifferences: [{ category: 'S', rate: '8.1', amountMinor: 1n }],
  })
  t.like(totals, { linesMinor: 2760n, allowancesMinor: 0n, chargesMinor: 1n, netMinor: 2761n, vatMinor: 224n })
  t.like(totals, { grossMinor: 2985n, payableMinor: 2985n })
})

test('what the nets of lines have too much is an allowance', (t) => {
  // 0.08 ÷ 1.19 is 0.067…, so that each net is seven cents; of 0.24, 0.038… is VAT, so that the base is twenty.
  const totals = documentTotals(gross([line('0.08', '19'), line('0.08', '19'), line('0.08', '19')]))
  t.deepEqual(totals.lineNetMinor, [7n, 7n, 7n])
  t.deepEqual(totals.gross?.netDifferences, [{ category: 'S', rate: '19', amountMinor: -1n }])
  t.like(totals, { allowancesMinor: 1n, chargesMinor: 0n, netMinor: 20n, vatMinor: 4n, grossMinor: 24n })
})

test('a group whose nets meet its base has no difference, and one without VAT never has one', (t) => {
  const totals = documentTotals(
    gross([
      line('119', '19'),
      line('107', '7'),
      line('33.33', '0', { vatCategory: 'E' }),
      line('1', undefined, { vatCategory: 'O' }),
    ]),
  )
  t.deepEqual(totals.gross?.netDifferences, [])
  t.deepEqual(totals.lineNetMinor, [10_000n, 10_000n, 3333n, 100n])
  t.is(totals.vatMinor, 2600n)
})

test('each group has its own difference', (t) => {
  const lines = ['8.1', '2.6'].flatMap((rate) => Array.from({ length: 3 }, () => line('9.95', rate)))
  const { gross: shown, vatGroups } = documentTotals(gross(lines, { currency: 'CHF' }))
  t.deepEqual(
    vatGroups.map(({ rate, baseMinor, taxMinor }) => [rate, baseMinor, taxMinor]),
    [
      ['8.1', 2761n, 224n],
      ['2.6', 2909n, 76n],
    ],
  )
  t.deepEqual(shown?.netDifferences, [
    { category: 'S', rate: '8.1', amountMinor: 1n },
    { category: 'S', rate: '2.6', amountMinor: -1n },
  ])
})

test('allowances and charges on the document have VAT in them too, and their nets stand in BT-107 and BT-108', (t) => {
  const under = { vatCategory: 'S', vatRate: '19' } as const
  const totals = documentTotals(
    gross([line('119', '19')], {
      allowancesCharges: [
        { charge: false, amountMinor: 1190n, ...under },
        { charge: true, amountMinor: 595n, ...under },
      ],
    }),
  )
  t.deepEqual(totals.gross?.allowanceChargeNetMinor, [1000n, 500n])
  t.like(totals, { linesMinor: 10_000n, allowancesMinor: 1000n, chargesMinor: 500n, netMinor: 9500n })
  t.like(totals, { grossMinor: 11_305n, vatMinor: 1805n })
})

const CENTS = fc.bigInt({ min: -(10n ** 7n), max: 10n ** 7n })
test('whatever the amounts, the customer pays their sum', (t) => {
  const amounts = fc.array(fc.tuple(CENTS, fc.constantFrom('19', '7', '8.1', '2.6', '0.5')), { maxLength: 30 })
  t.notThrows(() =>
    fc.assert(
      fc.property(amounts, (seen) => {
        const lines = seen.map(([minor, rate]) =>
          line('0', rate, { allowancesCharges: [{ charge: true, amountMinor: minor }] }),
        )
        const { grossMinor, netMinor, vatMinor, vatGroups, linesMinor, allowancesMinor, chargesMinor } = documentTotals(
          gross(lines),
        )
        return (
          grossMinor === seen.reduce((sum, [minor]) => sum + minor, 0n) &&
          netMinor + vatMinor === grossMinor &&
          linesMinor - allowancesMinor + chargesMinor === netMinor &&
          vatGroups.reduce((sum, { baseMinor }) => sum + baseMinor, 0n) === netMinor
        )
      }),
    ),
  )
})

test('a net price and its gross price come to the same where there is nothing to round', (t) => {
  const net = documentTotals({ ...gross([line('100', '19'), line('50', '7')]), priceMode: 'net' })
  const { gross: shown, ...totals } = documentTotals(gross([line('119', '19'), line('53.50', '7')]))
  t.deepEqual(totals, net)
  t.deepEqual(shown?.netDifferences, [])
})

for (const [due, rounding] of [
  [0n, 0n],
  [1n, -1n],
  [2n, -2n],
  [3n, 2n],
  [4n, 1n],
  [5n, 0n],
  [-2n, 2n],
  [-3n, -2n],
  [1083n, 2n],
] as const) {
  test(`${due} Rappen that are due are rounded by ${rounding}`, (t) => {
    const item = { charge: true, amountMinor: due, vatCategory: 'Z', vatRate: undefined } as const
    const totals = documentTotals(gross([], { currency: 'CHF', rounding: 'cash', allowancesCharges: [item] }))
    t.like(totals, { grossMinor: due, roundingMinor: rounding, payableMinor: due + rounding })
  })
}

/** @returns Code and field of the refusal. */
function refusal(input: DocumentInput): unknown {
  try {
    return documentTotals(input)
  } catch (error) {
    return error instanceof DomainError ? [error.code, error.errors?.[0]?.path] : error
  }
}

test('cash rounding is for francs, and not beside a rounding amount', (t) => {
  for (const currency of ['EUR', 'SEK', 'JPY', 'CHE']) {
    t.deepEqual(refusal(gross([], { currency, rounding: 'cash' })), ['cash_rounding_not_available', '/rounding'])
  }
  const both = gross([], { currency: 'CHF', rounding: 'cash', roundingMinor: 2n })
  t.deepEqual(refusal(both), ['rounding_ambiguous', '/rounding_minor'])
  t.is(documentTotals(gross([], { currency: 'EUR', rounding: 'none', roundingMinor: 2n })).payableMinor, 2n)
})

test('gross amounts that are too large are refused: a line, a group, a sum', (t) => {
  const most = { charge: true, amountMinor: 2n ** 53n - 1n }
  const huge = (vatRate: string) => line('0', vatRate, { allowancesCharges: [most] })
  t.deepEqual(refusal(gross([line('999999999999', '19', { quantity: '999999999999' })])), [
    'amount_overflow',
    '/lines/0',
  ])
  t.deepEqual(refusal(gross([huge('19'), huge('19')])), ['amount_overflow', undefined])
  t.deepEqual(refusal(gross([huge('19'), huge('7')])), ['amount_overflow', undefined])
  t.is(documentTotals(gross([huge('19')])).payableMinor, 2n ** 53n - 1n)
})
