import { createPublicKey, verify } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import jose from 'node-jose'
import {
  generateSigningKey,
  InvalidSignature,
  type SigningPrivateJwk,
  signCompact,
  signingPublicJwk,
  verifyCompact,
} from './signature.ts'

const TYP = 'kontor-test+jwt'

function publicOf({ d: _, ...key }: SigningPrivateJwk) {
  return key
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('what is signed is read again, by us, by node-jose and by node:crypto', async (t) => {
  const key = await generateSigningKey()
  const jws = await signCompact(TYP, { account: 'acc', count: 3, text: 'ä' }, key)
  t.deepEqual(verifyCompact(jws, TYP, [publicOf(key)]), { account: 'acc', count: 3, text: 'ä' })
  const verified = await jose.JWS.createVerify(await jose.JWK.asKey(publicOf(key))).verify(jws)
  t.deepEqual(JSON.parse(verified.payload.toString()), { account: 'acc', count: 3, text: 'ä' })
  const [header, payload, signature = ''] = jws.split('.')
  const imported = createPublicKey({ key: publicOf(key), format: 'jwk' })
  t.true(
    verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      { key: imported, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    ),
  )
})

test('the header holds alg, typ and kid and no key', async (t) => {
  const key = await generateSigningKey()
  const jws = await signCompact(TYP, {}, key)
  t.deepEqual(JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString()), {
    alg: 'ES256',
    typ: TYP,
    kid: key.kid,
  })
})

test('a key is named by its thumbprint, whoever computes it', async (t) => {
  const key = await generateSigningKey()
  t.is((await signingPublicJwk(key.x, key.y)).kid, key.kid)
  t.is(Buffer.from(key.d, 'base64url').length, 32)
})

test('the example of RFC 7515, A.3 is refused for its header alone: it has no kid of ours', (t) => {
  const jws =
    'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q'
  t.throws(() => verifyCompact(jws, TYP, []), { instanceOf: InvalidSignature })
})

test('no changed character passes', async (t) => {
  const key = await generateSigningKey()
  const jws = await signCompact(TYP, { account: 'acc_01' }, key)
  fc.assert(
    fc.property(fc.nat(jws.length - 1), fc.constantFrom(...'ABCabc019-_.='), (at, character) => {
      fc.pre(jws[at] !== character)
      const altered = `${jws.slice(0, at)}${character}${jws.slice(at + 1)}`
      t.throws(() => verifyCompact(altered, TYP, [publicOf(key)]), { instanceOf: InvalidSignature })
    }),
  )
})

test('a statement of another kind, by another key, without algorithm or with a key of its own is refused', async (t) => {
  const key = await generateSigningKey()
  const other = await generateSigningKey()
  const jws = await signCompact(TYP, { a: 1 }, key)
  const [, payload, signature] = jws.split('.')
  const refused = [
    [jws, 'kontor-other+jwt', [publicOf(key)]],
    [jws, TYP, [publicOf(other)]],
    [jws, TYP, []],
    [jws, TYP, [{ ...publicOf(other), kid: key.kid }]],
    [`${encode({ alg: 'none', typ: TYP, kid: key.kid })}.${payload}.`, TYP, [publicOf(key)]],
    [`${encode({ alg: 'HS256', typ: TYP, kid: key.kid })}.${payload}.${signature}`, TYP, [publicOf(key)]],
    [
      `${encode({ alg: 'ES256', typ: TYP, kid: key.kid, jwk: publicOf(other) })}.${payload}.${signature}`,
      TYP,
      [publicOf(key)],
    ],
    [`${jws}.`, TYP, [publicOf(key)]],
    [jws.split('.').slice(0, 2).join('.'), TYP, [publicOf(key)]],
    ['', TYP, [publicOf(key)]],
    ['A'.repeat(70_000), TYP, [publicOf(key)]],
  ] as const
  for (const [statement, typ, keys] of refused) {
    t.throws(() => verifyCompact(statement, typ, keys), { instanceOf: InvalidSignature }, statement.slice(0, 60))
  }
})
