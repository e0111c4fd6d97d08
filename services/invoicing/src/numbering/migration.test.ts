import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createDatabases, migrate } from '@kontor/postgres'
import test from 'ava'
import { testServer } from '../../../../test/support/database.ts'
import { migrationsOf } from '../../../../test/support/test-server.ts'

const TENANT = '01890a5d-ac96-774b-bcce-b302099a8057'
const ISSUER = '01890a5d-ac96-7001-8000-000000000001'
const ACCOUNT = '01890a5d-ac96-7001-8000-000000000002'
const [INVOICES, QUOTES, DRAFT] = [3, 4, 5].map((n) => `01890a5d-ac96-7001-8000-00000000000${n}`)

/** What the release before wrote: an account with a series of each type, one of them in use, and a draft that names it. */
const BEFORE = `
insert into tenant (id, slug, name) values ('${TENANT}', 'acme', 'Acme');
insert into issuer (bucket, id, tenant_id, mode, name, address, payee_accounts, time_zone, currency, language, created_at)
values (1, '${ISSUER}', '${TENANT}', 'live', 'Muster AG', '{}', '[]', 'Europe/Zurich', 'CHF', 'de', now());
insert into account (bucket, id, tenant_id, mode, customer_number, kind, name, language, billing_address, created_at)
values (1, '${ACCOUNT}', '${TENANT}', 'live', '123456789', 'company', 'Beispiel', 'de', '{}', now());
insert into series (bucket, id, tenant_id, mode, issuer_id, scope, account_id, document_type, prefix, next_seq, last_issued_on, created_at)
values (1, '${INVOICES}', '${TENANT}', 'live', '${ISSUER}', 'account', '${ACCOUNT}', 'invoice', '123456789-', 8, '2026-01-31', now()),
       (1, '${QUOTES}', '${TENANT}', 'live', '${ISSUER}', 'account', '${ACCOUNT}', 'quote', 'Q-123456789-', 1, null, now());
insert into document (bucket, id, tenant_id, mode, document_type, type_code, state, issuer_id, account_id, series_id, currency,
       net_minor, vat_minor, gross_minor, payable_minor, content, created_at)
values (1, '${DRAFT}', '${TENANT}', 'live', 'invoice', '380', 'draft', '${ISSUER}', '${ACCOUNT}', '${INVOICES}', 'CHF', 0, 0, 0, 0,
        '{}', now());
`

test('series of the release before go on with the format they had, and a database in use takes the new tables', async (t) => {
  const { adminUrl, passwords, prefix } = testServer()
  const { invoicing } = await createDatabases(adminUrl, passwords, { prefix: `${prefix}_series` })
  const all = migrationsOf('invoicing')
  const released = await mkdtemp(join(tmpdir(), 'kontor-migrations-'))
  t.teardown(() => rm(released, { recursive: true }))
  for (const name of await readdir(all)) if (name < '0005') await cp(join(all, name), join(released, name))
  await migrate(invoicing.migrationUrl, released, () => {})
  const owner = connect({ url: invoicing.migrationUrl, max: 1, applicationName: 'test-owner' })
  t.teardown(() => owner.close())
  await owner.knex.raw(BEFORE)

  await migrate(invoicing.migrationUrl, all, () => {})
  const rows = await owner
    .knex('series')
    .select('id', 'format', 'prefix', 'suffix', 'seq_width', 'first_seq', 'next_seq', 'started_at')
    .orderBy('id')
  const common = { suffix: '', seq_width: 1, first_seq: 1n, started_at: null }
  t.deepEqual(rows, [
    { id: INVOICES, format: '{customer}-{seq}', prefix: '123456789-', next_seq: 8n, ...common },
    { id: QUOTES, format: 'Q-{customer}-{seq}', prefix: 'Q-123456789-', next_seq: 1n, ...common },
  ])
  t.like(await owner.knex('document').select('series_id').first(), { series_id: INVOICES })
  await t.throwsAsync(owner.knex('series').where({ id: INVOICES }).update({ next_seq: 7 }), { code: '23000' })
  // The release before still runs beside it, and names no format when it makes a series.
  await owner.knex.raw(
    `insert into series (bucket, id, tenant_id, mode, issuer_id, scope, account_id, document_type, prefix, created_at)
     select bucket, ?, tenant_id, mode, issuer_id, scope, account_id, 'receipt', '123456789-', now() from series where id = ?`,
    ['01890a5d-ac96-7001-8000-000000000006', INVOICES ?? ''],
  )
})
