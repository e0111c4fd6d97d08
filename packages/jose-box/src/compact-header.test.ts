import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { type ForeignLimits, parseCompactHeader } from './compact-header.ts'
import { InvalidJwe } from './errors.ts'
import { NEVER_ACCEPTED } from './rfc7520.vectors.ts'

const limits: ForeignLimits = { algorithms: ['dir', 'ECDH-ES'], encryptions: ['A256GCM'], maxBytes: 4096 }
const REST = `..${'A'.repeat(16)}.AAAA.${'A'.repeat(22)}`
const coordinate = (size: number) => Buffer.alloc(size, 7).toString('base64url')
const point = { kty: 'EC', crv: 'P-256', x: coordinate(32), y: coordinate(32) }
const base64url = (text: string | Buffer) => Buffer.from(text).toString('base64url')
const token = (header: unknown) => base64url(typeof header === 'string' ? header : JSON.stringify(header)) + REST

function refuses(t: ExecutionContext, jwe: unknown, because: RegExp): void {
  const error = t.throws(() => parseCompactHeader(jwe as string, limits), { instanceOf: InvalidJwe, message: because })
  t.is(error.cause, undefined)
}

test('an acceptable header is handed back as it stands, frozen', (t) => {
  const header = { alg: 'dir', enc: 'A256GCM', kid: 'k', typ: 'JWE', cty: 'json', iat: 1 }
  const parsed = parseCompactHeader(token(header), limits)
  t.deepEqual({ ...parsed }, header)
  t.true(Object.isFrozen(parsed))
  t.deepEqual(parseCompactHeader(token({ alg: 'ECDH-ES', enc: 'A256GCM', epk: point }), limits).epk, point)
})

const header = { alg: 'dir', enc: 'A256GCM' }
const refused: [because: string, header: unknown, message: RegExp][] = [
  ['zip, which inflates', { ...header, zip: 'DEF' }, /member is not accepted/],
  ['zip in any form', { ...header, zip: null }, /member is not accepted/],
  ['crit', { ...header, crit: ['exp'], exp: 1 }, /member is not accepted/],
  ['an empty crit', { ...header, crit: [] }, /member is not accepted/],
  ['b64', { ...header, b64: false }, /member is not accepted/],
  ['PBES2 parameters', { ...header, p2c: 2 ** 31, p2s: 'AAAA' }, /member is not accepted/],
  ['a key of the sender', { ...header, jwk: point }, /member is not accepted/],
  ['an address to fetch keys from', { ...header, jku: 'https://attacker.example/keys' }, /member is not accepted/],
  ['a certificate', { ...header, x5c: ['AAAA'] }, /member is not accepted/],
  ['a prototype', '{"alg":"dir","enc":"A256GCM","__proto__":{"zip":"DEF"}}', /member is not accepted/],
  ['alg none', { ...header, alg: 'none' }, /alg/],
  ['an algorithm that is known but not allowed here', { ...header, alg: 'A256KW' }, /alg/],
  ['PBES2', { ...header, alg: 'PBES2-HS256+A128KW' }, /alg/],
  ['RSA', { ...header, alg: 'RSA-OAEP-256' }, /alg/],
  ['alg in another case', { ...header, alg: 'DIR' }, /alg/],
  ['alg as a list, which node-jose would read as text', { ...header, alg: ['dir'] }, /alg/],
  ['no alg', { enc: 'A256GCM' }, /alg/],
  ['alg twice', '{"alg":"dir","enc":"A256GCM","alg":"dir"}', /unique members/],
  ['alg twice in two spellings', '{"alg":"dir","enc":"A256GCM","\\u0061lg":"dir"}', /unique members/],
  ['enc none', { ...header, enc: 'none' }, /enc/],
  ['enc that is not allowed here', { ...header, enc: 'A128GCM' }, /enc/],
  ['a CBC enc', { ...header, enc: 'A256CBC-HS512' }, /enc/],
  ['no enc', { alg: 'dir' }, /enc/],
  ['a kid that is not text', { ...header, kid: 7 }, /must be text/],
  ['a party name that is not text', { ...header, apu: {} }, /must be text/],
  ['no ephemeral key for ECDH-ES', { ...header, alg: 'ECDH-ES' }, /epk/],
  ['an ephemeral key for dir', { ...header, epk: point }, /epk/],
  ['an ephemeral key that is private', { ...header, alg: 'ECDH-ES', epk: { ...point, d: 'AAAA' } }, /epk/],
  ['an ephemeral key that is symmetric', { ...header, alg: 'ECDH-ES', epk: { kty: 'oct', k: 'AAAA' } }, /epk/],
  ['an ephemeral key that is no object', { ...header, alg: 'ECDH-ES', epk: 'AAAA' }, /epk/],
  [
    'an ephemeral key on a curve that we do not know',
    { ...header, alg: 'ECDH-ES', epk: { ...point, crv: 'secp256k1' } },
    /epk/,
  ],
  [
    'a curve that is a name of every object',
    { ...header, alg: 'ECDH-ES', epk: { ...point, crv: 'constructor' } },
    /epk/,
  ],
  ['padded coordinates', { ...header, alg: 'ECDH-ES', epk: { ...point, x: `${coordinate(32)}=` } }, /epk/],
  ['coordinates that are not text', { ...header, alg: 'ECDH-ES', epk: { ...point, x: 1 } }, /epk/],
  ['a list', ['dir', 'A256GCM'], /not a JSON object/],
  ['null', null, /not a JSON object/],
  ['text', '"dir"', /not a JSON object/],
  ['broken JSON', '{"alg":"dir"', /not a JSON object/],
  ['a byte order mark', '\ufeff{"alg":"dir","enc":"A256GCM"}', /not a JSON object/],
  ['nothing', '', /not a JSON object/],
  ['a depth that would exhaust a recursive parser', `{"a":${'['.repeat(1400)}`, /not a JSON object/],
  ['2 kB and more', { ...header, cty: 'x'.repeat(1600) }, /header is too long/],
]
for (const [because, given, message] of refused) {
  test(`a header with ${because} is refused`, (t) => refuses(t, token(given), message))
}

test('a header that is not UTF-8 is refused', (t) => {
  const bytes = Buffer.concat([
    Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"'),
    Buffer.from([0xff]),
    Buffer.from('"}'),
  ])
  refuses(t, base64url(bytes) + REST, /not a JSON object/)
})

for (const [because, jwe] of NEVER_ACCEPTED) {
  test(`the token of RFC 7520, ${because}, is refused`, (t) => refuses(t, jwe, /not accepted|not among those accepted/))
}

test('a token over the limit is refused before it is looked at', (t) => {
  refuses(t, 'x'.repeat(4097), /too long/)
  refuses(t, '.'.repeat(4096), /five segments/)
})

test('what is no text is refused', (t) => {
  for (const jwe of [undefined, null, 7, {}, ['a.b.c.d.e']]) refuses(t, jwe, /too long/)
})

test('another number of segments is refused', (t) => {
  for (const jwe of ['', 'e30', 'e30...', `${token(header)}.`, `${token(header)}.AAAA`])
    refuses(t, jwe, /five segments/)
})

test('padding, white space and surplus bits are refused in every segment', (t) => {
  for (const index of [0, 1, 2, 3, 4]) {
    for (const change of [(s: string) => `${s}=`, (s: string) => `${s} `, () => 'AB', () => 'A', () => '+/+/']) {
      const jwe = token(header)
        .split('.')
        .map((segment, i) => (i === index ? change(segment) : segment))
      refuses(t, jwe.join('.'), /base64url/)
    }
  }
})

test('an IV or a tag that is not of full length is refused', (t) => {
  const start = base64url(JSON.stringify(header))
  for (const tagBytes of [0, 4, 8, 12, 15, 17]) {
    refuses(t, `${start}..${'A'.repeat(16)}.AAAA.${base64url(Buffer.alloc(tagBytes))}`, /full length/)
  }
  for (const ivBytes of [0, 8, 11, 13, 16]) {
    refuses(t, `${start}..${base64url(Buffer.alloc(ivBytes))}.AAAA.${'A'.repeat(22)}`, /full length/)
  }
})

test('limits that allow what is never accepted are a mistake of ours, not of the client', (t) => {
  const wrong: object[] = [
    { algorithms: ['RSA-OAEP-256'] },
    { algorithms: ['PBES2-HS256+A128KW'] },
    { algorithms: ['*'] },
  ]
  wrong.push(
    { encryptions: ['A128CBC-HS256'] },
    { maxBytes: 0 },
    { maxBytes: Number.NaN },
    { maxBytes: Number.POSITIVE_INFINITY },
  )
  for (const part of wrong) {
    t.throws(() => parseCompactHeader(token(header), { ...limits, ...part }), { instanceOf: TypeError })
  }
})

test('no refusal repeats what was sent', (t) => {
  const marked = fc.constantFrom<(mark: string) => string>(
    (mark) => mark,
    (mark) => token({ ...header, alg: mark }),
    (mark) => token({ ...header, [mark]: 1, zip: mark }),
    (mark) => token(`{"alg":"dir",${mark}`),
    (mark) => `${base64url(mark)}..${mark}.${mark}.${mark}`,
  )
  fc.assert(
    fc.property(marked, fc.stringMatching(/^[0-9]{16}$/), (write, mark) => {
      const error = t.throws(() => parseCompactHeader(write(mark), limits), { instanceOf: InvalidJwe })
      t.false(`${error.message} ${error.stack}`.includes(mark))
    }),
  )
})

test('whatever is sent, a header comes back or the token is refused', (t) => {
  const segment = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.uint8Array({ maxLength: 30 }).map((b) => base64url(Buffer.from(b))),
  )
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(segment, { maxLength: 7 }).map((s) => s.join('.')),
  )
  const anyHeader = fc.oneof(
    fc.json(),
    fc
      .record({ alg: fc.oneof(fc.constant('dir'), fc.jsonValue()), enc: fc.constant('A256GCM') })
      .map((h) => JSON.stringify(h)),
    fc
      .dictionary(fc.constantFrom('alg', 'enc', 'kid', 'zip', 'epk', 'crit'), fc.jsonValue())
      .map((h) => JSON.stringify(h)),
  )
  fc.assert(
    fc.property(fc.oneof(anyText, anyHeader.map(token)), (jwe) => {
      try {
        const parsed = parseCompactHeader(jwe, limits)
        t.true(parsed.alg === 'dir' && parsed.enc === 'A256GCM' && !('zip' in parsed) && !('crit' in parsed))
      } catch (error) {
        t.true(error instanceof InvalidJwe)
      }
    }),
    { numRuns: 500 },
  )
})
