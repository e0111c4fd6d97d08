import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { calculateJwkThumbprint } from 'jose'
import { generateEncryptionKeyPair, publicJwks, symmetricKid } from './keys.ts'

test('the kid of a symmetric key is SHA-256 over its canonical JWK (RFC 7638, 3)', async (t) => {
  const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))
  await fc.assert(
    fc.asyncProperty(keys, async (key) => {
      const k = key.toString('base64url')
      const kid = await symmetricKid(key)
      t.is(kid, createHash('sha256').update(`{"k":"${k}","kty":"oct"}`).digest('base64url'))
      t.is(kid, await calculateJwkThumbprint({ kty: 'oct', k }))
    }),
  )
})

test('only a key of 32 bytes has a kid, because the kid of a guessable key gives it away', async (t) => {
  for (const size of [0, 8, 16, 31, 33])
    await t.throwsAsync(symmetricKid(Buffer.alloc(size)), { instanceOf: TypeError })
})

test('an encryption key pair is P-256 for ECDH-ES, named by its thumbprint', async (t) => {
  const { publicJwk, privateJwk } = await generateEncryptionKeyPair()
  t.like(publicJwk, { kty: 'EC', crv: 'P-256', use: 'enc', alg: 'ECDH-ES' })
  t.is(publicJwk.kid, await calculateJwkThumbprint({ ...publicJwk }))
  t.is(privateJwk.kid, publicJwk.kid)
  const derived = createPublicKey(createPrivateKey({ key: { ...privateJwk }, format: 'jwk' })).export({ format: 'jwk' })
  t.deepEqual([derived.x, derived.y], [publicJwk.x, publicJwk.y])
})

test('no two pairs are alike', async (t) => {
  const kids = await Promise.all(
    Array.from({ length: 20 }, async () => (await generateEncryptionKeyPair()).publicJwk.kid),
  )
  t.is(new Set(kids).size, 20)
})

test('the published key set holds no private member, even if it is given private keys', async (t) => {
  const { publicJwk, privateJwk } = await generateEncryptionKeyPair()
  t.deepEqual(publicJwks([privateJwk]), { keys: [publicJwk] })
  t.false(JSON.stringify(publicJwks([privateJwk])).includes(privateJwk.d))
  t.false('d' in publicJwk)
})
