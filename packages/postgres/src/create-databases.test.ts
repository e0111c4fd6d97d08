import test from 'ava'
import { testServer } from '../../../test/support/database.ts'
import { openTestServer } from '../../../test/support/test-server.ts'
import { withClient } from './client.ts'
import { createDatabases, DATABASES, type DatabaseUrls, type RolePasswords, urlFor } from './create-databases.ts'
import { sqlstate } from './sqlstate.ts'

let urls: DatabaseUrls
let passwords: RolePasswords
let adminUrl: string
let prefix: string

test.before(async () => {
  const server = testServer()
  adminUrl = server.adminUrl
  passwords = server.passwords
  prefix = `${server.prefix}_created`
  urls = await createDatabases(adminUrl, passwords, { prefix })
})

const query = (url: string, sql: string): Promise<object[]> =>
  withClient(url, 'kontor test', async (client) => (await client.query(sql)).rows)

for (const name of DATABASES) {
  test(`the owner of ${name} makes tables; the service uses what is granted to it, and nothing else`, async (t) => {
    const owner = urls[name].migrationUrl
    await query(owner, `create table a (id int); create table b (id int); grant select on a to kontor_${name}_service`)
    t.deepEqual(await query(urls[name].url, 'select id from a'), [])
    for (const sql of [
      'select id from b',
      'insert into a values (1)',
      'create table c ()',
      'drop table a',
      'truncate a',
      'create schema s',
      'create temporary table d ()',
      `set role kontor_${name}_owner`,
      'set role kontor_retention',
    ]) {
      const error = await t.throwsAsync(query(urls[name].url, sql), undefined, sql)
      t.is(sqlstate(error), '42501', sql)
    }
  })

  test(`nobody but its own two roles connects to ${name}`, async (t) => {
    for (const other of DATABASES) {
      if (other === name) continue
      for (const role of ['owner', 'service'] as const) {
        const url = urlFor(adminUrl, `${prefix}_${name}`, `kontor_${other}_${role}`, passwords[other][role])
        const error = await t.throwsAsync(query(url, 'select 1'))
        t.is(sqlstate(error), '42501')
      }
    }
  })
}

test('nobody logs in as the role that deletes after retention', async (t) => {
  t.deepEqual(await query(adminUrl, "select rolcanlogin from pg_roles where rolname = 'kontor_retention'"), [
    { rolcanlogin: false },
  ])
})

test('text is UTF-8 in code-point order and the session runs in UTC, whatever the server is set to', async (t) => {
  const sql =
    "select current_setting('server_encoding') as encoding, current_setting('timezone') as zone, 'Z' < 'a' as ordered"
  t.deepEqual(await query(urls.vault.url, sql), [{ encoding: 'UTF8', zone: 'UTC', ordered: true }])
})

test('doing it again, even three times at once, changes nothing', async (t) => {
  const table = `again_${prefix.length}`
  await query(urls.keys.migrationUrl, `create table ${table} ()`)
  const again = await Promise.all([1, 2, 3].map(() => createDatabases(adminUrl, passwords, { prefix })))
  t.deepEqual(again, [urls, urls, urls])
  t.deepEqual(await query(urls.keys.migrationUrl, `select count(*)::int from ${table}`), [{ count: 0 }])
})

test.serial(
  'an administrator without superuser rights can do it too, and passwords never reach the server',
  async (t) => {
    const server = await openTestServer(undefined, () => {})
    t.teardown(() => server.close())
    await query(server.adminUrl, "create role operator login createrole createdb password 'operator'")
    await query(server.adminUrl, 'create extension if not exists pg_stat_statements').catch(() => {})
    const operatorUrl = urlFor(server.adminUrl, 'postgres', 'operator', 'operator')
    const odd = { owner: `o'w"n\\er $x% :/?#@`, service: 's&r=v;i c-e' }
    const first = await createDatabases(operatorUrl, { vault: odd, keys: odd, invoicing: odd })
    t.deepEqual(await query(first.vault.migrationUrl, 'select current_user as me'), [{ me: 'kontor_vault_owner' }])

    const rotated = { ...odd, service: 'another' }
    const second = await createDatabases(operatorUrl, { vault: rotated, keys: odd, invoicing: odd })
    t.deepEqual(await query(second.vault.url, 'select current_user as me'), [{ me: 'kontor_vault_service' }])
    const refused = await t.throwsAsync(query(first.vault.url, 'select 1'))
    t.is(sqlstate(refused), '28P01')
    t.deepEqual(await query(operatorUrl, 'select datname from pg_database where datname ~ $$^kontor$$ order by 1'), [
      { datname: 'kontor_invoicing' },
      { datname: 'kontor_keys' },
      { datname: 'kontor_vault' },
    ])
  },
)
