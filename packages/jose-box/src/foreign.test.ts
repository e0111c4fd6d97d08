import { createHash, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { CompactEncrypt, importJWK } from 'jose'
import nodeJose from 'node-jose'
import type { ForeignLimits } from './compact-header.ts'
import { InvalidJwe } from './errors.ts'
import { openForeign, type PrivateJwk } from './foreign.ts'
import { generateEncryptionKeyPair } from './keys.ts'
import { sealCompact } from './record.ts'

const limits: ForeignLimits = { algorithms: ['ECDH-ES', 'dir'], encryptions: ['A256GCM', 'A128GCM'], maxBytes: 8192 }
const secret = createHash('sha256').update('a shared secret').digest()
const octet = { kty: 'oct', k: secret.toString('base64url') }
const { publicJwk, privateJwk } = await generateEncryptionKeyPair()
const card = Buffer.from('{"number":"4242424242424242"}')
const jwe = await new CompactEncrypt(card)
  .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: publicJwk.kid })
  .encrypt(await importJWK({ ...publicJwk }))

async function refuses(t: ExecutionContext, token: string, key: PrivateJwk, because: RegExp): Promise<void> {
  const error = await t.throwsAsync(openForeign(token, key, limits), { instanceOf: InvalidJwe, message: because })
  t.is(error?.cause, undefined, 'the reason of a failed decryption stays inside')
}

async function nodeJoseSeal(fields: object, plaintext: Buffer, options: object = {}): Promise<string> {
  const key = { key: await nodeJose.JWK.asKey(octet), reference: false } as unknown as nodeJose.JWK.Key
  return nodeJose.JWE.createEncrypt({ format: 'compact', contentAlg: 'A256GCM', fields, ...options }, key)
    .update(plaintext)
    .final()
}

const protectedHeader = (header: object) => Buffer.from(JSON.stringify(header)).toString('base64url')

function withHeader(change: (header: Record<string, unknown>) => void): string {
  const [segment = '', ...rest] = jwe.split('.')
  const header: Record<string, unknown> = JSON.parse(Buffer.from(segment, 'base64url').toString())
  change(header)
  return [protectedHeader(header), ...rest].join('.')
}

test('what a client encrypts to our public key is opened with the private one', async (t) => {
  t.deepEqual(await openForeign(jwe, privateJwk, limits), card)
})

test('a token for another key is refused, by its kid or by failing to decrypt', async (t) => {
  const other = await generateEncryptionKeyPair()
  await refuses(t, jwe, other.privateJwk, /not encrypted to this key/)
  await refuses(t, jwe, { ...other.privateJwk, kid: publicJwk.kid }, /does not decrypt/)
})

test('a key of another kind is refused', async (t) => {
  await refuses(t, jwe, octet, /not encrypted to this key/)
  await refuses(t, await nodeJoseSeal({ alg: 'dir' }, card), privateJwk, /does not decrypt/)
})

test('what is no key at all is a mistake of ours, and is not quoted', async (t) => {
  for (const key of [{}, { kty: 'secret' }, null, 'secret']) {
    const error = await t.throwsAsync(openForeign(jwe, key as unknown as PrivateJwk, limits), { instanceOf: TypeError })
    t.false(error?.message.includes('secret'))
  }
})

test('every change to a token is refused with one and the same error', async (t) => {
  const bits = fc.nat({ max: 7 })
  const segments = jwe.split('.')
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 2, 3, 4),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      bits,
      async (index, at, bit) => {
        const bytes = Buffer.from(segments[index] as string, 'base64url')
        const position = Math.floor(at * bytes.length)
        bytes.writeUInt8(bytes.readUInt8(position) ^ (1 << bit), position)
        const changed = segments.with(index, bytes.toString('base64url')).join('.')
        const error = await t.throwsAsync(openForeign(changed, privateJwk, limits), { instanceOf: InvalidJwe })
        if (index > 0) t.is(error?.message, 'the token does not decrypt')
      },
    ),
  )
})

/** RFC 7518, 4.6.2 for A256GCM without party names: one round of SHA-256. */
function deriveKey(sharedX: Buffer): Buffer {
  const number = (n: number) => Buffer.from([0, 0, 0, n])
  const otherInfo = [number(7), Buffer.from('A256GCM'), number(0), number(0), Buffer.from([0, 0, 1, 0])]
  return createHash('sha256')
    .update(Buffer.concat([number(1), sharedX, ...otherInfo]))
    .digest()
}

test('the key derivation of the next test is the real one', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const shared = diffieHellman({ privateKey, publicKey: createPublicKey({ key: { ...publicJwk }, format: 'jwk' }) })
  const epk = publicKey.export({ format: 'jwk' })
  const token = sealCompact(
    card,
    deriveKey(shared),
    protectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', epk }),
    Buffer.alloc(12),
  )
  t.deepEqual(await openForeign(token, privateJwk, limits), card)
})

test('an ephemeral key off its curve is refused, so that nobody can feel for the private key (RFC 8725, 3.4)', async (t) => {
  // A point with y = 0 has order 2 on a curve of its own: for an odd private key the shared secret would be its x.
  for (const x of [1, 2, 77].map((n) => Buffer.alloc(32, n))) {
    const epk = { kty: 'EC', crv: 'P-256', x: x.toString('base64url'), y: Buffer.alloc(32).toString('base64url') }
    const token = sealCompact(
      card,
      deriveKey(x),
      protectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', epk }),
      Buffer.alloc(12),
    )
    const odd = { ...privateJwk, d: Buffer.alloc(32, 3).toString('base64url') }
    await refuses(t, token, odd, /does not decrypt/)
  }
})

test('an ephemeral key on another curve is refused', async (t) => {
  const epk = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })
  await refuses(
    t,
    withHeader((header) => Object.assign(header, { epk })),
    privateJwk,
    /not encrypted to this key/,
  )
})

test('whatever is sent, the only error is the documented one, and no promise is left behind', async (t) => {
  const header = fc.record(
    {
      alg: fc.constantFrom('ECDH-ES', 'dir'),
      enc: fc.constantFrom('A256GCM', 'A128GCM'),
      apu: fc.string(),
      epk: fc.jsonValue({ maxDepth: 1 }),
    },
    { requiredKeys: ['alg', 'enc'] },
  )
  const segment = (size: number) => fc.uint8Array({ minLength: size, maxLength: size })
  const tokens = fc
    .tuple(
      header.map((h) => Buffer.from(JSON.stringify(h))),
      fc.uint8Array({ maxLength: 40 }),
      segment(12),
      fc.uint8Array({ maxLength: 40 }),
      segment(16),
    )
    .map((parts) => parts.map((part) => Buffer.from(part).toString('base64url')).join('.'))
  await fc.assert(
    fc.asyncProperty(tokens, fc.constantFrom<PrivateJwk>(privateJwk, octet), async (token, key) => {
      await t.throwsAsync(openForeign(token, key, limits), { instanceOf: InvalidJwe })
    }),
  )
})

test('a token over the limit is refused', async (t) => {
  await refuses(t, await nodeJoseSeal({ alg: 'dir' }, Buffer.alloc(8192)), octet, /too long/)
})
