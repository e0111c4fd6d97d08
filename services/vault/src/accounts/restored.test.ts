import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { bucketOf, formatId, newUuid, parseId, toBucket } from '@kontor/ids'
import test from 'ava'
import { CARD, call, IBAN_ACCOUNT, newAccountId, type TestVault, testVault, tokenize } from '../../test/test-vault.ts'
import { NO_ACTOR } from '../events/event.ts'
import { deks } from '../keys/deks.ts'
import { tenantKeys } from '../keys/tenant-keys.ts'
import { bury } from './tombstones.ts'

// One after the other: each of them puts whole tables back.
let vault: TestVault
let admin: string
test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey({ role: 'admin' })
})
test.after.always(() => vault?.close())

const VAULT_TABLES = ['data_subject', 'token', 'instrument_claim', 'erasure', 'event']
const KEYS_TABLES = ['dek', 'tombstone']

/** Copies tables as a backup does. @returns Puts them back as they were, past every key and trigger, under open connections. */
async function backup(pool: TestVault['vaultAdmin'], tables: readonly string[]): Promise<() => Promise<void>> {
  const copies = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await pool.query(`select coalesce(jsonb_agg(row), '[]')::text as rows from ${table} as row`)
      return { table, rows: rows[0].rows as string }
    }),
  )
  return async () => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      await client.query('set local session_replication_role = replica')
      for (const { table, rows } of copies) {
        await client.query(`delete from ${table}`)
        await client.query(
          `insert into ${table} select row.* from jsonb_populate_recordset(null::${table}, $1::jsonb) as row`,
          [rows],
        )
      }
      await client.query('commit')
    } finally {
      client.release()
    }
  }
}

async function customer(app = vault.app) {
  const account = newAccountId()
  const card = await tokenize(app, admin, { ...CARD, account_id: account })
  await tokenize(app, admin, { ...IBAN_ACCOUNT, account_id: account })
  return { account, token: card.json().id as string }
}

const erase = (account: string, app = vault.app) =>
  call(app, { key: admin, method: 'DELETE', url: `/v1/accounts/${account}/data` })
const read = (token: string, app = vault.app) => call(app, { key: admin, method: 'GET', url: `/v1/tokens/${token}` })
const count = async (pool: TestVault['vaultAdmin'], sql: string, values: unknown[] = []) =>
  (await pool.query(sql, values)).rowCount

test.serial('an old backup of the data is erased again before anything is answered', async (t) => {
  const { account, token } = await customer()
  const bystander = await customer()
  const subject = await vault.subjectIdOf(account)
  await call(vault.app, { key: admin, method: 'PUT', url: `/v1/accounts/${account}/hold`, body: { reason: 'old' } })
  const restore = await backup(vault.vaultAdmin, VAULT_TABLES)
  await call(vault.app, { key: admin, method: 'DELETE', url: `/v1/accounts/${account}/hold` })
  const receipt = (await erase(account)).json()
  await restore()
  t.is(await count(vault.vaultAdmin, `select from token where subject_id = $1 and state = 'active'`, [subject]), 2)

  const started = await vault.newApp()
  t.is((await read(token, started)).json().code, 'subject_erased')
  t.is(await count(vault.vaultAdmin, `select from token where subject_id = $1 and state = 'active'`, [subject]), 0)
  t.is(await count(vault.vaultAdmin, 'select from instrument_claim where subject_id = $1', [subject]), 0)
  t.deepEqual((await erase(account, started)).json(), receipt, 'the receipt comes from the tombstone')
  t.is((await read(bystander.token, started)).status, 200)
  const { rows } = await vault.vaultAdmin.query(
    `select actor_key_id, data from event where subject_id = $1 and type = 'account.erased'`,
    [subject],
  )
  t.deepEqual(rows, [{ actor_key_id: NO_ACTOR, data: '{"replayed":true,"tokens_destroyed":2}' }])
})

test.serial('an old backup of the keys has them destroyed again', async (t) => {
  const { account, token } = await customer()
  const subject = await vault.subjectIdOf(account)
  const restore = await backup(vault.keysAdmin, KEYS_TABLES)
  const receipt = (await erase(account)).json()
  await restore()
  t.is(await count(vault.keysAdmin, 'select from dek where subject_id = $1', [subject]), 1)
  const started = await vault.newApp()
  t.is(await count(vault.keysAdmin, 'select from dek where subject_id = $1', [subject]), 0)
  t.is((await read(token, started)).status, 410)
  t.deepEqual((await erase(account, started)).json(), receipt)
  const { rows } = await vault.keysAdmin.query('select receipt from tombstone where subject_id = $1', [subject])
  t.is(rows[0].receipt, receipt.receipt)
})

test.serial(
  'who was made anew after a restore, before it was noticed, is erased with new keys and a new receipt',
  async (t) => {
    const restore = await backup(vault.vaultAdmin, VAULT_TABLES)
    const { account } = await customer()
    const before = await vault.subjectIdOf(account)
    const old = (await erase(account)).json()
    await restore()
    t.is((await tokenize(vault.app, admin, { ...CARD, account_id: account })).status, 201)
    const after = await vault.subjectIdOf(account)
    t.not(after, before)
    const started = await vault.newApp()
    t.is((await tokenize(started, admin, { ...CARD, account_id: account })).json().code, 'subject_erased')
    t.is(await count(vault.keysAdmin, 'select from dek where subject_id = $1', [after]), 0)
    t.is(await count(vault.keysAdmin, 'select from tombstone where account_id = $1', [parseId('acc', account)]), 2)
    t.not((await erase(account, started)).json().receipt, old.receipt)
  },
)

test.serial('what a process that died has left is completed by the next', async (t) => {
  const { account, token } = await customer()
  const subject = await vault.subjectIdOf(account)
  await vault.keysAdmin.query('alter table tombstone rename to tombstone_away')
  const answer = await erase(account)
  await vault.keysAdmin.query('alter table tombstone_away rename to tombstone')
  t.is(answer.status, 504, answer.text)
  t.is((await read(token)).json().code, 'subject_erased', 'the data are gone already')
  t.is(await count(vault.keysAdmin, 'select from dek where subject_id = $1', [subject]), 1)
  await vault.newApp()
  t.is(await count(vault.keysAdmin, 'select from dek where subject_id = $1', [subject]), 0)
  t.is(await count(vault.vaultAdmin, 'select from erasure where subject_id = $1 and receipt is not null', [subject]), 1)
  t.is((await erase(account)).status, 200)
})

test.serial('while the two cannot be compared nothing is answered, and the vault is not ready', async (t) => {
  const { token } = await customer()
  await vault.keysAdmin.query('alter table tombstone rename to tombstone_away')
  const started = await vault.newApp()
  const answers = [
    await read(token, started),
    await call(started, { key: admin, method: 'GET', url: '/v1/signing-keys' }),
    await call(started, { key: admin, method: 'GET', url: '/ready' }),
  ]
  await vault.keysAdmin.query('alter table tombstone_away rename to tombstone')
  t.deepEqual(
    answers.map(({ status }) => status),
    [503, 503, 503],
  )
  t.deepEqual(
    answers.map((answer) => answer.json().code),
    Array(3).fill('erasures_replaying'),
  )
  t.is((await call(started, { key: 'kv_test_nothing', method: 'GET', url: '/v1/signing-keys' })).status, 401)
  t.is((await call(started, { key: admin, method: 'GET', url: '/health' })).status, 200)
})

test.serial('more tombstones than a page holds are all replayed, those of unknown tenants left alone', async (t) => {
  const uuid = () => newUuid(toBucket(randomBytes(2).readUInt16BE() & 0xfff), Date.now(), randomBytes)
  const rows = Array.from({ length: 520 }, (_, n) => {
    const account = uuid()
    const subject = newUuid(bucketOf(account), Date.now(), randomBytes)
    return {
      bucket: bucketOf(account),
      subject_id: subject,
      tenant_id: n < 510 ? vault.tenantId : uuid(),
      account_id: account,
    }
  })
  await vault.keysAdmin.query(
    `insert into tombstone (bucket, subject_id, tenant_id, mode, account_id, erased_at, tokens_destroyed, keys_destroyed_at, final_at, receipt)
     select bucket, subject_id, tenant_id, 'test', account_id, now(), 1, now(), now(), 'a.b.c'
     from json_to_recordset($1::json) as row (bucket smallint, subject_id uuid, tenant_id uuid, account_id uuid)`,
    [JSON.stringify(rows)],
  )
  const started = await vault.newApp()
  while ((await call(started, { key: admin, method: 'GET', url: '/ready' })).status !== 200) await pause(100)
  const ids = rows.map((row) => row.account_id)
  t.is(
    await count(vault.vaultAdmin, `select from data_subject where state = 'erased' and account_id = any ($1)`, [ids]),
    510,
  )
  const [first] = ids
  const answer = await tokenize(started, admin, { ...CARD, account_id: formatId('acc', first as string) })
  t.is(answer.json().code, 'subject_erased')
})

function keysOf({ deps }: TestVault) {
  const keyDeps = { ...deps, database: deps.keys }
  return deks(keyDeps, tenantKeys(keyDeps))
}

const tombstoneOf = (subjectId: string, accountId: string) => {
  const at = new Date('2026-11-23T10:00:00.000Z')
  const erased = {
    subjectId,
    accountId,
    tenantId: vault.tenantId,
    mode: 'test' as const,
    erasedAt: at,
    tokensDestroyed: 0,
  }
  return { ...erased, keysDestroyedAt: at, finalAt: at, receipt: null }
}

test.serial('a subject with a tombstone never gets a key, not even while the tombstone is being set', async (t) => {
  const bucket = toBucket(7)
  const [subjectId, accountId] = [newUuid(bucket, 1, randomBytes), newUuid(bucket, 2, randomBytes)]
  const setting = await vault.keysAdmin.connect()
  await setting.query('begin')
  await setting.query(
    `insert into tombstone (bucket, subject_id, tenant_id, mode, account_id, erased_at, tokens_destroyed, keys_destroyed_at, final_at)
     values (7, $1, $2, 'test', $3, now(), 0, now(), now())`,
    [subjectId, vault.tenantId, accountId],
  )
  // It cannot see the tombstone yet, and waits for whoever is setting it.
  const claimed = t.throwsAsync(keysOf(vault).current({ tenantId: vault.tenantId, id: subjectId }))
  while (!(await count(vault.keysAdmin, `select from pg_locks where locktype = 'advisory' and not granted`)))
    await new Promise(setImmediate)
  await setting.query('commit')
  setting.release()
  t.is(((await claimed) as unknown as { code: string }).code, 'subject_erased')
  t.is(await count(vault.keysAdmin, 'select from dek where subject_id = $1', [subjectId]), 0)
  await vault.keysAdmin.query(
    `insert into dek (bucket, subject_id, version, tenant_id, kek_version, wrapped) values (7, $1, 2, $2, 1, 'x')`,
    [subjectId, vault.tenantId],
  )
  t.is(await count(vault.keysAdmin, 'select from dek where subject_id = $1', [subjectId]), 0, 'whoever inserts it')
})

test.serial('a key that is being made while the tombstone is set is destroyed with the others', async (t) => {
  const bucket = toBucket(8)
  const [subjectId, accountId] = [newUuid(bucket, 1, randomBytes), newUuid(bucket, 2, randomBytes)]
  const making = await vault.keysAdmin.connect()
  await making.query('begin')
  await making.query(
    `insert into dek (bucket, subject_id, version, tenant_id, kek_version, wrapped) values (8, $1, 1, $2, 1, 'x')`,
    [subjectId, vault.tenantId],
  )
  const buried = bury(vault.deps.keys, tombstoneOf(subjectId, accountId))
  while (!(await count(vault.keysAdmin, `select from pg_locks where locktype = 'advisory' and not granted`)))
    await new Promise(setImmediate)
  await making.query('commit')
  making.release()
  t.deepEqual((await buried).versions, [1])
  t.is(await count(vault.keysAdmin, 'select from dek where subject_id = $1', [subjectId]), 0)
})
