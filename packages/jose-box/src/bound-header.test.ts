import test from 'ava'
import fc from 'fast-check'
import { type BoundHeader, encodeBoundHeader } from './bound-header.ts'

const decode = (segment: string) => Buffer.from(segment, 'base64url').toString()
const names = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,12}$/).filter((name) => !STEERING.includes(name))
const STEERING = ['alg', 'enc', 'zip', 'crit', 'b64', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c']
const headers = fc.dictionary(names, fc.oneof(fc.string({ unit: 'grapheme' }), fc.maxSafeInteger()), {
  noNullPrototype: true,
})

test('a header is canonical JSON: sorted members, no white space (RFC 8785)', (t) => {
  const header = { version: 3, kid: 'k-1', subject: 'acc_1', tenant: 'ten_1', typ: 'card' }
  t.is(
    decode(encodeBoundHeader(header)),
    '{"alg":"dir","enc":"A256GCM","kid":"k-1","subject":"acc_1","tenant":"ten_1","typ":"card","version":3}',
  )
})

test('the order in which the members are given does not matter', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(headers, (header) => {
        const reversed = Object.fromEntries(Object.entries(header).reverse())
        return encodeBoundHeader(header) === encodeBoundHeader(reversed)
      }),
    ),
  )
})

test('every member comes back with its value and its type, beside alg and enc', (t) => {
  fc.assert(
    fc.property(headers, (header) => {
      const plain = Object.fromEntries(Object.entries(header).map(([name, value]) => [name, value === 0 ? 0 : value]))
      t.deepEqual(JSON.parse(decode(encodeBoundHeader(header))), { ...plain, alg: 'dir', enc: 'A256GCM' })
    }),
  )
})

test('different headers never share a spelling, the number 1 and the text "1" included', (t) => {
  t.not(encodeBoundHeader({ version: 1 }), encodeBoundHeader({ version: '1' }))
  t.notThrows(() =>
    fc.assert(
      fc.property(headers, headers, (a, b) => {
        const same = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
        return (encodeBoundHeader(a) === encodeBoundHeader(b)) === same
      }),
    ),
  )
})

for (const name of STEERING) {
  test(`a caller cannot set ${name}, which steers how a JWE is processed`, (t) => {
    t.throws(() => encodeBoundHeader({ [name]: 'x' }), { instanceOf: TypeError })
  })
}

const unbindable: [because: string, header: object][] = [
  ['a fraction', { version: 1.5 }],
  ['an integer that a double cannot hold', { version: 2 ** 53 }],
  ['not a number', { version: Number.NaN }],
  ['infinity', { version: Number.POSITIVE_INFINITY }],
  ['nothing', { subject: undefined }],
  ['null', { subject: null }],
  ['an object', { subject: { id: 1 } }],
  ['a big integer', { version: 1n }],
  ['half a surrogate pair, which UTF-8 cannot hold', { subject: '\ud800' }],
  ['a name with a dash', { 'key-id': 'x' }],
  ['a name that is a number, which an object would move to the front', { 1: 'x' }],
  ['the name of the prototype', JSON.parse('{"__proto__":"x"}')],
  ['an empty name', { '': 'x' }],
]
for (const [because, header] of unbindable) {
  test(`a header with ${because} cannot be bound`, (t) => {
    t.throws(() => encodeBoundHeader(header as BoundHeader), { instanceOf: TypeError })
  })
}

function sorted(header: BoundHeader): [string, string | number][] {
  return Object.entries(header).sort(([a], [b]) => (a < b ? -1 : 1))
}
