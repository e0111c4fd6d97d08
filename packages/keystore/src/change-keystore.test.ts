import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { addRootKey, destroyRootKey, keystoreAdministration } from './change-keystore.ts'
import {
  KeystoreBusy,
  KeystoreCorrupt,
  KeystoreExposed,
  KeystoreFull,
  KeystoreLocked,
  KeystoreMissing,
  KeystoreUnreadable,
  RootKeyIsCurrent,
  RootKeyMissing,
} from './errors.ts'
import { formatKeystore, KEYS_MAX, type Keystore, parseKeystore } from './format.ts'
import { createKeystoreFile, openKeystoreFile } from './keystore-file.ts'
import { derivePassphraseKey } from './passphrase-key.ts'
import { sealRootKey } from './root-key.ts'

const folder = mkdtempSync(join(tmpdir(), 'kontor-change-keystore-'))
test.after.always(() => rmSync(folder, { recursive: true }))

const passphrase = 'correct horse battery staple'
const making = { random: randomBytes, nowMs: () => Date.UTC(2026, 10, 24) }
const key = Buffer.alloc(32, 5)
const context = { typ: 'kek', ten: 'ten_1', ver: 1 }
let files = 0

async function created(): Promise<string> {
  const path = join(folder, `keystore-${++files}.json`)
  await createKeystoreFile(path, passphrase, { ...making, nowMs: () => 0, scrypt: { n: 2 ** 10, r: 8, p: 1 } })
  return path
}

test('an open provider wraps with an added key at once, and still unwraps with the one before', async (t) => {
  const path = await created()
  const [one, other] = await Promise.all([openKeystoreFile(path, passphrase), openKeystoreFile(path, passphrase)])
  const before = await one.wrap(key, context)
  const kid = await addRootKey(path, passphrase, making)
  t.is(await one.currentKid(), kid)
  const after = await one.wrap(key, context)
  t.is(after.kid, kid)
  for (const { kid, wrapped } of [before, after]) t.deepEqual(await other.unwrap(kid, wrapped, context), key)
  t.like(await one.kids(), [
    { kid, state: 'current', createdAt: '2026-11-24T00:00:00.000Z' },
    { kid: before.kid, state: 'retired', createdAt: '1970-01-01T00:00:00.000Z' },
  ])
  t.is(statSync(path).mode & 0o777, 0o600)
})

test('a destroyed key is gone from the file and from open providers', async (t) => {
  const path = await created()
  const provider = await openKeystoreFile(path, passphrase)
  const before = await provider.wrap(key, context)
  const administration = keystoreAdministration(path, passphrase, making)
  const kid = await administration.rotate()
  await administration.destroy(before.kid)
  await t.throwsAsync(provider.unwrap(before.kid, before.wrapped, context), { instanceOf: RootKeyMissing })
  t.like(await (await openKeystoreFile(path, passphrase)).kids(), { 0: { kid }, length: 1 })
  t.false(readFileSync(path, 'utf8').includes(before.kid))
})

test('neither the current key nor an unknown one is destroyed, and the file stays as it is', async (t) => {
  const path = await created()
  const kid = await addRootKey(path, passphrase, making)
  const before = readFileSync(path, 'utf8')
  const destroy = (kid: string) => destroyRootKey(path, passphrase, { kid, random: randomBytes })
  await t.throwsAsync(destroy(kid), { instanceOf: RootKeyIsCurrent })
  await t.throwsAsync(destroy('unknown'), { instanceOf: RootKeyMissing })
  t.is(readFileSync(path, 'utf8'), before)
})

test('with a wrong passphrase nothing changes, and nothing is left beside the file', async (t) => {
  const path = await created()
  const before = readFileSync(path, 'utf8')
  const [kid] = await (await openKeystoreFile(path, passphrase)).kids()
  await t.throwsAsync(addRootKey(path, 'another passphrase', making), { instanceOf: KeystoreLocked })
  await t.throwsAsync(destroyRootKey(path, 'another passphrase', { kid: kid?.kid ?? '', random: randomBytes }), {
    instanceOf: KeystoreLocked,
  })
  t.is(readFileSync(path, 'utf8'), before)
  t.false(existsSync(`${path}.lock`))
})

test('of many rotations at once no key is lost', async (t) => {
  const path = await created()
  const provider = await openKeystoreFile(path, passphrase)
  const first = await provider.currentKid()
  const added = await Promise.all(Array.from({ length: 6 }, () => addRootKey(path, passphrase, making)))
  const held = (await provider.kids()).map(({ kid }) => kid)
  t.deepEqual([...held].sort(), [first, ...added].sort())
})

const adder = fileURLToPath(new URL('testing/add-root-keys.ts', import.meta.url))

/** A process that rotates so many times, and says each new key. */
function rotating(path: string, times: number) {
  const child = fork(adder, [path, passphrase, String(times)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const said: string[] = []
  child.on('message', (kid) => said.push(String(kid)))
  return { child, said, ended: once(child, 'exit') }
}

test('rotations of two processes lose no key', async (t) => {
  const path = await created()
  const first = await (await openKeystoreFile(path, passphrase)).currentKid()
  const processes = [rotating(path, 12), rotating(path, 12)]
  for (const { ended } of processes) t.deepEqual(await ended, [0, null])
  const held = (await (await openKeystoreFile(path, passphrase)).kids()).map(({ kid }) => kid)
  const said = processes.flatMap(({ said }) => said)
  t.is(said.length, 24)
  t.deepEqual(held.sort(), [first, ...said].sort())
})

test('after a process was killed the keystore opens with every key it had said, and a person clears the lock', async (t) => {
  const path = await created()
  const { child, said, ended } = rotating(path, 500)
  while (said.length < 3) await once(child, 'message')
  child.kill('SIGKILL')
  await ended
  const held = new Set((await (await openKeystoreFile(path, passphrase)).kids()).map(({ kid }) => kid))
  for (const kid of said) t.true(held.has(kid))
  rmSync(`${path}.lock`, { force: true })
  const kid = await addRootKey(path, passphrase, making)
  t.is(await (await openKeystoreFile(path, passphrase)).currentKid(), kid)
})

test('a keystore takes no key that it could not be read back with, and goes on when one is destroyed', async (t) => {
  const path = await created()
  const { kdf, keys } = parseKeystore(readFileSync(path, 'utf8')) as Keystore
  const passphraseKey = await derivePassphraseKey(passphrase, kdf.salt, kdf)
  const retired = Array.from({ length: KEYS_MAX - keys.length }, () =>
    sealRootKey(randomBytes(32), passphraseKey, { createdAtMs: 0, state: 'retired' }),
  )
  writeFileSync(path, formatKeystore({ kdf, keys: [...keys, ...(await Promise.all(retired))] }))
  const before = readFileSync(path, 'utf8')
  const error = await t.throwsAsync(addRootKey(path, passphrase, making), { instanceOf: KeystoreFull })
  t.is(error?.message, `The keystore ${path} already holds ${KEYS_MAX} root keys: destroy retired ones first.`)
  t.is(readFileSync(path, 'utf8'), before)
  t.false(existsSync(`${path}.lock`))
  await destroyRootKey(path, passphrase, { kid: (await retired[0])?.kid ?? '', random: randomBytes })
  const kid = await addRootKey(path, passphrase, making)
  t.like(await (await openKeystoreFile(path, passphrase)).kids(), { 0: { kid, state: 'current' }, length: KEYS_MAX })
})

test('a lock that nobody releases is named, with what to do', async (t) => {
  const path = await created()
  writeFileSync(`${path}.lock`, '')
  const error = await t.throwsAsync(addRootKey(path, passphrase, making), { instanceOf: KeystoreBusy })
  t.true(error?.message.includes(`remove ${path}.lock`))
  t.true(existsSync(`${path}.lock`))
})

test('a keystore that is lost, damaged, exposed or another one unwraps what is known and wraps nothing', async (t) => {
  const spoil: [(path: string) => void, new (path: string, cause: unknown) => Error][] = [
    [(path) => renameSync(path, `${path}.away`), KeystoreMissing],
    [(path) => writeFileSync(path, 'damaged'), KeystoreCorrupt],
    [(path) => chmodSync(path, 0o644), KeystoreExposed],
    [
      (path) => {
        renameSync(path, `${path}.away`)
        symlinkSync(path, path)
      },
      KeystoreUnreadable,
    ],
  ]
  for (const [act, instanceOf] of spoil) {
    const path = await created()
    const provider = await openKeystoreFile(path, passphrase)
    const { kid, wrapped } = await provider.wrap(key, context)
    act(path)
    await t.throwsAsync(provider.wrap(key, context), { instanceOf })
    t.deepEqual(await provider.unwrap(kid, wrapped, context), key)
  }
  const path = await created()
  const provider = await openKeystoreFile(path, passphrase)
  const { kid, wrapped } = await provider.wrap(key, context)
  renameSync(await created(), path)
  await t.throwsAsync(provider.wrap(key, context), { instanceOf: KeystoreLocked })
  t.deepEqual(await provider.unwrap(kid, wrapped, context), key)
})

test('nothing is left beside a keystore that was changed', async (t) => {
  const path = await created()
  await addRootKey(path, passphrase, making)
  const beside = readdirSync(folder).filter((name) => path.endsWith(name.slice(0, name.indexOf('.json') + 5)))
  t.deepEqual(
    beside.map((name) => join(folder, name)),
    [path],
  )
})
