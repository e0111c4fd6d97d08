import { createHash } from 'node:crypto'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createDatabases, migrate } from '@kontor/postgres'
import test from 'ava'
import { testServer } from '../../../../test/support/database.ts'
import { migrationsOf } from '../../../../test/support/test-server.ts'

const TENANT = '01890a5d-ac96-774b-bcce-b302099a8057'
const [ISSUER, ACCOUNT, SERIES, QUOTE, INVOICE, KEY] = [1, 2, 3, 4, 5, 6].map(
  (n) => `01890a5d-ac96-7001-8000-00000000000${n}`,
)

/** What the release before wrote: a quote of two lines that was accepted, and its invoice draft. */
const BEFORE = `
insert into tenant (id, slug, name) values ('${TENANT}', 'acme', 'Acme');
insert into issuer (bucket, id, tenant_id, mode, name, address, payee_accounts, time_zone, currency, language, created_at)
values (1, '${ISSUER}', '${TENANT}', 'live', 'Muster AG', '{}', '[]', 'Europe/Zurich', 'CHF', 'de', now());
insert into account (bucket, id, tenant_id, mode, customer_number, kind, name, language, billing_address, created_at)
values (1, '${ACCOUNT}', '${TENANT}', 'live', '123456789', 'company', 'Beispiel', 'de', '{}', now());
insert into series (bucket, id, tenant_id, mode, issuer_id, scope, account_id, document_type, prefix, next_seq, last_issued_on, format, created_at)
values (1, '${SERIES}', '${TENANT}', 'live', '${ISSUER}', 'account', '${ACCOUNT}', 'quote', 'Q-', 2, '2026-01-31', 'Q-{seq}', now());
insert into document (bucket, id, tenant_id, mode, document_type, type_code, state, issuer_id, account_id, series_id, currency,
       net_minor, vat_minor, gross_minor, payable_minor, content, issue_on, seq, number, snapshot, snapshot_hash, issued_at, version, created_at)
values (1, '${QUOTE}', '${TENANT}', 'live', 'quote', '310', 'issued', '${ISSUER}', '${ACCOUNT}', '${SERIES}', 'CHF', 0, 0, 0, 0,
        '{"lines": [{"quantity": "2.5"}, {"quantity": "-1"}]}', '2026-01-31', 1, 'Q-ä-1', '{"süß":1}', sha256('x'), now(), 2, now());
insert into document (bucket, id, tenant_id, mode, document_type, type_code, state, issuer_id, account_id, quote_id, currency,
       net_minor, vat_minor, gross_minor, payable_minor, content, created_at)
values (1, '${INVOICE}', '${TENANT}', 'live', 'invoice', '380', 'draft', '${ISSUER}', '${ACCOUNT}', '${QUOTE}', 'CHF', 0, 0, 0, 0, '{}', now());
insert into quote_acceptance (bucket, quote_id, tenant_id, invoice_id, actor_key_id, accepted_at)
values (1, '${QUOTE}', '${TENANT}', '${INVOICE}', '${KEY}', '2026-02-01T10:00:00Z');
`

test('what was accepted before is taken over as accepted and converted whole, and its draft can be dropped', async (t) => {
  const { adminUrl, passwords, prefix } = testServer()
  const { invoicing } = await createDatabases(adminUrl, passwords, { prefix: `${prefix}_quotes` })
  const all = migrationsOf('invoicing')
  const own = (await readdir(all)).find((name) => name.endsWith('_quote_life.sql')) ?? ''
  const released = await mkdtemp(join(tmpdir(), 'kontor-migrations-'))
  t.teardown(() => rm(released, { recursive: true }))
  for (const name of await readdir(all)) if (name < own) await cp(join(all, name), join(released, name))
  await migrate(invoicing.migrationUrl, released, () => {})
  const owner = connect({ url: invoicing.migrationUrl, max: 1, applicationName: 'test-owner' })
  t.teardown(() => owner.close())
  await owner.knex.raw(BEFORE)

  await migrate(invoicing.migrationUrl, all, () => {})
  const step = await owner.knex('quote_step').select('quote_id', 'step', 'actor_key_id', 'at', 'terms_hash').first()
  t.deepEqual(step, {
    quote_id: QUOTE,
    step: 'accepted',
    actor_key_id: KEY,
    at: new Date('2026-02-01T10:00:00Z'),
    terms_hash: createHash('sha256').update('{"süß":1}\nQ-ä-1').digest(),
  })
  const lines = () => owner.knex('quote_line').select('line_no', 'quoted', 'converted').orderBy('line_no')
  t.deepEqual(await lines(), [
    { line_no: 1, quoted: '2.500000000', converted: '2.500000000' },
    { line_no: 2, quoted: '-1.000000000', converted: '-1.000000000' },
  ])
  await owner.knex('document').where({ id: INVOICE }).delete()
  t.deepEqual(
    (await lines()).map(({ converted }) => Number(converted)),
    [0, 0],
  )
})
