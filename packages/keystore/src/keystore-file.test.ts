import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { symmetricKid, unwrapKey } from '@kontor/jose-box'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { KeystoreCorrupt, KeystoreExists, KeystoreExposed, KeystoreLocked, PassphraseTooShort } from './errors.ts'
import { formatKeystore, type Keystore, parseKeystore } from './format.ts'
import { createKeystoreFile, openKeystoreFile } from './keystore-file.ts'
import { derivePassphraseKey } from './passphrase-key.ts'
import { sealRootKey } from './root-key.ts'

const folder = mkdtempSync(join(tmpdir(), 'kontor-keystore-'))
test.after.always(() => rmSync(folder, { recursive: true }))

const passphrase = 'correct horse battery staple'
const quick = { n: 2 ** 10, r: 8, p: 1 }
const createdAtMs = Date.UTC(2026, 10, 23, 9, 30)
const options = { random: randomBytes, nowMs: () => createdAtMs, scrypt: quick }
const tenantKek = Buffer.alloc(32, 5)
const context = { typ: 'kek', ten: 'ten_1', ver: 1 }
let files = 0
const newPath = () => join(folder, `keystore-${++files}.json`)

async function created(): Promise<{ path: string; keystore: Keystore }> {
  const path = newPath()
  await createKeystoreFile(path, passphrase, options)
  return { path, keystore: parseKeystore(readFileSync(path, 'utf8')) as Keystore }
}

function written(keystore: Keystore): string {
  const path = newPath()
  writeFileSync(path, formatKeystore(keystore), { mode: 0o600 })
  return path
}

async function isLocked(t: ExecutionContext, path: string, withPassphrase: string): Promise<void> {
  const error = await t.throwsAsync(openKeystoreFile(path, withPassphrase), { instanceOf: KeystoreLocked })
  t.is(error?.message, `The keystore ${path} does not open with this passphrase.`)
  t.is(error?.cause, undefined)
}

test('what one process wraps, another that opens the same keystore unwraps', async (t) => {
  const { path } = await created()
  const [one, other] = await Promise.all([openKeystoreFile(path, passphrase), openKeystoreFile(path, passphrase)])
  t.is(await one.currentKid(), await other.currentKid())
  const { kid, wrapped } = await one.wrap(tenantKek, context)
  t.deepEqual(await other.unwrap(kid, wrapped, context), tenantKek)
})

test('a new keystore has mode 0600 and one current key, named by its thumbprint and dated by the given clock', async (t) => {
  const { path, keystore } = await created()
  t.is(statSync(path).mode & 0o777, 0o600)
  t.is(keystore.keys.length, 1)
  const [{ sealed, ...entry }] = keystore.keys as [Keystore['keys'][0]]
  t.like(entry, { created_at: '2026-11-23T09:30:00.000Z', state: 'current' })
  const passphraseKey = await derivePassphraseKey(passphrase, keystore.kdf.salt, keystore.kdf)
  const rootKey = unwrapKey(sealed, passphraseKey, { ...entry, typ: 'root-kek' })
  t.is(entry.kid, await symmetricKid(rootKey))
  t.is(await (await openKeystoreFile(path, passphrase)).currentKid(), entry.kid)
  for (const encoding of ['hex', 'base64', 'base64url'] as const) {
    t.false(readFileSync(path, 'utf8').includes(rootKey.toString(encoding)), 'the root KEK is not readable in the file')
  }
})

test('unless told otherwise, trying a passphrase costs n = 2^17, r = 8, p = 1', async (t) => {
  const path = newPath()
  await createKeystoreFile(path, passphrase, { random: randomBytes, nowMs: () => createdAtMs })
  t.like(parseKeystore(readFileSync(path, 'utf8'))?.kdf, { n: 2 ** 17, r: 8, p: 1 })
  t.is((await (await openKeystoreFile(path, passphrase)).kids()).length, 1)
})

test('all that is random comes from the given source', async (t) => {
  const constant = { ...options, random: (size: number) => new Uint8Array(size).fill(9) }
  const paths = [newPath(), newPath()] as const
  for (const path of paths) await createKeystoreFile(path, passphrase, constant)
  const [one, other] = await Promise.all(paths.map((path) => openKeystoreFile(path, passphrase)))
  t.is(await one?.currentKid(), await other?.currentKid())
  const third = await openKeystoreFile((await created()).path, passphrase)
  t.not(await third.currentKid(), await one?.currentKid())
})

test('a keystore is never overwritten', async (t) => {
  const { path } = await created()
  const before = readFileSync(path)
  await t.throwsAsync(createKeystoreFile(path, passphrase, options), { instanceOf: KeystoreExists })
  t.deepEqual(readFileSync(path), before)
})

test('a keystore that others may read is refused even with the right passphrase', async (t) => {
  const { keystore } = await created()
  const path = newPath()
  writeFileSync(path, formatKeystore(keystore), { mode: 0o640 })
  await t.throwsAsync(openKeystoreFile(path, passphrase), { instanceOf: KeystoreExposed, message: /chmod 600/ })
})

test('with a wrong passphrase the keystore stays locked, and the error says only which one', async (t) => {
  const { path } = await created()
  for (const wrong of ['', 'Correct horse battery staple', `${passphrase} `, 'x'.repeat(10_000), '\ud800'])
    await isLocked(t, path, wrong)
})

test('a short passphrase is refused without being repeated', async (t) => {
  for (const short of ['', 'hunter2', '11 charact.', '🔑🔑🔑🔑🔑🔑']) {
    const error = await t.throwsAsync(createKeystoreFile(newPath(), short, options), { instanceOf: PassphraseTooShort })
    t.false(short !== '' && error?.message.includes(short))
  }
})

test('a cost of scrypt that nobody could open again is not written', async (t) => {
  const path = newPath()
  await t.throwsAsync(createKeystoreFile(path, passphrase, { ...options, scrypt: { n: 3, r: 8, p: 1 } }), {
    instanceOf: TypeError,
  })
  t.throws(() => statSync(path), { code: 'ENOENT' })
})

test('a keystore of several root keys opens them all, and only the current one wraps', async (t) => {
  const { keystore } = await created()
  const passphraseKey = await derivePassphraseKey(passphrase, keystore.kdf.salt, quick)
  const older = await sealRootKey(randomBytes(32), passphraseKey, { createdAtMs: 0, state: 'retired' })
  const provider = await openKeystoreFile(written({ ...keystore, keys: [older, ...keystore.keys] }), passphrase)
  const held = (await provider.kids()).map(({ kid }) => kid)
  t.deepEqual(held, [keystore.keys[0]?.kid as string, older.kid])
  const { kid, wrapped } = await provider.wrap(tenantKek, context)
  t.is(kid, await provider.currentKid())
  t.deepEqual(await provider.unwrap(kid, wrapped, context), tenantKek)
})

test('a key of another keystore among the keys is damage, not a wrong passphrase', async (t) => {
  const [{ keystore }, other] = await Promise.all([created(), created()])
  const foreign = { ...other.keystore.keys[0], state: 'retired' } as Keystore['keys'][0]
  const path = written({ ...keystore, keys: [...keystore.keys, foreign] })
  await t.throwsAsync(openKeystoreFile(path, passphrase), { instanceOf: KeystoreCorrupt })
})

test('a retired key cannot be made current without the passphrase, nor its date or id changed', async (t) => {
  const { keystore } = await created()
  const passphraseKey = await derivePassphraseKey(passphrase, keystore.kdf.salt, quick)
  const older = await sealRootKey(randomBytes(32), passphraseKey, { createdAtMs: 0, state: 'retired' })
  const [current] = keystore.keys as [Keystore['keys'][0]]
  const swapped = [
    { ...older, state: 'current' as const },
    { ...current, state: 'retired' as const },
  ]
  await isLocked(t, written({ ...keystore, keys: swapped }), passphrase)
  await isLocked(t, written({ ...keystore, keys: [{ ...current, created_at: older.created_at }] }), passphrase)
  await isLocked(t, written({ ...keystore, keys: [{ ...current, kid: older.kid }] }), passphrase)
})

test('a cheaper scrypt or another salt written into the file only locks it', async (t) => {
  const { keystore } = await created()
  await isLocked(t, written({ ...keystore, kdf: { ...keystore.kdf, n: 2 ** 11 } }), passphrase)
  await isLocked(t, written({ ...keystore, kdf: { ...keystore.kdf, salt: Buffer.alloc(32) } }), passphrase)
})

test('whatever happens to the file, it opens unchanged, is damaged or is locked', async (t) => {
  const { path: original, keystore } = await created()
  const text = readFileSync(original, 'utf8')
  const edited = fc
    .tuple(fc.nat(text.length - 1), fc.nat(20), fc.string({ unit: 'binary', maxLength: 20 }))
    .map(([at, length, insert]) => text.slice(0, at) + insert + text.slice(at + length))
  const sealed = fc.oneof(
    fc.string({ maxLength: 60 }),
    fc.constant(keystore.keys[0]?.sealed.replace('.', '..') as string),
  )
  const resealed = sealed.map((s) =>
    formatKeystore({ ...keystore, keys: [{ ...keystore.keys[0], sealed: s } as Keystore['keys'][0]] }),
  )
  const path = newPath()
  await fc.assert(
    fc.asyncProperty(fc.oneof(edited, resealed, fc.string({ unit: 'binary' })), async (content) => {
      writeFileSync(path, content, { mode: 0o600 })
      const provider = await openKeystoreFile(path, passphrase).catch((error) => {
        t.true(error instanceof KeystoreCorrupt || error instanceof KeystoreLocked)
        t.true(error.message.includes(path))
      })
      if (provider) t.like(await provider.kids(), [{ kid: keystore.keys[0]?.kid }])
    }),
  )
})
