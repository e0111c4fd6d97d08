import test from 'ava'
import fc from 'fast-check'
import { type FormatPart, parseFormat } from './format.ts'
import { NUMBERED_TYPES } from './numbered-type.ts'
import { checkNumberings, completeNumberings, DEFAULT_NUMBERINGS } from './numbering.ts'
import { type FieldAlphabet, findOverlap } from './overlap.ts'

/** So small that every number of a format can be written down. */
const SMALL: FieldAlphabet = { customer: ['12', '012'], year: ['2', '01'], months: ['01', '12'], digits: '012' }
const SEQS = Array.from({ length: 3 ** 4 - 1 }, (_, n) => (n + 1).toString(3))

/** Every number of up to four digits of counter, by counting and not by an automaton. */
function numbersOf(parts: readonly FormatPart[]): string[] {
  return parts.reduce<string[]>(
    (heads, part) => heads.flatMap((head) => textsOf(part).map((text) => head + text)),
    [''],
  )
}

function textsOf(part: FormatPart): string[] {
  if (part.kind === 'literal') return [part.text]
  if (part.kind === 'seq') return SEQS.map((seq) => seq.padStart(part.width, '0'))
  if (part.kind === 'month') return [...SMALL.months]
  return SMALL[part.kind].reduce<string[]>(
    (heads, place) => heads.flatMap((head) => [...place].map((c) => head + c)),
    [''],
  )
}

/** Whether a format prints a text: the counter is the only part of no fixed width, so that there is one way to take it apart. */
function prints(parts: readonly FormatPart[], text: string): boolean {
  const widthOf = (part: FormatPart) => {
    if (part.kind === 'literal') return part.text.length
    return part.kind === 'seq' ? 0 : (textsOf(part)[0]?.length ?? 0)
  }
  const seqLength = text.length - parts.reduce((sum, part) => sum + widthOf(part), 0)
  if (seqLength < 1) return false
  let at = 0
  return parts.every((part) => {
    const piece = text.slice(at, at + (part.kind === 'seq' ? seqLength : widthOf(part)))
    at += piece.length
    if (part.kind !== 'seq') return textsOf(part).includes(piece)
    if (!/^[012]*[12][012]*$/.test(piece)) return false
    return piece.length === part.width || (piece.length > part.width && !piece.startsWith('0'))
  })
}

const literal = fc.stringMatching(/^[012A-]{1,2}$/).map((text) => ({ kind: 'literal', text }) as const)
const field = fc.constantFrom('customer', 'year', 'month').map((kind) => ({ kind }) as const)
const seq = fc.integer({ min: 1, max: 3 }).map((width) => ({ kind: 'seq', width }) as const)
const sides = fc.array(fc.oneof(literal, field), { maxLength: 2 })
const format: fc.Arbitrary<FormatPart[]> = fc
  .tuple(sides, seq, sides)
  .map(([before, counter, behind]) => [...before, counter, ...behind])

test('two formats are said to meet if and only if there is a number that both print', (t) => {
  let meetings = 0
  fc.assert(
    fc.property(format, format, (one, other) => {
      const met = findOverlap(one, other, SMALL)
      if (met !== undefined) {
        meetings++
        return prints(one, met) && prints(other, met)
      }
      const numbers = new Set(numbersOf(other))
      return !numbersOf(one).some((number) => numbers.has(number) || prints(other, number))
    }),
    { numRuns: 1_500 },
  )
  t.true(meetings > 100, 'both answers were among them')
})

test('whether they meet does not depend on who is asked first, and each meets itself', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(format, format, (one, other) => {
        const there = findOverlap(one, other, SMALL)
        const back = findOverlap(other, one, SMALL)
        return there?.length === back?.length && findOverlap(one, one, SMALL) !== undefined
      }),
    ),
  )
})

for (const [one, other, met] of [
  ['{customer}-{seq}', 'Q-{customer}-{seq}', undefined],
  ['{customer}-{seq}', '{year}-{seq}', undefined],
  ['{customer}{seq}', '{seq}', '1000000001'],
  ['{year}-{seq:5}', '{year}-9{seq:4}', '0000-90001'],
  ['{year}{month}-{seq}', '{year}{seq}', undefined],
  ['{year}{month}{seq}', '{year}{seq}', '0000011'],
  ['{seq:5}', '{seq}', '10000'],
  ['{seq:5}', '0{seq}', '00010'],
  ['R{seq}', 'R0{seq}', undefined],
  ['R{seq:2}', 'R0{seq}', 'R01'],
  ['{seq}/{month}', '{seq}/13', undefined],
  ['{seq}/{month}', '{seq}/1{month}', undefined],
  ['{seq}-A', '{seq}-B', undefined],
] as const) {
  test(`${one} and ${other} ${met === undefined ? 'never meet' : 'meet'}`, (t) => {
    const found = findOverlap(parseFormat(one), parseFormat(other))
    t.is(found?.length, met?.length)
    if (met !== undefined) t.truthy(found)
  })
}

test('no two of the defaults meet', (t) => {
  t.notThrows(() => checkNumberings(DEFAULT_NUMBERINGS, []))
})

test('an accepted configuration gives no number to two documents, of any types, accounts and periods', (t) => {
  const pieces = fc.constantFrom(
    '{customer}-{seq}',
    '{customer}{year}-{seq}',
    '{year}{seq:3}',
    '{year}{month}{seq}',
    '{seq}',
  )
  const heads = fc.constantFrom('', 'A', '1', '12', 'A1')
  const numbering = fc.tuple(heads, pieces).map(([head, piece]) => {
    const format = head + piece
    return {
      scope: piece.includes('{customer}') ? 'account' : 'issuer',
      period: piece.includes('{month}') ? 'month' : piece.includes('{year}') ? 'year' : 'none',
      format,
    } as const
  })
  const customers = ['100000001', '112345678', '200000003']
  const days = ['2026-01', '2026-12', '1202-01']
  let accepted = 0
  fc.assert(
    fc.property(fc.tuple(numbering, numbering, numbering), ([quote, invoice, receipt]) => {
      const chosen = completeNumberings({ quote, invoice, receipt })
      try {
        checkNumberings(chosen, [])
      } catch {
        return true
      }
      accepted++
      const owner = new Map<string, string>()
      return NUMBERED_TYPES.every((type) =>
        customers.every((customer) =>
          days.every((month) =>
            ['1', '2', '9', '10', '126', '2026', '20261'].every((counter) => {
              const { scope, period, format } = chosen[type]
              const number = format
                .replace('{customer}', customer)
                .replace('{year}', month.slice(0, 4))
                .replace('{month}', month.slice(5))
                .replace(/\{seq(?::(\d+))?\}/, (_, width) => counter.padStart(Number(width ?? 1), '0'))
              const of = [
                type,
                scope === 'account' ? customer : '',
                period === 'none' ? '' : month.slice(0, period === 'year' ? 4 : 7),
                counter,
              ].join()
              const known = owner.get(number)
              owner.set(number, of)
              return known === undefined || known === of
            }),
          ),
        ),
      )
    }),
    { numRuns: 400 },
  )
  t.true(accepted > 20)
})
