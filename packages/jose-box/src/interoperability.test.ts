import { createCipheriv, createHash } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { CompactEncrypt, compactDecrypt, importJWK } from 'jose'
import nodeJose from 'node-jose'
import { openForeign } from './foreign.ts'
import { generateEncryptionKeyPair } from './keys.ts'
import { openRecord, sealCompact, sealRecord } from './record.ts'
import * as rfc7520 from './rfc7520.vectors.ts'

const key = createHash('sha256').update('a DEK').digest()
const jwk = { kty: 'oct', k: key.toString('base64url') }
const header = { kid: 'key_1', subject: 'acc_1', tenant: 'ten_1', typ: 'card', version: 3 }
const protectedHeader = { alg: 'dir', enc: 'A256GCM', ...header } as const
const records = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
const limits = {
  algorithms: ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW', 'A128KW', 'dir'],
  encryptions: ['A128GCM', 'A256GCM'],
  maxBytes: 4096,
} as const

/** node-jose's own way to make a token; its type declarations do not know `reference: false`. */
async function nodeJoseSeal(
  recipient: object,
  fields: object,
  plaintext: Buffer,
  options: object = {},
): Promise<string> {
  const key = { key: await nodeJose.JWK.asKey(recipient), reference: false }
  const settings = { format: 'compact', contentAlg: 'A256GCM', fields, ...options } as const
  return nodeJose.JWE.createEncrypt(settings, key as unknown as nodeJose.JWK.Key)
    .update(plaintext)
    .final()
}

test('a record that we seal is opened by node-jose, with the header we bound', async (t) => {
  const opener = nodeJose.JWE.createDecrypt(await nodeJose.JWK.asKey(jwk))
  await fc.assert(
    fc.asyncProperty(records, async (record) => {
      const opened = await opener.decrypt(sealRecord(record, key, header))
      t.deepEqual(opened.plaintext, record)
      t.deepEqual(opened.header, protectedHeader)
    }),
  )
})

test('a record that we seal is opened by jose, with the header we bound', async (t) => {
  await fc.assert(
    fc.asyncProperty(records, async (record) => {
      const opened = await compactDecrypt(sealRecord(record, key, header), key)
      t.deepEqual(Buffer.from(opened.plaintext), record)
      t.deepEqual({ ...opened.protectedHeader }, protectedHeader)
    }),
  )
})

test('a record that node-jose seals is opened by us', async (t) => {
  await fc.assert(
    fc.asyncProperty(records, async (record) => {
      t.deepEqual(openRecord(await nodeJoseSeal(jwk, protectedHeader, record), key, header), record)
    }),
  )
})

test('a record that jose seals is opened by us', async (t) => {
  await fc.assert(
    fc.asyncProperty(records, async (record) => {
      const jwe = await new CompactEncrypt(record).setProtectedHeader(protectedHeader).encrypt(key)
      t.deepEqual(openRecord(jwe, key, header), record)
    }),
  )
})

test('A256GCM gives the ciphertext and tag of RFC 7520, 5.2.4', (t) => {
  const { cek, iv, protectedHeader: aad, ciphertext, tag } = rfc7520.A256GCM_CONTENT
  const jwe = sealCompact(
    Buffer.from(rfc7520.PLAINTEXT),
    Buffer.from(cek, 'base64url'),
    aad,
    Buffer.from(iv, 'base64url'),
  )
  t.is(jwe, `${aad}..${iv}.${ciphertext}.${tag}`)
})

for (const [name, vector] of Object.entries({
  '5.4, ECDH-ES+A128KW on P-384': rfc7520.ECDH_ES_A128KW,
  '5.6, dir': rfc7520.DIR,
  '5.8, A128KW': rfc7520.A128KW,
})) {
  test(`a token from outside is opened as in RFC 7520, ${name}`, async (t) => {
    t.is((await openForeign(vector.jwe, vector.jwk, limits)).toString(), rfc7520.PLAINTEXT)
  })
}

test('ECDH-ES on P-256 derives the key of RFC 7518, Appendix C, with both party names', async (t) => {
  const bob = {
    kty: 'EC',
    crv: 'P-256',
    x: 'weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ',
    y: 'e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck',
    d: 'VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw',
  }
  const aliceHeader = {
    alg: 'ECDH-ES',
    enc: 'A128GCM',
    apu: 'QWxpY2U',
    apv: 'Qm9i',
    epk: {
      kty: 'EC',
      crv: 'P-256',
      x: 'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0',
      y: 'SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps',
    },
  }
  const aad = Buffer.from(JSON.stringify(aliceHeader)).toString('base64url')
  const iv = Buffer.alloc(12, 7)
  const cipher = createCipheriv('aes-128-gcm', Buffer.from('VqqN6vgjbSBcIijNcacQGg', 'base64url'), iv)
  const ciphertext = cipher.setAAD(Buffer.from(aad)).update('from Alice')
  cipher.final()
  const jwe = [aad, '', ...[iv, ciphertext, cipher.getAuthTag()].map((bytes) => bytes.toString('base64url'))].join('.')
  t.is((await openForeign(jwe, bob, limits)).toString(), 'from Alice')
})

for (const alg of ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW'] as const) {
  test(`what jose and node-jose encrypt to our public key by ${alg} is opened by us`, async (t) => {
    const { publicJwk, privateJwk } = await generateEncryptionKeyPair()
    const { alg: _, ...recipient } = publicJwk // The published alg is the default, not the only one tried here.
    const byJose = await new CompactEncrypt(Buffer.from('from jose'))
      .setProtectedHeader({ alg, enc: 'A256GCM', kid: publicJwk.kid })
      .encrypt(await importJWK(recipient, alg))
    t.is((await openForeign(byJose, { ...privateJwk, alg }, limits)).toString(), 'from jose')
    const byNodeJose = await nodeJoseSeal(recipient, { alg, kid: publicJwk.kid }, Buffer.from('from node-jose'))
    t.is((await openForeign(byNodeJose, { ...privateJwk, alg }, limits)).toString(), 'from node-jose')
  })
}
