import { randomBytes } from 'node:crypto'
import { generateApiKey } from '@kontor/api-key'
import { bucketSource } from '@kontor/ids'
import test from 'ava'
import pg from 'pg'
import { freshDatabases } from '../../../../test/support/database.ts'
import { ensureDemoTenant } from './demo-tenant.ts'

const apiKey = (service: 'vault' | 'invoicing') => generateApiKey({ service, mode: 'test', random: randomBytes }).text

test('the key that invoicing shows may read credentials of processors, also in a home of an earlier release', async (t) => {
  const fresh = await freshDatabases()
  const admin = new URL(fresh.adminUrl)
  admin.pathname = new URL(fresh.vaultUrl).pathname
  const vault = new pg.Client({ connectionString: admin.href })
  await vault.connect()
  t.teardown(async () => {
    await vault.end()
    await fresh.drop()
  })
  const keys = { vault: apiKey('vault'), invoicing: apiKey('invoicing'), vault_service: apiKey('vault') }
  const urls = {
    vault: { url: fresh.vaultUrl, migrationUrl: fresh.vaultMigrationUrl },
    keys: { url: fresh.keysUrl, migrationUrl: fresh.keysMigrationUrl },
    invoicing: { url: fresh.invoicingUrl, migrationUrl: fresh.invoicingMigrationUrl },
  }
  const ids = { nowMs: Date.now, random: randomBytes, randomBucket: bucketSource(randomBytes) }
  const scopes = async () =>
    (await vault.query('select scopes from api_key where tenant_id is null')).rows.map((row) => row.scopes)
  await ensureDemoTenant(urls, keys, ids)
  t.deepEqual(await scopes(), [['secret.read:processor']])
  for (const earlier of ['{}', '{a.b}']) {
    await vault.query('update api_key set scopes = $1 where tenant_id is null', [earlier])
    await ensureDemoTenant(urls, keys, ids)
    t.true((await scopes())[0].includes('secret.read:processor'))
  }
  t.deepEqual(await scopes(), [['a.b', 'secret.read:processor']])
})
