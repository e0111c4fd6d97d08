// Every parser of what comes from outside, under text that nobody would write and text that almost is right. A parser either
// gives a value or throws the one kind of error that its callers expect; and no error repeats what it was given.
import { parseApiKey } from '@kontor/api-key'
import { InvalidId, parseId } from '@kontor/ids'
import {
  generateSigningKey,
  IntegrityViolation,
  InvalidJwe,
  InvalidSignature,
  openRecord,
  parseCompactHeader,
  sealRecord,
  signCompact,
  verifyCompact,
} from '@kontor/jose-box'
import {
  containsIban,
  containsPan,
  isValidIban,
  parseBic,
  parseCvc,
  parseExpiry,
  parseHolderName,
  parseIban,
  parsePan,
  parsePaypalEmail,
  parsePaypalPayerId,
  parseRoutingNumber,
  parseUsAccountNumber,
} from '@kontor/payment-data'
import { DomainError } from '@kontor/problem'
import test from 'ava'
import fc from 'fast-check'

/** A parser, texts that it takes, and what it throws at the others. */
interface Subject {
  readonly name: string
  readonly parse: (text: string) => unknown
  readonly taken: readonly string[]
  readonly throws: readonly (abstract new (...given: never[]) => Error)[]
}

const key = Buffer.alloc(32, 7)
const signing = await generateSigningKey()
const { d: _, ...published } = signing
const record = sealRecord(Buffer.from('{"card":1}'), key, { ten: 'a', ver: 1 })
const statement = await signCompact('kontor-test+jwt', { a: 1 }, signing)

const SUBJECTS: readonly Subject[] = [
  {
    name: 'parsePan',
    parse: parsePan,
    taken: ['4242 4242 4242 4242', '378282246310005', '6304000000000000'],
    throws: [DomainError],
  },
  {
    name: 'parseIban',
    parse: parseIban,
    taken: ['DE89 3704 0044 0532 0130 00', 'CH9300762011623852957'],
    throws: [DomainError],
  },
  { name: 'parseBic', parse: parseBic, taken: ['COBADEFFXXX', 'POFICHBE'], throws: [DomainError] },
  { name: 'parseCvc', parse: (text) => parseCvc(text, 'visa'), taken: ['987', '000'], throws: [DomainError] },
  { name: 'parseRoutingNumber', parse: parseRoutingNumber, taken: ['021000021'], throws: [DomainError] },
  { name: 'parseUsAccountNumber', parse: parseUsAccountNumber, taken: ['000123456789'], throws: [DomainError] },
  { name: 'parseHolderName', parse: parseHolderName, taken: ['Ada Muster', 'Zoë O’Neill'], throws: [DomainError] },
  { name: 'parsePaypalEmail', parse: parsePaypalEmail, taken: ['buyer@example.com'], throws: [DomainError] },
  { name: 'parsePaypalPayerId', parse: parsePaypalPayerId, taken: ['QYR5Z8XDVJNXQ'], throws: [DomainError] },
  {
    name: 'parseExpiry',
    parse: (text) => parseExpiry(Number(text.slice(0, 2)), Number(text.slice(2)), '2026-11-23'),
    taken: ['122030', '112026'],
    throws: [DomainError],
  },
  { name: 'containsPan', parse: containsPan, taken: ['a 4242-4242-4242-4242 b'], throws: [] },
  { name: 'containsIban', parse: containsIban, taken: ['pay CH93 0076 2011 6238 5295 7'], throws: [] },
  { name: 'isValidIban', parse: isValidIban, taken: ['CH9300762011623852957'], throws: [] },
  { name: 'parseApiKey', parse: parseApiKey, taken: [`kv_test_${'0'.repeat(16)}_${'1'.repeat(52)}000000`], throws: [] },
  {
    name: 'parseId',
    parse: (text) => parseId('tok', text),
    taken: ['tok_01m83xj880ejv8q4c4qbsp7ypm'],
    throws: [InvalidId],
  },
  {
    name: 'openRecord',
    parse: (text) => openRecord(text, key, { ten: 'a', ver: 1 }),
    taken: [record],
    throws: [IntegrityViolation],
  },
  {
    name: 'parseCompactHeader',
    parse: (text) => parseCompactHeader(text, { algorithms: ['dir'], encryptions: ['A256GCM'], maxBytes: 4096 }),
    taken: [record],
    throws: [InvalidJwe],
  },
  {
    name: 'verifyCompact',
    parse: (text) => verifyCompact(text, 'kontor-test+jwt', [published]),
    taken: [statement],
    throws: [InvalidSignature],
  },
]

const NASTY = [
  '\u0000',
  '\ud800',
  '\u202e',
  '٤',
  '４',
  '　',
  ' ',
  '"',
  '\\',
  '__proto__',
  '{',
  '\n',
  '9'.repeat(300),
  'e',
  '-',
]

/** Text from nowhere, and texts that are taken with a few places cut, doubled or replaced. */
function inputs(taken: readonly string[]): fc.Arbitrary<string> {
  const edits = fc.array(
    fc.record({
      at: fc.nat(400),
      drop: fc.nat(3),
      put: fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 4, unit: 'binary' }), fc.constant('')),
    }),
    { minLength: 1, maxLength: 4 },
  )
  const almost = fc.tuple(fc.constantFrom(...taken), edits).map(([text, changes]) =>
    changes.reduce((changed, { at, drop, put }) => {
      const place = at % (changed.length + 1)
      return changed.slice(0, place) + put + changed.slice(place + drop)
    }, text),
  )
  return fc.oneof(
    { weight: 3, arbitrary: almost },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
    { weight: 1, arbitrary: fc.stringMatching(/^[0-9 -]{0,40}$/) },
  )
}

/** Pieces of a text that nobody would say by chance. */
function pieces(text: string): string[] {
  return [...text.matchAll(/[\p{L}\p{N}@]{5,}/gu)].map(([piece]) => piece)
}

for (const { name, parse, taken, throws } of SUBJECTS) {
  test(`${name} takes what it should, and else throws what is expected, without a word of what it was given`, (t) => {
    for (const text of taken) t.notThrows(() => void parse(text), text)
    fc.assert(
      fc.property(inputs(taken), (text) => {
        try {
          parse(text)
        } catch (error) {
          const expected = throws.some((kind) => error instanceof kind)
          if (!expected) throw error
          const said = `${(error as Error).message} ${JSON.stringify(error)}`
          for (const piece of pieces(text)) {
            if (said.includes(piece)) t.fail(`${name} repeats what it was given`)
          }
        }
      }),
      { numRuns: 300 },
    )
    t.pass()
  })
}
