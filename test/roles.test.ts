import { QUEUES, schemaOf } from '@kontor/jobs'
import { DATABASES, type DatabaseName, serviceRole, sqlstate, urlFor } from '@kontor/postgres'
import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { type FreshDatabases, freshDatabases, testServer } from './support/database.ts'

// What each service may do with each table of its database: read, write a new row, change some columns, delete. A table that is
// missing here fails the test, so that nobody adds one without deciding.
const ALLOWED: Readonly<Record<DatabaseName, Readonly<Record<string, string>>>> = {
  vault: {
    tenant: 'select',
    api_key: 'select',
    audit_leaf: 'select insert',
    audit_log: 'select insert update',
    audit_position: 'select update',
    audit_tile: 'select insert',
    data_subject: 'select insert update',
    erasure: 'select insert update',
    token: 'select insert update',
    event: 'select insert',
    // A claim ends with the last token of its number; counts of reveals are of no use after their minute.
    instrument_claim: 'select insert update delete',
    intent_answer: 'select insert update',
    reveal_count: 'select insert update delete',
    registration: 'select insert update delete',
    processor_credential: 'select insert update',
  },
  keys: {
    tenant_kek: 'select insert update',
    tenant_secret: 'select insert update',
    // Erasure destroys the key of a data subject.
    dek: 'select insert update delete',
    destroyed_root_key: 'select',
    key_event: 'select insert update delete',
    key_job: 'select insert update',
    tombstone: 'select insert update',
    signing_key: 'select insert',
  },
  invoicing: {
    tenant: 'select',
    api_key: 'select',
    // A dropped draft frees its external id; what was issued, and its names, triggers keep.
    unique_name: 'select insert delete',
    idempotency: 'select insert update',
    event: 'select insert',
    issuer: 'select insert update',
    issuer_logo: 'select insert',
    account: 'select insert update',
    series: 'select insert update',
    document: 'select insert update delete',
    number_ledger: 'select insert',
    number_format: 'select insert',
    issuer_numbering: 'select insert update',
    // Taken over by quote_step; only read by the release before.
    quote_acceptance: 'select',
    quote_step: 'select insert',
    quote_line: 'select insert update',
    quote_conversion: 'select insert delete',
    quote_part: 'select insert',
    quote_revision: 'select insert',
    document_file: 'select insert',
    document_delivery: 'select insert',
    document_void: 'select insert',
    export_run: 'select insert',
    export_snapshot: 'select insert',
    // What a processor told is settled once.
    processor_event: 'select insert update',
    dispute: 'select insert update',
    dispute_step: 'select insert',
    payment: 'select insert',
    allocation: 'select insert',
    adjustment: 'select insert',
    refund: 'select insert',
    charge: 'select insert update',
    charge_step: 'select insert',
    charge_rules: 'select insert update',
    charge_retry: 'select insert update',
    charge_refund: 'select insert update',
    charge_refund_settlement: 'select insert',
    charge_refund_step: 'select insert',
    test_processor_record: 'select insert update',
    proforma_cancellation: 'select insert',
    invoice_run: 'select insert update',
    invoice_run_item: 'select insert update',
    webhook_endpoint: 'select insert update',
    webhook_position: 'select insert update',
    // What has ended is cleaned after thirty days.
    webhook_delivery: 'select insert update delete',
  },
}

/** Columns that a service must never change, though it may change others of the row. */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  'vault.token': ['id', 'bucket', 'tenant_id', 'mode', 'type', 'created_at'],
  'vault.data_subject': ['id', 'bucket', 'tenant_id', 'mode', 'account_id'],
  'vault.erasure': ['subject_id', 'bucket', 'tenant_id', 'mode', 'account_id', 'erased_at', 'tokens_destroyed'],
  'keys.tombstone': ['subject_id', 'bucket', 'tenant_id', 'mode', 'account_id', 'erased_at', 'keys_destroyed_at'],
  'vault.instrument_claim': ['bucket', 'fingerprint', 'subject_id', 'tenant_id', 'mode'],
  'vault.intent_answer': ['bucket', 'idempotency_hmac', 'tenant_id', 'mode', 'token_id', 'status'],
  'vault.reveal_count': ['bucket', 'key_id', 'minute_at', 'kind', 'tenant_id'],
  'vault.registration': [
    'id',
    'bucket',
    'tenant_id',
    'mode',
    'token_id',
    'processor',
    'ord',
    'idempotency_hmac',
    'request_hmac',
  ],
  'vault.processor_credential': ['bucket', 'tenant_id', 'mode', 'processor'],
  'vault.event': ['id', 'type', 'mac', 'data'],
  'invoicing.idempotency': ['bucket', 'key_hmac', 'tenant_id', 'request_hmac'],
  'invoicing.issuer': ['id', 'bucket', 'tenant_id', 'mode', 'external_id'],
  'invoicing.account': ['id', 'bucket', 'tenant_id', 'mode', 'customer_number', 'external_id'],
  // Only by the trigger that follows the parts of a quote.
  'invoicing.quote_line': ['bucket', 'quote_id', 'line_no', 'tenant_id', 'quoted'],
  // Format and start of a series may change until a number was drawn, which a trigger looks after.
  'invoicing.series': ['id', 'bucket', 'tenant_id', 'issuer_id', 'scope', 'account_id', 'document_type', 'period'],
  'invoicing.charge': [
    'id',
    'bucket',
    'tenant_id',
    'mode',
    'account_id',
    'invoice_id',
    'amount_minor',
    'currency',
    'processor',
    'fallback',
    'retry_of',
    'first_id',
    'attempt',
  ],
  'invoicing.charge_rules': ['bucket', 'tenant_id', 'mode'],
  'invoicing.charge_retry': ['bucket', 'charge_id', 'tenant_id', 'created_at'],
  'invoicing.charge_refund': [
    'id',
    'bucket',
    'tenant_id',
    'mode',
    'account_id',
    'charge_id',
    'payment_id',
    'amount_minor',
    'currency',
    'processor',
  ],
  'invoicing.dispute': ['id', 'bucket', 'tenant_id', 'mode', 'account_id', 'charge_id', 'processor', 'reference'],
  'invoicing.test_processor_record': ['bucket', 'tenant_id', 'reference'],
  'invoicing.invoice_run': ['id', 'bucket', 'tenant_id', 'mode', 'key_id', 'dry_run', 'issue_on'],
  'invoicing.invoice_run_item': ['bucket', 'run_id', 'ord', 'tenant_id', 'wave', 'document_id'],
  'invoicing.webhook_endpoint': ['id', 'bucket', 'tenant_id', 'mode', 'key_id', 'created_at'],
  'invoicing.webhook_delivery': ['bucket', 'webhook_id', 'event_id', 'type', 'object_id', 'object_version', 'event_at'],
  'invoicing.document': ['id', 'bucket', 'tenant_id', 'mode', 'document_type', 'account_id', 'issuer_id'],
}

let databases: FreshDatabases
test.before(async () => {
  databases = await freshDatabases()
})
test.after.always(() => databases.drop())

const serviceUrl = (name: DatabaseName) => databases[`${name}Url`]

async function query<Row extends object>(url: string, sql: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql, [...values])).rows
  } finally {
    await client.end()
  }
}

async function refused(t: ExecutionContext, url: string, sql: string, codes: readonly string[] = ['42501']) {
  const error = await t.throwsAsync(query(url, sql), undefined, sql)
  t.true(codes.includes(sqlstate(error) ?? ''), `${sql}: ${sqlstate(error)}`)
}

const PRIVILEGES_SQL = `
select relation.relname as name, concat_ws(' ',
         case when has_table_privilege(relation.oid, 'select') then 'select' end,
         case when has_table_privilege(relation.oid, 'insert') then 'insert' end,
         case when has_any_column_privilege(relation.oid, 'update') then 'update' end,
         case when has_table_privilege(relation.oid, 'delete') then 'delete' end,
         case when has_table_privilege(relation.oid, 'truncate') then 'truncate' end,
         case when has_table_privilege(relation.oid, 'references') then 'references' end,
         case when has_table_privilege(relation.oid, 'trigger') then 'trigger' end) as may
  from pg_class as relation
 where relation.relnamespace = 'public'::regnamespace and relation.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
   and relation.relname !~ '^(knex_migrations|migration_checksum)'
`

for (const name of DATABASES) {
  test(`the service of ${name} may do with each table what was decided, and nothing else`, async (t) => {
    const rows = await query<{ name: string; may: string }>(serviceUrl(name), PRIVILEGES_SQL)
    t.deepEqual(Object.fromEntries(rows.map((row) => [row.name, row.may])), { ...ALLOWED[name] })
  })

  test(`the service of ${name} cannot alter the schema, become somebody else or reach beyond the database`, async (t) => {
    const url = serviceUrl(name)
    const [table = ''] = Object.keys(ALLOWED[name])
    for (const sql of [
      'create table mine (id int)',
      'create temporary table mine (id int)',
      'create schema mine',
      'create view mine as select 1',
      'create function mine() returns int language sql as $$ select 1 $$',
      'create extension dblink',
      `alter table ${table} add column mine int`,
      `alter table ${table} disable trigger user`,
      `drop table ${table}`,
      `truncate ${table}`,
      `begin; lock table ${table} in access exclusive mode`,
      `comment on table ${table} is ''`,
      `create index on ${table} (tenant_id)`,
      'create role mine',
      `alter role ${serviceRole(name)} superuser`,
      `set role kontor_${name}_owner`,
      'set role kontor_retention',
      'set session_replication_role = replica',
      'create database mine',
      "copy (select 1) to program 'true'",
      "select pg_read_file('/etc/passwd')",
      'select rolpassword from pg_authid',
    ]) {
      // An extension that is not installed at all is refused in other words.
      await refused(t, url, sql, sql.includes('extension') ? ['42501', '0A000', '58P01'] : ['42501', '42809'])
    }
  })

  test(`the other services, and nobody without a password, cannot connect to the database of ${name}`, async (t) => {
    const database = new URL(serviceUrl(name)).pathname.slice(1)
    const { passwords, adminUrl } = testServer()
    for (const other of DATABASES.filter((each) => each !== name)) {
      for (const who of ['service', 'owner'] as const) {
        const role = `kontor_${other}_${who}`
        await refused(t, urlFor(adminUrl, database, role, passwords[other][who]), 'select 1')
      }
    }
    await refused(t, urlFor(adminUrl, database, 'kontor_retention', 'anything'), 'select 1', ['28000', '28P01'])
    await refused(t, urlFor(adminUrl, database, serviceRole(name), 'wrong'), 'select 1', ['28P01'])
  })
}

test('what the services share are names alone: none of them is a member of another role', async (t) => {
  const members = await query(
    databases.adminUrl,
    "select member::regrole::text as member, roleid::regrole::text as role from pg_auth_members where member::regrole::text like 'kontor%service'",
  )
  t.deepEqual(members, [])
  const powers = await query(
    databases.adminUrl,
    `select rolname from pg_roles where rolname like 'kontor\\_%service'
        and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)`,
  )
  t.deepEqual(powers, [])
})

for (const [path, columns] of Object.entries(FIXED)) {
  const [name, table] = path.split('.') as [DatabaseName, string]
  test(`the service of ${name} cannot change what names a row of ${table}, or whose it is`, async (t) => {
    const rows = await query<{ name: string; may: boolean }>(
      serviceUrl(name),
      "select name, has_column_privilege($1, name, 'update') as may from unnest($2::text[]) as name",
      [table, columns],
    )
    t.deepEqual(
      rows,
      columns.map((column) => ({ name: column, may: false })),
    )
  })
}

for (const schema of QUEUES.map(schemaOf)) {
  test(`the service of invoicing enqueues and does jobs of ${schema}, and cannot alter the schema`, async (t) => {
    const privileges = PRIVILEGES_SQL.replace("'public'", `'${schema}'`)
    const rows = await query<{ name: string; may: string }>(databases.invoicingUrl, privileges)
    const may = Object.fromEntries(rows.filter((row) => row.may !== '').map((row) => [row.name, row.may]))
    t.deepEqual(may, {
      _private_jobs: 'select insert update delete',
      _private_job_queues: 'select insert update',
      _private_tasks: 'select insert',
      _private_known_crontabs: 'select',
      migrations: 'select',
    })
    for (const sql of [
      `alter table ${schema}._private_jobs add column mine int`,
      `alter table ${schema}._private_jobs disable row level security`,
      `drop policy kontor_service on ${schema}._private_jobs`,
      `create table ${schema}.mine (id int)`,
      `create or replace function ${schema}.add_job() returns int language sql as $$ select 1 $$`,
      `drop schema ${schema} cascade`,
      `truncate ${schema}._private_jobs`,
    ])
      await refused(t, databases.invoicingUrl, sql)
  })
}
