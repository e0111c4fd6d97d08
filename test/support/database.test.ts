import { connect, sqlstate, withClient } from '@kontor/postgres'
import test from 'ava'
import { type FreshDatabases, freshDatabases, testServer } from './database.ts'

const query = (url: string, sql: string) =>
  withClient(url, 'kontor test', async (client) => (await client.query<Record<string, unknown>>(sql)).rows)

const tenant = (slug: string) =>
  `insert into tenant (id, slug, name) values (gen_random_uuid(), '${slug}', '${slug}') returning slug`

test('each test file has tables of its own', async (t) => {
  const [one, other] = await Promise.all([freshDatabases(t), freshDatabases(t)])
  await query(one.invoicingMigrationUrl, tenant('only-here'))
  t.deepEqual(await query(one.invoicingUrl, 'select slug from tenant'), [{ slug: 'only-here' }])
  t.deepEqual(await query(other.invoicingUrl, 'select slug from tenant'), [])
})

test('a copy keeps what each role may do, down to who may connect', async (t) => {
  const databases = await freshDatabases(t)
  const refused = async (url: string, sql: string) => sqlstate(await t.throwsAsync(query(url, sql)))
  t.is(await refused(databases.vaultUrl, 'create table mine ()'), '42501')
  t.is(await refused(databases.vaultUrl, tenant('not-allowed')), '42501')
  t.is(await refused(databases.vaultUrl, 'select file from migration_checksum'), '42501')
  const elsewhere = new URL(databases.invoicingUrl)
  elsewhere.pathname = new URL(databases.vaultUrl).pathname
  t.is(await refused(elsewhere.href, 'select 1'), '42501')
  const [row] = await query(databases.keysUrl, "select current_user as me, current_setting('timezone') as zone")
  t.deepEqual(row, { me: 'kontor_keys_service', zone: 'UTC' })
  await t.notThrowsAsync(query(databases.keysMigrationUrl, 'create table mine ()'))
})

test('dropping removes them from under open connections', async (t) => {
  const databases: FreshDatabases = await freshDatabases()
  const pool = connect({ url: databases.vaultUrl, max: 1, applicationName: 'kontor test' })
  await pool.hotSql('one', 'select 1 as one', [])
  await databases.drop()
  t.is(sqlstate(await t.throwsAsync(query(databases.vaultUrl, 'select 1'))), '3D000')
  await pool.close()
})

test.serial('without the runner there is a sentence that says what to run', (t) => {
  const url = process.env.KONTOR_TEST_ADMIN_URL
  delete process.env.KONTOR_TEST_ADMIN_URL
  t.teardown(() => {
    process.env.KONTOR_TEST_ADMIN_URL = url
  })
  t.throws(testServer, { message: /run it with `npx -y pnpm@12 test/ })
})
