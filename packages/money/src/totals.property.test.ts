import assert from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { currencyExponent } from './amount.ts'
import { type AllowanceCharge, type DocumentInput, documentTotals, type LineInput } from './totals.ts'
import { VAT_CATEGORIES, type VatCategory } from './vat.ts'

// The oracle: the formulas of EN 16931-1 written down a second time, in another arithmetic. Every decimal is an integer
// scaled by 10^9 (so a product is scaled by 10^18), a quotient is rounded by the sign-and-magnitude formula
// (2n + d) div 2d, and groups are found by filtering instead of accumulating. It shares no code with what it judges.

/** `12.5` becomes 12500000000n: the digits, padded to nine places, without their point. */
function scaled9(text: string): bigint {
  const [integer = '', fraction = ''] = text.split('.')
  return BigInt(integer + fraction.padEnd(9, '0'))
}

function roundedQuotient(n: bigint, d: bigint): bigint {
  const sign = n < 0n === d < 0n ? 1n : -1n
  const [m, e] = [n < 0n ? -n : n, d < 0n ? -d : d]
  return sign * ((2n * m + e) / (2n * e))
}

function oracle(input: DocumentInput) {
  const unit = BigInt(10 ** currencyExponent(input.currency))
  const total = (amounts: bigint[]) => amounts.reduce((a, b) => a + b, 0n)
  const bt131 = input.lines.map((line) => {
    const base = scaled9(line.priceBaseQuantity ?? '1') * 10n ** 9n // scaled by 10^18, like the product
    const plain = roundedQuotient(scaled9(line.quantity) * scaled9(line.price) * unit, base)
    const charges = line.allowancesCharges.filter((item) => item.charge).map((item) => item.amountMinor)
    const allowances = line.allowancesCharges.filter((item) => !item.charge).map((item) => item.amountMinor)
    return plain - total(allowances) + total(charges)
  })
  const bt106 = total(bt131)
  const bt107 = total(input.allowancesCharges.filter((item) => !item.charge).map((item) => item.amountMinor))
  const bt108 = total(input.allowancesCharges.filter((item) => item.charge).map((item) => item.amountMinor))

  const taxed = [
    ...input.lines.map((line, i) => ({ ...line, amount: bt131[i] ?? 0n })),
    ...input.allowancesCharges.map((item) => ({ ...item, amount: item.charge ? item.amountMinor : -item.amountMinor })),
  ].map(({ vatCategory, vatRate, amount }) => ({ vatCategory, rate9: scaled9(vatRate ?? '0'), amount }))
  const first = taxed.filter(
    (one, i) => taxed.findIndex((two) => two.vatCategory === one.vatCategory && two.rate9 === one.rate9) === i,
  )
  const bg23 = first.map(({ vatCategory, rate9 }) => {
    const same = taxed.filter((one) => one.vatCategory === vatCategory && one.rate9 === rate9)
    const bt116 = total(same.map((one) => one.amount))
    return { vatCategory, rate9, bt116, bt117: roundedQuotient(bt116 * rate9, 100n * 10n ** 9n) }
  })

  const bt109 = bt106 - bt107 + bt108
  const bt110 = total(bg23.map((group) => group.bt117))
  const bt112 = bt109 + bt110
  const bt115 = bt112 - input.prepaidMinor + input.roundingMinor
  return { bt131, bt106, bt107, bt108, bg23, bt109, bt110, bt112, bt115 }
}

/** A decimal of up to `digits` + 9 places, spelt with or without zeros at its end. */
function decimal(digits: number, { negative = false } = {}) {
  return fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** BigInt(digits) - 1n }), fc.stringMatching(/^[0-9]{0,9}$/), fc.boolean())
    .map(([integer, fraction, minus]) => `${negative && minus ? '-' : ''}${integer}${fraction ? `.${fraction}` : ''}`)
}

const amountMinor = fc.bigInt({ min: -(10n ** 6n), max: 10n ** 8n })
const lineAllowanceCharge = fc.record({ charge: fc.boolean(), amountMinor })

function ratesOf(category: VatCategory): fc.Arbitrary<string | undefined> {
  if (category === 'O') return fc.constant(undefined)
  if (category === 'S') return fc.constantFrom('19', '19.00', '7', '7.0', '7.7', '7.70', '5.5', '0.000000001', '200')
  if (category === 'L' || category === 'M') return fc.constantFrom('0', '0.0', '3', '6.5', '6.50')
  return fc.constantFrom(undefined, '0', '0.00')
}

const vat = fc
  .constantFrom(...VAT_CATEGORIES, 'S', 'S', 'S')
  .chain((vatCategory) =>
    ratesOf(vatCategory as VatCategory).map((vatRate) => ({ vatCategory: vatCategory as VatCategory, vatRate })),
  )

const line: fc.Arbitrary<LineInput> = fc
  .record({
    quantity: decimal(5, { negative: true }),
    price: decimal(5),
    priceBaseQuantity: fc.constantFrom(undefined, '1', '1.000', '3', '0.7', '12', '366', '1000'),
    allowancesCharges: fc.array(lineAllowanceCharge, { maxLength: 3 }),
    vat,
  })
  .map(({ vat: { vatCategory, vatRate }, ...rest }) => ({ ...rest, vatCategory, vatRate }))

const allowanceCharge: fc.Arbitrary<AllowanceCharge> = fc
  .record({ item: lineAllowanceCharge, vat })
  .map(({ item, vat: { vatCategory, vatRate } }) => ({ ...item, vatCategory, vatRate }))

const document: fc.Arbitrary<DocumentInput> = fc.record({
  currency: fc.constantFrom('EUR', 'CHF', 'JPY', 'KWD', 'CLF'),
  lines: fc.array(line, { minLength: 1, maxLength: 12 }),
  allowancesCharges: fc.array(allowanceCharge, { maxLength: 4 }),
  prepaidMinor: amountMinor,
  roundingMinor: fc.bigInt({ min: -99n, max: 99n }),
})

test('every total is what the formulas of EN 16931 give in another arithmetic', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(document, (input) => {
        const ours = documentTotals(input)
        const theirs = oracle(input)
        const pairs: [unknown, unknown][] = [
          [ours.lineNetMinor, theirs.bt131],
          [ours.linesMinor, theirs.bt106],
          [ours.allowancesMinor, theirs.bt107],
          [ours.chargesMinor, theirs.bt108],
          [ours.netMinor, theirs.bt109],
          [ours.vatMinor, theirs.bt110],
          [ours.grossMinor, theirs.bt112],
          [ours.payableMinor, theirs.bt115],
          [
            ours.vatGroups.map((group) => [
              group.category,
              scaled9(group.rate ?? '0'),
              group.baseMinor,
              group.taxMinor,
            ]),
            theirs.bg23.map((group) => [group.vatCategory, group.rate9, group.bt116, group.bt117]),
          ],
        ]
        for (const [our, their] of pairs) assert.deepEqual(our, their)
      }),
      { numRuns: 300 },
    ),
  )
})

test('the order of lines changes no total', (t) => {
  const keyed = (totals: ReturnType<typeof documentTotals>) => ({
    ...totals,
    lineNetMinor: undefined,
    vatGroups: Object.fromEntries(totals.vatGroups.map((group) => [`${group.category} ${group.rate}`, group])),
  })
  t.notThrows(() =>
    fc.assert(
      fc.property(document, (input) => {
        const turned = {
          ...input,
          lines: input.lines.toReversed(),
          allowancesCharges: input.allowancesCharges.toReversed(),
        }
        assert.deepEqual(keyed(documentTotals(turned)), keyed(documentTotals(input)))
      }),
    ),
  )
})

test('a credit of everything is the exact mirror of its invoice', (t) => {
  const negated = (items: readonly { charge: boolean; amountMinor: bigint }[]) =>
    items.map((item) => ({ ...item, amountMinor: -item.amountMinor }))
  t.notThrows(() =>
    fc.assert(
      fc.property(document, (input) => {
        const invoice = documentTotals(input)
        const credit = documentTotals({
          ...input,
          lines: input.lines.map((one) => ({
            ...one,
            quantity: one.quantity.startsWith('-') ? one.quantity.slice(1) : `-${one.quantity}`,
            allowancesCharges: negated(one.allowancesCharges),
          })),
          allowancesCharges: negated(input.allowancesCharges) as AllowanceCharge[],
          prepaidMinor: -input.prepaidMinor,
          roundingMinor: -input.roundingMinor,
        })
        return (
          invoice.payableMinor + credit.payableMinor === 0n &&
          invoice.vatMinor + credit.vatMinor === 0n &&
          invoice.vatGroups.every((group, i) => group.taxMinor + (credit.vatGroups[i]?.taxMinor ?? 1n) === 0n)
        )
      }),
    ),
  )
})

test('the tax of a group is within half a minor unit of its exact value', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(document, (input) =>
        documentTotals(input).vatGroups.every(({ rate, baseMinor, taxMinor }) => {
          const scale = 100n * 10n ** 9n
          const twiceOff = 2n * (taxMinor * scale - baseMinor * scaled9(rate ?? '0'))
          return -scale <= twiceOff && twiceOff <= scale
        }),
      ),
    ),
  )
})
