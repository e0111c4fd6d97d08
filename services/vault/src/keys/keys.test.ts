import { randomBytes } from 'node:crypto'
import { unwrapKey, wrapKey } from '@kontor/jose-box'
import type { KeyProvider } from '@kontor/keystore'
import { connect, type Database } from '@kontor/postgres'
import test from 'ava'
import {
  CARD,
  call,
  memoryProvider,
  newAccountId,
  newIntent,
  type TestVault,
  testVault,
  tokenize,
} from '../../test/test-vault.ts'
import { deks } from './deks.ts'
import { tenantKeys } from './tenant-keys.ts'

let vault: TestVault
let admin: string

const rights = { role: 'admin', scopes: ['token.reveal'], purposes: ['charge'] }

test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey(rights)
})
test.after.always(() => vault?.close())

/** A database that refuses connections. */
function unreachable(t: { teardown(close: () => Promise<void>): void }) {
  const database = connect({ url: 'postgresql://nobody:secret@127.0.0.1:1/none', max: 1, applicationName: 'test' })
  t.teardown(() => database.close())
  return database
}

/** A database that is there when a process starts, and gone from the moment that `cut` is set. */
function cutting(t: { teardown(close: () => Promise<void>): void }, whole: Database) {
  const gone = unreachable(t)
  const state = { cut: false }
  const now = () => (state.cut ? gone : whole)
  const database: Database = {
    get knex() {
      return now().knex
    },
    hotSql: (name, text, values) => now().hotSql(name, text, values),
    onConnection: (text, listener) => whole.onConnection(text, listener),
    close: async () => undefined,
  }
  return { database, state }
}

/** The provider of the tests until it is changed for another one. */
function changing(): { provider: KeyProvider; change(to: KeyProvider): void } {
  let held: KeyProvider = vault.deps.provider
  return {
    provider: {
      currentKid: () => held.currentKid(),
      kids: () => held.kids(),
      wrap: (...args) => held.wrap(...args),
      unwrap: (...args) => held.unwrap(...args),
    },
    change(to) {
      held = to
    },
  }
}

function modulesOf({ deps }: TestVault) {
  const keyDeps = { ...deps, database: deps.keys }
  const tenants = tenantKeys(keyDeps)
  return { tenants, subjects: deks(keyDeps, tenants) }
}

async function rowsOf(table: string, tenantId: string): Promise<Record<string, unknown>[]> {
  return (await vault.keysAdmin.query(`select * from ${table} where tenant_id = $1`, [tenantId])).rows
}

test('a tenant gets one KEK and one secret, however many processes meet it first', async (t) => {
  const tenantId = await vault.newTenant('raced')
  const processes = Array.from({ length: 8 }, () => modulesOf(vault))
  const keks = await Promise.all(processes.map(({ tenants }) => tenants.currentKek(tenantId)))
  const subkeys = await Promise.all(processes.map(({ tenants }) => tenants.subkeys(tenantId)))
  t.is(new Set(keks.map(({ key }) => key.toString('hex'))).size, 1)
  t.is(new Set(subkeys.map(({ request }) => request.toString('hex'))).size, 1)
  t.is((await rowsOf('tenant_kek', tenantId)).length, 1)
  t.is((await rowsOf('tenant_secret', tenantId)).length, 1)
})

test('a subject gets one DEK, however many processes meet it first, and it is committed when it is given', async (t) => {
  const subject = { tenantId: vault.tenantId, id: '0192f0c1-2a3b-7abc-8def-0123456789ab' }
  const processes = Array.from({ length: 8 }, () => modulesOf(vault))
  const given = await Promise.all(
    processes.flatMap(({ subjects }) => [
      subjects.current(subject),
      subjects.first(subject).then(async (dek) => {
        const { rows } = await vault.keysAdmin.query('select 1 from dek where subject_id = $1', [subject.id])
        t.is(rows.length, 1)
        return dek
      }),
    ]),
  )
  t.is(new Set(given.map(({ key }) => key.toString('hex'))).size, 1)
  t.deepEqual((await processes[0]?.subjects.find(subject, 1))?.key, given[0]?.key)
  t.is(await processes[0]?.subjects.find(subject, 2), undefined)
})

test('a subject of another tenant is not given a key', async (t) => {
  const { subjects } = modulesOf(vault)
  const id = '0192f0c1-2a3b-7abc-8def-0123456789ac'
  await subjects.current({ tenantId: vault.tenantId, id })
  const other = await vault.newTenant('grabbing')
  await t.throwsAsync(subjects.current({ tenantId: other, id }), { name: 'Error', message: '' })
})

test('tenants share no key', async (t) => {
  const { tenants } = modulesOf(vault)
  const ids = [await vault.newTenant('one'), await vault.newTenant('two')]
  const [a, b] = await Promise.all(ids.map((id) => tenants.subkeys(id)))
  t.notDeepEqual(a?.fingerprint.card.number, b?.fingerprint.card.number)
  const [kekA, kekB] = await Promise.all(ids.map((id) => tenants.currentKek(id)))
  t.notDeepEqual(kekA?.key, kekB?.key)
})

test('after the KEK was rotated, fingerprints and digests stay as they were and old DEKs still open', async (t) => {
  const tenantId = await vault.newTenant('rotating')
  const subject = { tenantId, id: '0192f0c1-2a3b-7abc-8def-0123456789ad' }
  const before = modulesOf(vault)
  const old = await before.tenants.currentKek(tenantId)
  const oldSubkeys = await before.tenants.subkeys(tenantId)
  const dek = await before.subjects.current(subject)

  // What a rotation does: a new KEK, which from now on wraps the secret and new DEKs.
  const kek = randomBytes(32)
  const { kid, wrapped } = await vault.deps.provider.wrap(kek, { typ: 'kek', ten: tenantId, ver: 2 })
  const [row] = await rowsOf('tenant_secret', tenantId)
  const secret = unwrapKey(row?.wrapped as string, old.key, { typ: 'secret', ten: tenantId, kek: 1 })
  await vault.keysAdmin.query(`update tenant_kek set state = 'retired' where tenant_id = $1`, [tenantId])
  await vault.keysAdmin.query(`insert into tenant_kek values ($1, 2, $2, $3, 'current')`, [tenantId, kid, wrapped])
  await vault.keysAdmin.query('update tenant_secret set kek_version = 2, wrapped = $2 where tenant_id = $1', [
    tenantId,
    wrapKey(secret, kek, { typ: 'secret', ten: tenantId, kek: 2 }),
  ])

  const after = modulesOf(vault)
  t.deepEqual(await after.tenants.subkeys(tenantId), oldSubkeys)
  t.deepEqual(await after.subjects.current(subject), dek)
  t.deepEqual(await after.tenants.currentKek(tenantId), { version: 2, key: kek })
})

test('without the database of the keys nothing is written and the answer is 503', async (t) => {
  const { database, state } = cutting(t, vault.deps.keys)
  const app = await vault.newApp({ keys: database })
  state.cut = true
  const intent = newIntent()
  const account_id = newAccountId()
  for (const body of [CARD, { ...CARD, account_id }]) {
    const answer = await tokenize(app, admin, body, intent)
    t.is(answer.status, 503)
    t.is(answer.json().code, 'keys_unavailable')
    t.false(answer.text.includes('127.0.0.1'))
  }
  t.is((await tokenize(vault.app, admin, CARD, intent)).headers['idempotent-replayed'], undefined)
})

test('without the database of the keys nothing is revealed or deleted, and masked values still are read', async (t) => {
  const { database, state } = cutting(t, vault.deps.keys)
  const app = await vault.newApp({ keys: database })
  state.cut = true
  const { id } = (await tokenize(vault.app, admin, CARD)).json()
  const url = `/v1/tokens/${id}`
  const reveal = await call(app, {
    key: admin,
    method: 'POST',
    url: `${url}/reveal`,
    body: { fields: ['number'], purpose: 'charge' },
  })
  t.is(reveal.json().code, 'keys_unavailable')
  const destroy = await call(app, { key: admin, method: 'DELETE', url })
  t.is(destroy.json().code, 'keys_unavailable')
  t.is((await call(app, { key: admin, method: 'GET', url })).status, 200)
})

test('without the key provider nothing is sealed or opened', async (t) => {
  const { provider, change } = changing()
  const app = await vault.newApp({ provider })
  const key = await vault.newKey({ tenantId: await vault.newTenant('provider-down') })
  change(Object.assign(memoryProvider(), { down: true }))
  t.is((await tokenize(app, key, CARD)).json().code, 'key_provider_unavailable')
  change(vault.deps.provider)
  t.is((await tokenize(app, key, CARD)).status, 201)
})

test('under a keystore without the root key the key provider is unavailable', async (t) => {
  await tokenize(vault.app, admin, CARD)
  const { provider, change } = changing()
  const app = await vault.newApp({ provider })
  change(memoryProvider('root-2'))
  t.is((await tokenize(app, admin, CARD)).json().code, 'key_provider_unavailable')
})

test('under another root key of the same id nothing opens, and that is an alarm and no outage', async (t) => {
  await tokenize(vault.app, admin, CARD)
  const { provider, change } = changing()
  const app = await vault.newApp({ provider })
  change(memoryProvider())
  const answer = await tokenize(app, admin, CARD)
  t.is(answer.status, 500)
  t.is(answer.json().code, 'integrity_violation')
})

test('without the vault’s own database the answer is 503', async (t) => {
  const { database, state } = cutting(t, vault.deps.vault)
  const app = await vault.newApp({ vault: database })
  state.cut = true
  for (const answer of [
    await tokenize(app, admin, CARD),
    await call(app, { key: admin, method: 'GET', url: `/v1/tokens/tok_${'0'.repeat(26)}` }),
  ]) {
    t.is(answer.status, 503)
    t.is(answer.json().code, 'database_unavailable')
  }
})

test('ready means that both databases and the key provider are there', async (t) => {
  const ready = async (deps: object) =>
    (await vault.newApp(deps))
      .inject({ method: 'GET', url: '/ready' })
      .then((answer) => [answer.statusCode, answer.json().code ?? answer.json().status])
  const provider = memoryProvider()
  provider.down = true
  t.deepEqual(await ready({}), [200, 'ready'])
  t.deepEqual(await ready({ vault: unreachable(t) }), [503, 'database_unavailable'])
  t.deepEqual(await ready({ keys: unreachable(t) }), [503, 'keys_unavailable'])
  t.deepEqual(await ready({ provider }), [503, 'key_provider_unavailable'])
})

test('a key is held for less than a minute and then read again', async (t) => {
  const other = await testVault()
  const key = await other.newKey(rights)
  const account_id = newAccountId()
  await tokenize(other.app, key, { ...CARD, account_id })
  await other.keysAdmin.query('alter table dek rename to dek_gone')
  await other.keysAdmin.query('alter table tenant_secret rename to tenant_secret_gone')
  t.is((await tokenize(other.app, key, { ...CARD, account_id })).status, 201)
  other.clock.monotonicMs += 60_000
  t.is((await tokenize(other.app, key, { ...CARD, account_id })).json().code, 'keys_unavailable')
  await other.close()
})
