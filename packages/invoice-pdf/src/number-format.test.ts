import test from 'ava'
import fc from 'fast-check'
import { catalogueFor } from './catalogue.ts'
import { formatAmount, formatDecimal, formatMoney, formatPercent, numberStyle } from './number-format.ts'

const STYLES = { german: numberStyle('de', 'DE'), english: numberStyle('en', 'DE'), swiss: numberStyle('de', 'CH') }

const amounts: [minor: bigint, exponent: number, german: string, english: string, swiss: string][] = [
  [0n, 2, '0,00', '0.00', '0.00'],
  [5n, 2, '0,05', '0.05', '0.05'],
  [-5n, 2, '−0,05', '−0.05', '−0.05'],
  [12345n, 2, '123,45', '123.45', '123.45'],
  [123450n, 2, '1.234,50', '1,234.50', '1’234.50'],
  [-123450n, 2, '−1.234,50', '−1,234.50', '−1’234.50'],
  [1282968750n, 2, '12.829.687,50', '12,829,687.50', '12’829’687.50'],
  [99999999999999n, 2, '999.999.999.999,99', '999,999,999,999.99', '999’999’999’999.99'],
  [1234567n, 0, '1.234.567', '1,234,567', '1’234’567'],
  [1234567n, 3, '1.234,567', '1,234.567', '1’234.567'],
  [7n, 4, '0,0007', '0.0007', '0.0007'],
]
for (const [minor, exponent, german, english, swiss] of amounts) {
  test(`${minor} minor units with ${exponent} decimals are ${german}, ${english} and ${swiss}`, (t) => {
    t.is(formatAmount(minor, exponent, STYLES.german), german)
    t.is(formatAmount(minor, exponent, STYLES.english), english)
    t.is(formatAmount(minor, exponent, STYLES.swiss), swiss)
  })
}

const decimals: [given: string, german: string, asPrice: string][] = [
  ['1', '1', '1,00'],
  ['1.000', '1', '1,00'],
  ['24.40', '24,4', '24,40'],
  ['0.2185', '0,2185', '0,2185'],
  ['0001.5', '1,5', '1,50'],
  ['-0.50', '−0,5', '−0,50'],
  ['-0.000', '0', '0,00'],
  ['3875', '3.875', '3.875,00'],
  ['123456789012.123456789', '123.456.789.012,123456789', '123.456.789.012,123456789'],
]
for (const [given, german, asPrice] of decimals) {
  test(`${given} is the quantity ${german} and the price ${asPrice}`, (t) => {
    t.is(formatDecimal(given, STYLES.german), german)
    t.is(formatDecimal(given, STYLES.german, 2), asPrice)
  })
}

test('Switzerland and Liechtenstein write numbers their way in every language, others by the language', (t) => {
  t.is(numberStyle('en', 'CH'), numberStyle('de', 'LI'))
  t.not(numberStyle('en', 'AT'), numberStyle('de', 'AT'))
})

test('rates and money carry their unit as the language sets it', (t) => {
  t.is(formatPercent('8.10', STYLES.swiss), '8.1\u00a0%')
  t.is(formatPercent('7.7', STYLES.german), '7,7\u00a0%')
  t.is(formatPercent('19', STYLES.english), '19%')
  t.is(formatMoney(33690n, 2, 'EUR', STYLES.german), '336,90\u00a0EUR')
  t.is(formatMoney(33690n, 2, 'CHF', STYLES.swiss), 'CHF\u00a0336.90')
})

test('dates are 31.12.2026 in German and 31 Dec 2026 in English', (t) => {
  t.is(catalogueFor('de', 'CH').date('2026-12-31'), '31.12.2026')
  t.is(catalogueFor('en', 'CH').date('2026-12-31'), '31 Dec 2026')
  t.is(catalogueFor('en', 'DE').date('2026-03-01'), '1 Mar 2026')
})

test('what is no number and no date is refused, not printed', (t) => {
  for (const text of ['', '1e3', '1,5', 'NaN', '.5', '1.', '--1'])
    t.throws(() => formatDecimal(text, STYLES.german), { instanceOf: RangeError })
  for (const text of ['2026-13-01', '2026-00-10', '26-01-01', '2026-01-32', '']) {
    t.throws(() => catalogueFor('de', 'DE').date(text), { instanceOf: RangeError })
  }
})

test('an amount keeps all its digits, whatever the style', (t) => {
  fc.assert(
    fc.property(
      fc.bigInt(),
      fc.constantFrom(0, 2, 3, 4),
      fc.constantFrom(...Object.values(STYLES)),
      (minor, exponent, style) => {
        const printed = formatAmount(minor, exponent, style)
        t.is(BigInt(printed.replace('−', '-').replace(/[.,’]/g, '')), minor)
      },
    ),
  )
})
