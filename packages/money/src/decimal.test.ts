import test from 'ava'
import fc from 'fast-check'
import { decimalPattern, formatDecimal, parseDecimal, placePoint, roundHalfAwayFromZero } from './decimal.ts'
import { InvalidDecimal } from './errors.ts'

const reads = test.macro<[text: string, num: bigint, den: bigint]>({
  exec(t, text, num, den) {
    const { num: n, den: d } = parseDecimal(text)
    t.is(n * den, num * d)
    t.true(d > 0n)
  },
  title: (_given, text, num, den) => `${JSON.stringify(text)} is exactly ${num}/${den}`,
})
test(reads, '0', 0n, 1n)
test(reads, '-0', 0n, 1n)
test(reads, '19', 19n, 1n)
test(reads, '7.70', 77n, 10n)
test(reads, '-0.5', -1n, 2n)
test(reads, '-12.50', -25n, 2n)
test(reads, '0.061232374', 61232374n, 1000000000n)
test(reads, '999999999999.999999999', 999999999999999999999n, 1000000000n)

const refuses = test.macro<[text: string, because: RegExp]>({
  exec(t, text, because) {
    const error = t.throws(() => parseDecimal(text), { instanceOf: InvalidDecimal, message: because })
    t.is(error.code, 'invalid_decimal')
    if (text.length > 2) t.false(error.message.includes(text), 'an error never repeats what was sent')
  },
  title: (_given, text, because) => `${JSON.stringify(text)} is refused: ${because.source}`,
})
for (const text of [
  '',
  ' ',
  '+1',
  '1e5',
  '1E5',
  '.5',
  '5.',
  '1,5',
  '1_000',
  '01',
  '00',
  '-',
  '--1',
  '1 ',
  '\n1',
  '1\n',
]) {
  test(refuses, text, /expected digits/)
}
for (const text of ['0x10', 'NaN', 'Infinity', '١٢', '１２', '1.2.3', '1\u00a0000'])
  test(refuses, text, /expected digits/)
test(refuses, '1234567890123', /at most 12 digits before/)
test(refuses, '0.1234567890', /at most 9 digits after/)

test('limits can be narrower', (t) => {
  t.throws(() => parseDecimal('100', { maxInteger: 2, maxFraction: 0 }), { message: /at most 2 digits before/ })
  t.throws(() => parseDecimal('1.0', { maxInteger: 2, maxFraction: 0 }), { message: /at most 0 digits after/ })
})

test('a decimal reads back as itself', (t) => {
  const parts = fc.tuple(
    fc.bigInt({ min: -(10n ** 12n) + 1n, max: 10n ** 12n - 1n }),
    fc.integer({ min: 0, max: 10 ** 9 - 1 }),
  )
  t.notThrows(() =>
    fc.assert(
      fc.property(parts, ([integer, fraction]) => {
        const text = `${integer}.${fraction.toString().padStart(9, '0')}`
        const shortest = text.replace(/\.?0+$/, '')
        return formatDecimal(parseDecimal(text)) === shortest
      }),
    ),
  )
})

const writes = test.macro<[num: bigint, den: bigint, text: string]>({
  exec: (t, num, den, text) => t.is(formatDecimal({ num, den }), text),
  title: (_given, num, den, text) => `${num}/${den} is written ${text}`,
})
test(writes, 1900n, 100n, '19')
test(writes, 770n, 100n, '7.7')
test(writes, 0n, 100n, '0')
test(writes, -1n, 8n, '-0.125')
test(writes, 3n, 3n, '1')
test(writes, 1n, 1n << 20n, '0.00000095367431640625')

test('a fraction without a finite decimal is a defect', (t) => {
  t.throws(() => formatDecimal({ num: 1n, den: 3n }), { instanceOf: RangeError })
  t.throws(() => formatDecimal({ num: 1n, den: 7n * 10n ** 9n }), { instanceOf: RangeError })
})

const points = test.macro<[units: bigint, places: number, text: string]>({
  exec: (t, units, places, text) => t.is(placePoint(units, places), text),
  title: (_given, units, places, text) => `${units} with ${places} places is ${text}`,
})
test(points, 1050n, 2, '10.50')
test(points, 5n, 2, '0.05')
test(points, -5n, 3, '-0.005')
test(points, 0n, 2, '0.00')
test(points, -7n, 0, '-7')

const rounds = test.macro<[num: bigint, den: bigint, whole: bigint]>({
  exec: (t, num, den, whole) => t.is(roundHalfAwayFromZero({ num, den }), whole),
  title: (_given, num, den, whole) => `${num}/${den} rounds to ${whole}`,
})
test(rounds, 5n, 10n, 1n)
test(rounds, -5n, 10n, -1n)
test(rounds, 15n, 10n, 2n)
test(rounds, 25n, 10n, 3n)
test(rounds, -25n, 10n, -3n)
test(rounds, 49n, 100n, 0n)
test(rounds, -49n, 100n, 0n)
test(rounds, 51n, 100n, 1n)
test(rounds, 1n, 3n, 0n)
test(rounds, 2n, 3n, 1n)
test(rounds, 7n, 1n, 7n)
test(rounds, 0n, 9n, 0n)

test('a rounded number is within half of the exact one, and a tie has the larger magnitude', (t) => {
  const whole = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n })
  t.notThrows(() =>
    fc.assert(
      fc.property(whole, fc.bigInt({ min: 1n, max: 10n ** 12n }), (num, den) => {
        const rounded = roundHalfAwayFromZero({ num, den })
        const off = 2n * (rounded * den - num) // twice the error, in units of 1/den
        const away = num < 0n ? -off : off // positive when rounded away from zero
        return -den < away && away <= den
      }),
    ),
  )
})

test('the pattern for schemas accepts what parseDecimal accepts', (t) => {
  const pattern = new RegExp(decimalPattern())
  const near = fc.stringMatching(/^[-+]?[0-9]{0,13}[.,e]?[0-9]{0,10}$/)
  const accepts = (text: string) => {
    try {
      parseDecimal(text)
      return true
    } catch {
      return false
    }
  }
  t.notThrows(() =>
    fc.assert(
      fc.property(near, (text) => pattern.test(text) === accepts(text)),
      { numRuns: 1000 },
    ),
  )
})
