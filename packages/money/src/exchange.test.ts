import test from 'ava'
import fc from 'fast-check'
import { AmountOverflow, CurrencyMismatch, InvalidDecimal, InvalidExchangeRate, UnknownCurrency } from './errors.ts'
import { convert } from './exchange.ts'

const converts = test.macro<[minor: bigint, from: string, to: string, rate: string, result: bigint]>({
  exec: (t, minor, from, to, rate, result) => t.is(convert(minor, from, { from, to, rate }), result),
  title: (_given, minor, from, to, rate, result) => `${minor} of ${from} at ${rate} is ${result} of ${to}`,
})
test(converts, 810n, 'EUR', 'CHF', '0.9312', 754n) // 7.542…
test(converts, 1n, 'EUR', 'CHF', '0.5', 1n) // half away from zero
test(converts, -1n, 'EUR', 'CHF', '0.5', -1n)
test(converts, 810n, 'EUR', 'JPY', '181.25', 1468n)
test(converts, 810n, 'JPY', 'EUR', '0.0055', 446n)
test(converts, 8100n, 'KWD', 'CLF', '0.0812345', 6580n)
test(converts, 1n, 'CLF', 'JPY', '9999', 1n)
test(converts, 0n, 'EUR', 'CHF', '123', 0n)

test('the rate begins where the amount is, and leads elsewhere', (t) => {
  t.throws(() => convert(1n, 'EUR', { from: 'USD', to: 'CHF', rate: '1' }), { instanceOf: CurrencyMismatch })
  t.throws(() => convert(1n, 'EUR', { from: 'EUR', to: 'EUR', rate: '1' }), { instanceOf: CurrencyMismatch })
})

test('what is no rate, no currency or no amount is refused', (t) => {
  const at = (rate: string, to = 'CHF') => convert(10n ** 15n, 'EUR', { from: 'EUR', to, rate })
  for (const rate of ['0', '0.00', '-0.5']) t.throws(() => at(rate), { instanceOf: InvalidExchangeRate })
  for (const rate of ['', '1e2', '0,93', '0.1234567891']) t.throws(() => at(rate), { instanceOf: InvalidDecimal })
  for (const to of ['XAU', 'chf', 'BGN']) t.throws(() => at('1', to), { instanceOf: UnknownCurrency })
  t.throws(() => at('100'), { instanceOf: AmountOverflow })
})

test('the result is within half a minor unit of the exact one, and a credit is the mirror of its invoice', (t) => {
  const minor = fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n })
  const millionths = fc.bigInt({ min: 1n, max: 10n ** 9n })
  const currency = fc.constantFrom(
    ['JPY', 0n] as const,
    ['CHF', 2n] as const,
    ['KWD', 3n] as const,
    ['CLF', 4n] as const,
  )
  t.notThrows(() =>
    fc.assert(
      fc.property(minor, millionths, currency, (amount, rate, [to, exponent]) => {
        const text = `${rate / 1_000_000n}.${String(rate % 1_000_000n).padStart(6, '0')}`
        const result = convert(amount, 'EUR', { from: 'EUR', to, rate: text })
        const twiceOff = 2n * (result * 100n * 1_000_000n - amount * rate * 10n ** exponent)
        const one = 100n * 1_000_000n
        return (
          -one <= twiceOff && twiceOff <= one && convert(-amount, 'EUR', { from: 'EUR', to, rate: text }) === -result
        )
      }),
    ),
  )
})
