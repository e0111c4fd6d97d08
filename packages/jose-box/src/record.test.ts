import { createHash } from 'node:crypto'
import { DomainError, toProblem } from '@kontor/problem'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { BoundHeader } from './bound-header.ts'
import { IntegrityViolation } from './errors.ts'
import { openRecord, sealRecord } from './record.ts'

const key = createHash('sha256').update('the DEK of one subject').digest()
const otherKey = createHash('sha256').update('the DEK of another subject').digest()
const header = { tenant: 'ten_1', subject: 'acc_1', token: 'tok_1', typ: 'card', version: 3, kid: 'key_1' }
const record = Buffer.from('{"pan":"4242424242424242","holder":"Ada Lovelace"}')
const sealed = sealRecord(record, key, header)

/** The record must not open, and the refusal must say nothing. */
function refuses(t: ExecutionContext, jwe: unknown, expected: BoundHeader = header, withKey: Buffer = key): void {
  const error = t.throws(() => openRecord(jwe as string, withKey, expected), { instanceOf: IntegrityViolation })
  t.is(error.message, '', 'a refusal carries no detail')
  t.is(error.cause, undefined, 'nor the reason as its cause')
}

function withSegment(index: number, change: (segment: string) => string): string {
  return sealed
    .split('.')
    .map((segment, i) => (i === index ? change(segment) : segment))
    .join('.')
}

function flipBit(segment: string, bit: number): string {
  const bytes = Buffer.from(segment, 'base64url')
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return bytes.toString('base64url')
}

test('what is sealed opens with the same key and header, whatever it is', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (plain, k) =>
        openRecord(sealRecord(plain, Buffer.from(k), header), Buffer.from(k), header).equals(plain),
      ),
    ),
  )
})

test('a record has five segments: header, no encrypted key, 96-bit IV, ciphertext as long as the record, 128-bit tag', (t) => {
  const bytes = sealed.split('.').map((segment) => Buffer.from(segment, 'base64url'))
  t.deepEqual(bytes.map((b) => b.length).slice(1), [0, 12, record.length, 16])
})

test('the record is not readable in what is stored', (t) => {
  t.false(sealed.includes(record.toString('base64url').slice(0, 20)))
})

test('two thousand seals of one record share no IV', (t) => {
  const ivs = Array.from({ length: 2000 }, () => sealRecord(record, key, header).split('.')[2])
  t.is(new Set(ivs).size, ivs.length)
})

test('a record of another subject’s key does not open', (t) => refuses(t, sealed, header, otherKey))

const otherHeaders: [because: string, header: BoundHeader][] = [
  ['another tenant', { ...header, tenant: 'ten_2' }],
  ['another subject', { ...header, subject: 'acc_2' }],
  ['another token', { ...header, token: 'tok_2' }],
  ['another type', { ...header, typ: 'bank_account' }],
  ['another version', { ...header, version: 4 }],
  ['the version as text', { ...header, version: '3' }],
  ['another key id', { ...header, kid: 'key_2' }],
  ['one member more', { ...header, mode: 'live' }],
  ['one member less', (({ kid: _, ...rest }) => rest)(header)],
  ['no member at all', {}],
  ['two values swapped', { ...header, subject: header.token, token: header.subject }],
  ['a member that cannot be bound', { ...header, alg: 'dir' }],
]
for (const [because, expected] of otherHeaders) {
  test(`a record does not open for a row with ${because}`, (t) => refuses(t, sealed, expected))
}

test('a header put in place of the own one fails even where the row agrees with it, because it is authenticated', (t) => {
  const moved = { ...header, token: 'tok_2' }
  const [otherProtected] = sealRecord(record, key, moved).split('.')
  refuses(
    t,
    withSegment(0, () => otherProtected as string),
    moved,
  )
})

test('segments of two records of one subject cannot be combined', (t) => {
  const other = sealRecord(Buffer.from('another record of the same subject'), key, header).split('.')
  for (const index of [2, 3, 4])
    refuses(
      t,
      withSegment(index, () => other[index] as string),
    )
})

for (const [index, name] of [
  [0, 'header'],
  [2, 'IV'],
  [3, 'ciphertext'],
  [4, 'tag'],
] as const) {
  test(`no single bit of the ${name} can be flipped`, (t) => {
    const bits = Buffer.from(sealed.split('.')[index] as string, 'base64url').length * 8
    for (let bit = 0; bit < bits; bit++)
      refuses(
        t,
        withSegment(index, (segment) => flipBit(segment, bit)),
      )
  })
}

for (let bytes = 0; bytes < 16; bytes++) {
  test(`a tag cut to ${bytes} bytes is refused, although a prefix of the right one`, (t) => {
    refuses(
      t,
      withSegment(4, (tag) => Buffer.from(tag, 'base64url').subarray(0, bytes).toString('base64url')),
    )
  })
}

for (const bytes of [0, 8, 11, 13, 16]) {
  test(`an IV of ${bytes} bytes is refused`, (t) =>
    refuses(
      t,
      withSegment(2, () => Buffer.alloc(bytes, 1).toString('base64url')),
    ))
}

test('a tag or an IV with bytes behind it is refused', (t) => {
  refuses(
    t,
    withSegment(4, (tag) => `${tag.slice(0, 21)}AAA`),
  )
  refuses(
    t,
    withSegment(2, (iv) => `${iv}AAAA`),
  )
})

test('an encrypted key where dir has none is refused', (t) =>
  refuses(
    t,
    withSegment(1, () => 'AAAA'),
  ))

const misspelt: [because: string, (segment: string) => string][] = [
  ['padding', (segment) => `${segment}=`],
  ['white space', (segment) => ` ${segment}`],
  ['a line end', (segment) => `${segment}\n`],
  ['the alphabet of base64', (segment) => `${segment.slice(0, -4)}+/+/`],
  ['a character outside ASCII', (segment) => `${segment}é`],
  ['a surplus character', (segment) => `${segment}A`],
]
for (const [because, misspell] of misspelt) {
  test(`a segment with ${because} is refused, wherever it stands`, (t) => {
    for (const index of [0, 1, 2, 3, 4]) refuses(t, withSegment(index, misspell))
  })
}

test('a second spelling of the same tag and ciphertext, by surplus bits at the end, is refused', (t) => {
  // 16 bytes are 22 characters with 4 surplus bits, 50 bytes 67 characters with 2.
  for (const index of [3, 4]) {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const respelt = withSegment(index, (s) => s.slice(0, -1) + alphabet[alphabet.indexOf(s.slice(-1)) + 1])
    const bytes = (jwe: string) => Buffer.from(jwe.split('.')[index] as string, 'base64url')
    t.deepEqual(bytes(respelt), bytes(sealed), 'a lenient decoder reads the same bytes')
    refuses(t, respelt)
  }
})

test('a header in another spelling is refused: order, white space, duplicate members, escapes', (t) => {
  const json = Buffer.from(sealed.split('.')[0] as string, 'base64url').toString()
  const respelt = [
    json.replace('{"alg":"dir","enc":"A256GCM",', '{"enc":"A256GCM","alg":"dir",'),
    json.replace(':', ': '),
    json.replace('{', '{"alg":"none",'),
    json.replace('"version":3', '"version":3,"version":3'),
    json.replace('"version":3', '"version":3.0'),
    json.replace('"alg"', '"\\u0061lg"'),
    json.replace('"enc"', '"zip":"DEF","enc"'),
  ]
  for (const text of respelt) {
    t.not(text, json)
    refuses(
      t,
      withSegment(0, () => Buffer.from(text).toString('base64url')),
    )
  }
})

test('a number of segments other than five is refused', (t) => {
  for (const jwe of [
    '',
    '.',
    '....',
    '.....',
    `${sealed}.`,
    `${sealed}.AAAA`,
    sealed.slice(0, sealed.lastIndexOf('.')),
  ])
    refuses(t, jwe)
})

test('what is no text at all is refused with the same error', (t) => {
  for (const jwe of [undefined, null, 7, {}, Buffer.from(sealed)]) refuses(t, jwe)
})

test('whatever stands in the column, the only error is the integrity violation', (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(fc.base64String({ maxLength: 40 }), { maxLength: 7 }).map((s) => s.join('.')),
  )
  const edited = fc
    .tuple(fc.nat(sealed.length - 1), fc.string({ maxLength: 3 }))
    .map(([at, s]) => sealed.slice(0, at) + s + sealed.slice(at + 1))
  fc.assert(
    fc.property(fc.oneof(text, edited), (jwe) => {
      if (jwe === sealed) return
      t.throws(() => openRecord(jwe, key, header), { instanceOf: IntegrityViolation })
    }),
  )
})

for (const size of [0, 16, 24, 31, 33, 64]) {
  test(`a key of ${size} bytes neither seals nor opens`, (t) => {
    t.throws(() => sealRecord(record, Buffer.alloc(size), header), { instanceOf: TypeError })
    refuses(t, sealed, header, Buffer.alloc(size))
  })
}

test('an integrity violation is a 500 with a fixed title and no detail', (t) => {
  const error = new IntegrityViolation()
  t.true(error instanceof DomainError)
  t.deepEqual(toProblem(error, 'req_1'), {
    type: 'urn:kontor:problem:integrity_violation',
    status: 500,
    code: 'integrity_violation',
    title: 'Stored data failed its integrity check',
    instance: 'urn:kontor:request:req_1',
  })
})
