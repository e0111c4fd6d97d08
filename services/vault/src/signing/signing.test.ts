import { verifyCompact } from '@kontor/jose-box'
import test from 'ava'
import { call, memoryProvider, type TestVault, testVault } from '../../test/test-vault.ts'
import { signer } from './signer.ts'

let vault: TestVault
test.before(async () => {
  vault = await testVault()
})
test.after.always(() => vault?.close())

const newSigner = (other: Partial<Parameters<typeof signer>[0]> = {}) =>
  signer({ database: vault.deps.keys, provider: vault.deps.provider, monotonicMs: vault.deps.monotonicMs, ...other })

test.serial('processes that start at once sign with one key, which is published and stored only wrapped', async (t) => {
  const statements = await Promise.all(
    Array.from({ length: 8 }, (_, n) => newSigner().sign('kontor-checkpoint+jwt', { n })),
  )
  const key = await vault.newKey({ role: 'auditor' })
  const { keys } = (await call(vault.app, { key, method: 'GET', url: '/v1/signing-keys' })).json()
  t.is(keys.length, 1)
  t.deepEqual(Object.keys(keys[0]).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  for (const [n, statement] of statements.entries()) {
    t.deepEqual(verifyCompact(statement, 'kontor-checkpoint+jwt', keys), { n })
  }
  const { rows } = await vault.keysAdmin.query('select * from signing_key')
  t.is(rows.length, 1)
  t.is(rows[0].wrapped.split('.').length, 5)
})

test.serial('a scalar that was moved under another public key signs nothing', async (t) => {
  await newSigner().sign('kontor-checkpoint+jwt', {})
  const { rows } = await vault.keysAdmin.query('select kid, x from signing_key')
  await vault.keysAdmin.query('update signing_key set x = y, y = x')
  await t.throwsAsync(newSigner().sign('kontor-checkpoint+jwt', {}), { name: 'Error' })
  await vault.keysAdmin.query('update signing_key set x = y, y = x')
  t.is((await vault.keysAdmin.query('select x from signing_key')).rows[0].x, rows[0].x)
  await t.notThrowsAsync(newSigner().sign('kontor-checkpoint+jwt', {}))
})

test.serial('without the provider nothing is signed', async (t) => {
  const down = Object.assign(memoryProvider(), { down: true })
  await t.throwsAsync(newSigner({ provider: down }).sign('kontor-erasure+jwt', {}), { message: /nothing was changed/ })
})
