import { createHash, generateKeyPairSync } from 'node:crypto'
import { createRequire } from 'node:module'
import test, { type ExecutionContext } from 'ava'
import nodeJose from 'node-jose'
import type { ForeignLimits } from './compact-header.ts'
import { InvalidJwe } from './errors.ts'
import { openForeign, type PrivateJwk } from './foreign.ts'
import { generateEncryptionKeyPair } from './keys.ts'
import { sealCompact } from './record.ts'
import { COMPRESSED } from './rfc7520.vectors.ts'

const limits: ForeignLimits = { algorithms: ['ECDH-ES', 'dir'], encryptions: ['A256GCM'], maxBytes: 8192 }
const secret = createHash('sha256').update('a shared secret').digest()
const octet = { kty: 'oct', k: secret.toString('base64url') }
const card = Buffer.from('{"number":"4242424242424242"}')

async function refuses(t: ExecutionContext, token: string, key: PrivateJwk, because: RegExp): Promise<void> {
  await t.throwsAsync(openForeign(token, key, limits), { instanceOf: InvalidJwe, message: because })
}

/** node-jose's own way to make a token; its type declarations do not know `reference: false`. */
async function nodeJoseSeal(
  fields: object,
  plaintext: Buffer,
  options: object = {},
  recipient: object = octet,
): Promise<string> {
  const key = { key: await nodeJose.JWK.asKey(recipient), reference: false } as unknown as nodeJose.JWK.Key
  const settings = { format: 'compact', contentAlg: 'A256GCM', fields, ...options } as const
  return nodeJose.JWE.createEncrypt(settings, key).update(plaintext).final()
}

test('node-jose alone inflates a kilobyte to a megabyte whatever its algorithms option says; we refuse the token', async (t) => {
  const bomb = await nodeJoseSeal({ alg: 'dir' }, Buffer.alloc(1_000_000), { zip: true })
  t.true(bomb.length < 2000)
  const alone = nodeJose.JWE.createDecrypt(await nodeJose.JWK.asKey(octet), { algorithms: ['dir', 'A256GCM'] })
  t.is((await alone.decrypt(bomb)).plaintext.length, 1_000_000)
  await refuses(t, bomb, octet, /member is not accepted/)
})

test('the compressed token of RFC 7520, 5.9 is refused, although its key and cipher are fine', async (t) => {
  const accepted = { ...limits, algorithms: ['A128KW'] } as const
  await t.throwsAsync(openForeign(COMPRESSED.jwe, COMPRESSED.jwk, accepted), {
    instanceOf: InvalidJwe,
    message: /member/,
  })
})

test('node-jose alone computes as long as a PBES2 header asks; we refuse the token unseen', async (t) => {
  const slow = await nodeJoseSeal({ alg: 'PBES2-HS256+A128KW', p2c: 1000 }, card)
  const alone = nodeJose.JWE.createDecrypt(await nodeJose.JWK.asKey(octet))
  t.deepEqual((await alone.decrypt(slow)).plaintext, card)
  await refuses(t, slow, octet, /member is not accepted/)
  const [header = '', ...rest] = slow.split('.')
  const { p2c: _, ...fields } = JSON.parse(Buffer.from(header, 'base64url').toString())
  for (const p2c of [2 ** 31 - 1, 1e300]) {
    const endless = Buffer.from(JSON.stringify({ ...fields, p2c })).toString('base64url')
    await refuses(t, [endless, ...rest].join('.'), octet, /member is not accepted/)
  }
})

test('node-jose alone would reduce an overlong coordinate for half a minute; we refuse all but the full length', async (t) => {
  const { privateJwk } = await generateEncryptionKeyPair()
  const token = (crv: string, bytes: number, fill: number) => {
    const coordinate = Buffer.alloc(bytes, fill).toString('base64url')
    const header = { alg: 'ECDH-ES', enc: 'A256GCM', epk: { kty: 'EC', crv, x: coordinate, y: coordinate } }
    return sealCompact(card, secret, Buffer.from(JSON.stringify(header)).toString('base64url'), Buffer.alloc(12))
  }
  for (const bytes of [0, 1, 31, 33, 64, 66, 400]) await refuses(t, token('P-256', bytes, 255), privateJwk, /epk/)
  await refuses(t, token('P-521', 66, 255), privateJwk, /not encrypted to this key/)
  await refuses(t, token('P-256', 32, 255), privateJwk, /does not decrypt/)
  await refuses(t, token('P-256', 32, 0), privateJwk, /does not decrypt/)
})

test('node-jose alone opens a token whose header names alg twice; we refuse it', async (t) => {
  const header = '{"alg":"none","alg":"dir","enc":"A256GCM"}'
  const ambiguous = sealCompact(card, secret, Buffer.from(header).toString('base64url'), Buffer.alloc(12))
  const alone = nodeJose.JWE.createDecrypt(await nodeJose.JWK.asKey(octet), { algorithms: ['dir', 'A256GCM'] })
  t.deepEqual((await alone.decrypt(ambiguous)).plaintext, card)
  await refuses(t, ambiguous, octet, /unique members/)
})

test('node-jose alone opens RSA tokens, which hold the event loop; we refuse them whatever the limits say', async (t) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const rsa = privateKey.export({ format: 'jwk' }) as PrivateJwk
  const token = await nodeJoseSeal({ alg: 'RSA-OAEP-256' }, card, {}, rsa)
  t.deepEqual((await nodeJose.JWE.createDecrypt(await nodeJose.JWK.asKey(rsa)).decrypt(token)).plaintext, card)
  await refuses(t, token, rsa, /alg/)
  const careless = { ...limits, algorithms: ['RSA-OAEP-256'] } as unknown as ForeignLimits
  await t.throwsAsync(openForeign(token, rsa, careless), { instanceOf: TypeError })
})

test('node-jose alone opens A256CBC-HS512, whose tags it compares byte by byte; we refuse it', async (t) => {
  const long = { kty: 'oct', k: Buffer.alloc(64, 5).toString('base64url') }
  const token = await nodeJoseSeal({ alg: 'dir' }, card, { contentAlg: 'A256CBC-HS512' }, long)
  t.deepEqual((await nodeJose.JWE.createDecrypt(await nodeJose.JWK.asKey(long)).decrypt(token)).plaintext, card)
  await refuses(t, token, long, /enc/)
})

test('a node-jose KeyStore, whose search through 1,000 keys halves the throughput, is not taken for a key', async (t) => {
  const store = await nodeJose.JWK.asKeyStore({ keys: [octet] })
  const token = await nodeJoseSeal({ alg: 'dir' }, card)
  t.deepEqual(await openForeign(token, octet, limits), card)
  await t.throwsAsync(openForeign(token, store as never, limits), { instanceOf: TypeError })
})

test('the uuid that node-jose is given has the one call that it makes', (t) => {
  const uuid = createRequire(createRequire(import.meta.url).resolve('node-jose'))('uuid')
  t.regex(uuid.v4(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
