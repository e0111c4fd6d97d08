import test from 'ava'
import fc from 'fast-check'
import { AMOUNT_MINOR_MAX, currencyExponent, decimalFromMinor, isCurrency, minorFromDecimal } from './amount.ts'
import { AmountOverflow, InvalidDecimal, TooManyDecimals, UnknownCurrency } from './errors.ts'
import { MINOR_UNIT_EXPONENTS } from './iso-4217.ts'

test('the table holds the 165 active codes that have a minor unit, each once', (t) => {
  t.is(MINOR_UNIT_EXPONENTS.size, 165)
  const count = (exponent: number) => Array.from(MINOR_UNIT_EXPONENTS.values()).filter((e) => e === exponent).length
  t.deepEqual([0, 2, 3, 4].map(count), [17, 139, 7, 2])
  for (const code of MINOR_UNIT_EXPONENTS.keys()) t.regex(code, /^[A-Z]{3}$/)
})

for (const [code, exponent] of [
  ['EUR', 2],
  ['CHF', 2],
  ['USD', 2],
  ['JPY', 0],
  ['ISK', 0],
  ['HUF', 2],
  ['UYI', 0],
  ['BHD', 3],
  ['TND', 3],
  ['CLF', 4],
  ['UYW', 4],
] as const) {
  test(`amounts in ${code} have ${exponent} decimals`, (t) => t.is(currencyExponent(code), exponent))
}

for (const [because, code] of [
  ['left for the euro in 2026', 'BGN'],
  ['left for the euro in 2023', 'HRK'],
  ['replaced by XCG in 2025', 'ANG'],
  ['gold has no minor unit', 'XAU'],
  ['kept for tests', 'XTS'],
  ['no currency', 'XXX'],
  ['lower case', 'eur'],
  ['blank', ' EUR'],
  ['empty', ''],
  ['a name every object has', 'constructor'],
  ['a card number', '4242424242424242'],
] as const) {
  test(`${JSON.stringify(code)} is no currency to invoice in: ${because}`, (t) => {
    t.false(isCurrency(code))
    const error = t.throws(() => currencyExponent(code), { instanceOf: UnknownCurrency })
    t.is(error.code, 'unknown_currency')
    if (code) t.false(error.message.includes(code), 'an error never repeats what was sent')
    t.throws(() => minorFromDecimal('1', code), { instanceOf: UnknownCurrency })
    t.throws(() => decimalFromMinor(1n, code), { instanceOf: UnknownCurrency })
  })
}

const reads = test.macro<[text: string, code: string, minor: bigint]>({
  exec: (t, text, code, minor) => t.is(minorFromDecimal(text, code), minor),
  title: (_given, text, code, minor) => `${text} ${code} is ${minor} minor units`,
})
test(reads, '10.50', 'EUR', 1050n)
test(reads, '10.5', 'EUR', 1050n)
test(reads, '10', 'EUR', 1000n)
test(reads, '10.500', 'EUR', 1050n)
test(reads, '-225.14', 'EUR', -22514n)
test(reads, '-0', 'EUR', 0n)
test(reads, '10', 'JPY', 10n)
test(reads, '10.00', 'JPY', 10n)
test(reads, '0.005', 'KWD', 5n)
test(reads, '1.2345', 'CLF', 12345n)
test(reads, '90071992547409.91', 'EUR', AMOUNT_MINOR_MAX)
test(reads, '-90071992547409.91', 'EUR', -AMOUNT_MINOR_MAX)

test('an amount is never rounded to fit its currency', (t) => {
  t.throws(() => minorFromDecimal('10.505', 'EUR'), { instanceOf: TooManyDecimals, message: /2 decimals/ })
  t.throws(() => minorFromDecimal('0.5', 'JPY'), { instanceOf: TooManyDecimals, message: /no decimals/ })
  t.throws(() => minorFromDecimal('0.0000000000001', 'EUR'), { instanceOf: TooManyDecimals })
})

test('an amount that a JSON number cannot carry is too large', (t) => {
  t.throws(() => minorFromDecimal('90071992547409.92', 'EUR'), { instanceOf: AmountOverflow })
  t.throws(() => minorFromDecimal('-90071992547409.92', 'EUR'), { instanceOf: AmountOverflow })
  t.throws(() => minorFromDecimal('9'.repeat(30), 'JPY'), { instanceOf: AmountOverflow })
})

test('what is no decimal is no amount', (t) => {
  for (const text of ['', '1e3', '1,50', '9'.repeat(31)]) {
    t.throws(() => minorFromDecimal(text, 'EUR'), { instanceOf: InvalidDecimal })
  }
})

test('every amount in every currency reads back as itself', (t) => {
  const minor = fc.bigInt({ min: -AMOUNT_MINOR_MAX, max: AMOUNT_MINOR_MAX })
  const code = fc.constantFrom(...MINOR_UNIT_EXPONENTS.keys())
  t.notThrows(() => fc.assert(fc.property(minor, code, (m, c) => minorFromDecimal(decimalFromMinor(m, c), c) === m)))
})
