import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyCompact } from '@kontor/jose-box'
import {
  createKeystoreFile,
  keystoreAdministration,
  openKeystoreFile,
  type RootKeyAdministration,
  RootKeyMissing,
} from '@kontor/keystore'
import { connect } from '@kontor/postgres'
import test, { type ExecutionContext } from 'ava'
import { CARD, call, testVault, tokenize } from '../../test/test-vault.ts'
import { signer } from '../signing/signer.ts'
import { RootKeyInUse, RootKeyStillCurrent, rootKeys } from './root-keys.ts'

const PASSPHRASE = 'correct horse battery staple'
const making = { random: randomBytes, nowMs: Date.now }

/** A vault over a keystore, and the custodian of its host. */
async function installation(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-root-keys-'))
  const file = join(folder, 'keystore.json')
  await createKeystoreFile(file, PASSPHRASE, { ...making, scrypt: { n: 1024, r: 8, p: 1 } })
  const vault = await testVault()
  const database = connect({ url: vault.databases.keysMigrationUrl, max: 2, applicationName: 'test' })
  t.teardown(async () => {
    await database.close()
    await vault.close()
    rmSync(folder, { recursive: true })
  })
  const provider = await openKeystoreFile(file, PASSPHRASE)
  const { now, monotonicMs } = vault.deps
  const signs = () => signer({ database, provider, monotonicMs })
  const custodian = (change: Partial<RootKeyAdministration> = {}) => {
    const administration = { ...keystoreAdministration(file, PASSPHRASE, making), ...change }
    return rootKeys({ database, provider, administration, signer: signs(), now })
  }
  return {
    vault,
    provider,
    signs,
    custodian,
    newApp: async () => vault.newApp({ provider: await openKeystoreFile(file, PASSPHRASE) }),
  }
}

test.serial('a new root key wraps what is new at once, and everything after a re-wrap', async (t) => {
  const { vault, provider, signs, custodian, newApp } = await installation(t)
  const app = await newApp()
  const keys = [await vault.newKey({}), await vault.newKey({ tenantId: await vault.newTenant('second') })]
  const [first, second] = keys as [string, string]
  t.is((await tokenize(app, first, CARD)).status, 201)
  await signs().sign('kontor-checkpoint+jwt', {})
  const former = await provider.currentKid()
  const kid = await custodian().rotate()
  t.is((await tokenize(app, second, CARD)).status, 201)
  t.like(await custodian().list(), [
    { kid, state: 'current', tenantKeks: 1, signingKeys: 0 },
    { kid: former, state: 'retired', tenantKeks: 1, signingKeys: 1 },
  ])
  const progress: string[] = []
  t.is(await custodian().rewrap((done, total) => progress.push(`${done}/${total}`)), 2)
  t.deepEqual(progress, ['0/2', '2/2'])
  t.is(await custodian().rewrap(), 0)
  t.like(await custodian().list(), [
    { kid, tenantKeks: 2, signingKeys: 1 },
    { kid: former, tenantKeks: 0, signingKeys: 0 },
  ])
  const fresh = await newApp()
  for (const key of keys) t.is((await tokenize(fresh, key, CARD)).status, 201)
})

test.serial('a root key is destroyed once it wraps nothing, and the certificate stays the same', async (t) => {
  const { vault, provider, custodian, newApp } = await installation(t)
  const app = await newApp()
  const key = await vault.newKey({})
  await tokenize(app, key, CARD)
  const former = await provider.currentKid()
  await t.throwsAsync(custodian().destroy(former), { instanceOf: RootKeyInUse, message: /^1 keys of tenants and 0/ })
  const kid = await custodian().rotate()
  await t.throwsAsync(custodian().destroy(former), { instanceOf: RootKeyInUse })
  await t.throwsAsync(custodian().destroy('unknown'), { instanceOf: RootKeyMissing })
  await custodian().rewrap()
  const certificate = await custodian().destroy(former)
  const { keys } = (await call(app, { key, method: 'GET', url: '/v1/signing-keys' })).json()
  t.like(verifyCompact(certificate, 'kontor-key-destruction+jwt', keys), { key: 'root_kek', kid: former })
  t.is(await custodian().destroy(former), certificate)
  t.deepEqual(
    (await provider.kids()).map((held) => held.kid),
    [kid],
  )
  t.is((await tokenize(await newApp(), key, CARD)).status, 201)
})

test.serial('the current root key is not destroyed, even while it wraps nothing', async (t) => {
  const { provider, signs, custodian } = await installation(t)
  await signs().sign('kontor-checkpoint+jwt', {})
  await custodian().rotate()
  await t.throwsAsync(custodian().destroy(await provider.currentKid()), { instanceOf: RootKeyStillCurrent })
})

test.serial('a destruction that was interrupted before the key was gone is finished by the next', async (t) => {
  const { provider, signs, custodian } = await installation(t)
  await signs().sign('kontor-checkpoint+jwt', {})
  const former = await provider.currentKid()
  await custodian().rotate()
  await custodian().rewrap()
  const cut = custodian({ destroy: () => Promise.reject(new Error('cut off')) })
  await t.throwsAsync(cut.destroy(former), { message: 'cut off' })
  t.is((await provider.kids()).length, 2)
  await custodian().destroy(former)
  t.is((await provider.kids()).length, 1)
})

test.serial(
  'nothing is stored under a root key that was condemned meanwhile: it is made again under the current one',
  async (t) => {
    const { vault, provider, signs, custodian } = await installation(t)
    await signs().sign('kontor-checkpoint+jwt', {})
    const former = await provider.currentKid()
    let rotated = false
    // A process that wraps, and is then held up until its root key has been rotated and destroyed.
    const slow = {
      ...provider,
      async wrap(...args: Parameters<typeof provider.wrap>) {
        const wrapped = await provider.wrap(...args)
        if (!rotated) {
          rotated = true
          await custodian().rotate()
          await custodian().rewrap()
          await custodian().destroy(former)
        }
        return wrapped
      },
    }
    const app = await vault.newApp({ provider: slow })
    t.is((await tokenize(app, await vault.newKey({}), CARD)).status, 201)
    const { rows } = await vault.keysAdmin.query('select root_kid from tenant_kek')
    t.deepEqual(rows, [{ root_kid: await provider.currentKid() }])
  },
)
