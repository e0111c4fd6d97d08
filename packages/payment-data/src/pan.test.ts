import test from 'ava'
import fc from 'fast-check'
import { brandOf } from './brand.ts'
import { InvalidPan } from './errors.ts'
import { schemeOf } from './iin-ranges.ts'
import { luhnHolds } from './luhn.ts'
import { type Pan, panClear, parsePan } from './pan.ts'

/** Any number that satisfies Luhn: random digits and the check digit that fits. */
const luhnNumbers = (length: number) =>
  fc
    .tuple(
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.nat({ max: 9 }), { minLength: length - 2, maxLength: length - 2 }),
    )
    .map(([first, rest]) => `${first}${rest.join('')}`)
    .map((head) => head + [...'0123456789'].find((check) => luhnHolds(head + check)))
const pans = fc
  .integer({ min: 12, max: 19 })
  .chain(luhnNumbers)
  .filter((digits) => schemeOf(digits)?.lengths.includes(digits.length) ?? true)
const separators = fc.constantFrom('', '', '', ' ', '-', '  ', '\u00a0')

test('a card number comes out as its digits, however it was grouped', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(pans, fc.array(separators, { minLength: 20, maxLength: 20 }), (pan, gaps) => {
        const typed = [...pan].map((digit, at) => gaps[at] + digit).join('') + gaps[19]
        return parsePan(typed).reveal() === pan
      }),
    ),
  )
})

test('one wrong digit is always noticed', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(pans, fc.nat({ max: 18 }), fc.integer({ min: 1, max: 9 }), (pan, at, by) => {
        fc.pre(at < pan.length)
        const wrong = pan.slice(0, at) + ((Number(pan[at]) + by) % 10) + pan.slice(at + 1)
        return !luhnHolds(wrong)
      }),
    ),
  )
})

const rejects = test.macro<[input: string, because: RegExp]>({
  exec(t, input, because) {
    const error = t.throws(() => parsePan(input), { instanceOf: InvalidPan, message: because })
    t.is(error.code, 'invalid_pan')
    t.is(error.status, 422)
    t.true(input === '' || !JSON.stringify({ ...error, message: error.message }).includes(input))
  },
  title: (_given, input, because) => `parsePan rejects ${JSON.stringify(input)}: ${because.source}`,
})

test(rejects, '', /12 to 19 digits/)
test(rejects, '4242 4242 4242 4241', /check digit/)
test(rejects, '4242', /12 to 19 digits/)
test(rejects, '42424242424242424242', /12 to 19 digits/)
test(rejects, '4242x4242y4242z4242', /12 to 19 digits/)
test(rejects, '4242424242424242\n', /12 to 19 digits/)
test(rejects, '４２４２４２４２４２４２４２４２', /12 to 19 digits/)
test(rejects, '0000000000000000', /start with 0/)
test(rejects, '424242424242', /another number of digits/)
test(rejects, '42424242424242', /another number of digits/)
test(rejects, '3782822463100050', /check digit/)
test(rejects, '3700000000000007', /another number of digits/)
test(rejects, '55555555555555552', /another number of digits/)

test('an error never repeats what was submitted, whatever that is', (t) => {
  const anything = fc.oneof(
    fc.string({ minLength: 9 }),
    fc.string({ minLength: 9, unit: fc.constantFrom(...'0123456789 -') }),
  )
  t.notThrows(() =>
    fc.assert(
      fc.property(anything, (input) => {
        try {
          parsePan(input)
          return true
        } catch (error) {
          return error instanceof InvalidPan && !String(error.stack).includes(input)
        }
      }),
    ),
  )
})

for (const [pan, clear] of [
  ['4242424242424242', { bin: '42424242', lastFour: '4242', length: 16 }],
  ['6205500000000000004', { bin: '62055000', lastFour: '0004', length: 19 }],
  ['378282246310005', { bin: '378282', lastFour: '0005', length: 15 }],
  ['36227206271667', { bin: '362272', lastFour: '1667', length: 14 }],
  ['4222222222222', { lastFour: '2222', length: 13 }],
  ['501800000009', { lastFour: '0009', length: 12 }],
] as const) {
  test(`of a number of ${pan.length} digits only ${'bin' in clear ? `${clear.bin.length} and 4` : '4'} stay in clear`, (t) => {
    t.deepEqual(panClear(parsePan(pan).reveal()), clear)
  })
}

test('what stays in clear is never more than the rule allows, and is a part of the number', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(pans, (digits) => {
        const { bin = '', lastFour, length, ...more } = panClear(digits as Pan)
        const binMax = digits.length >= 16 ? 8 : digits.length >= 14 ? 6 : 0
        return (
          length === digits.length &&
          bin.length === binMax &&
          lastFour.length === 4 &&
          digits.length - bin.length - lastFour.length >= 4 &&
          digits.startsWith(bin) &&
          digits.endsWith(lastFour) &&
          Object.keys(more).length === 0
        )
      }),
    ),
  )
})

test('a number of no known scheme is taken, as a card of an unknown brand', (t) => {
  t.is(brandOf(parsePan('9999999999999995').reveal()), 'unknown')
})
