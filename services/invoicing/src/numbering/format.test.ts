import test from 'ava'
import fc from 'fast-check'
import { FormatInvalid, FormatLacks, FormatTooLong } from './errors.ts'
import {
  checkNumbering,
  longestNumber,
  NUMBER_LENGTH_MAX,
  type Numbering,
  periodOf,
  printNumber,
  resolveFormat,
} from './format.ts'

const ACCOUNT = { scope: 'account', period: 'none' } as const
const ISSUER = { scope: 'issuer', period: 'none' } as const

for (const [numbering, because] of [
  [{ ...ACCOUNT, format: '{customer}' }, /\{seq\} is missing/],
  [{ ...ISSUER, format: 'R' }, /\{seq\} is missing/],
  [{ ...ISSUER, format: '{seq}{seq}' }, /twice/],
  [{ ...ACCOUNT, format: '{customer:3}-{seq}' }, /only \{seq\}/],
  [{ ...ISSUER, format: 'R {seq}' }, /letters, digits/],
  [{ ...ISSUER, format: 'R{seq:0}' }, /letters, digits/],
  [{ ...ISSUER, format: 'R{seq:13}' }, /letters, digits/],
  [{ ...ISSUER, format: 'R{day}{seq}' }, /letters, digits/],
  [{ ...ISSUER, format: 'É{seq}' }, /letters, digits/],
  [{ ...ISSUER, format: '-{seq}' }, /begin with/],
  [{ ...ISSUER, format: '{customer}{seq}' }, /no one customer/],
  [{ ...ISSUER, format: '{year}-{seq}' }, /no one year/],
  [{ scope: 'issuer', period: 'year', format: '{year}{month}{seq}' }, /one month/],
] as const) {
  test(`refused: ${numbering.format} for ${numbering.scope} and ${numbering.period}`, (t) => {
    const error = t.throws(() => checkNumbering(numbering), { instanceOf: FormatInvalid, message: because })
    t.like(error, { status: 422, code: 'format_invalid' })
  })
}

for (const [numbering, missing] of [
  [{ ...ACCOUNT, format: 'R{seq}' }, 'customer'],
  [{ scope: 'issuer', period: 'year', format: 'R{seq}' }, 'year'],
  [{ scope: 'issuer', period: 'month', format: '{month}-{seq}' }, 'year'],
  [{ scope: 'account', period: 'month', format: '{customer}{year}-{seq}' }, 'month'],
] as const) {
  test(`a series of ${numbering.scope} and ${numbering.period} is not told apart by ${numbering.format}`, (t) => {
    const error = t.throws(() => checkNumbering(numbering), { instanceOf: FormatLacks })
    t.like(error, { status: 422, code: 'format_ambiguous', extensions: { missing } })
  })
}

test('a number has at most 36 characters', (t) => {
  const fits = 'R'.repeat(NUMBER_LENGTH_MAX - 12)
  t.notThrows(() => checkNumbering({ ...ISSUER, format: `${fits}{seq}` }))
  t.throws(() => checkNumbering({ ...ISSUER, format: `${fits}R{seq}` }), { instanceOf: FormatTooLong })
})

test('a format prints what stands around the counter, and the counter with at least its width', (t) => {
  const series = { customerNumber: '123456789', period: '2026-11' }
  const affixes = resolveFormat('R{customer}/{year}.{month}-{seq:4}X', series)
  t.deepEqual(affixes, { prefix: 'R123456789/2026.11-', suffix: 'X', seqWidth: 4 })
  t.is(printNumber(affixes, 7n), 'R123456789/2026.11-0007X')
  t.is(printNumber(affixes, 12345n), 'R123456789/2026.11-12345X')
  t.is(longestNumber(affixes), `R123456789/2026.11-${'9'.repeat(19)}X`)
})

test('the period of a day is its year or month', (t) => {
  t.is(periodOf('none', '2026-12-31'), '')
  t.is(periodOf('year', '2026-12-31'), '2026')
  t.is(periodOf('month', '2026-12-31'), '2026-12')
})

test('whatever a caller sends, it is refused or printed', (t) => {
  const any = fc.record<Numbering>({
    scope: fc.constantFrom('account', 'issuer'),
    period: fc.constantFrom('none', 'year', 'month'),
    format: fc.oneof(
      fc.string({ maxLength: 20 }),
      fc
        .array(fc.constantFrom('{seq}', '{seq:3}', '{customer}', '{year}', '{month}', 'R', '-', '{', '}'), {
          maxLength: 6,
        })
        .map((p) => p.join('')),
    ),
  })
  t.notThrows(() =>
    fc.assert(
      fc.property(any, (numbering) => {
        try {
          checkNumbering(numbering)
        } catch (error) {
          return error instanceof FormatInvalid || error instanceof FormatLacks || error instanceof FormatTooLong
        }
        const affixes = resolveFormat(numbering.format, { customerNumber: '123456789', period: '2026-11' })
        const number = printNumber(affixes, 999_999_999_999n)
        return number.length <= NUMBER_LENGTH_MAX && /^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(number)
      }),
    ),
  )
})
