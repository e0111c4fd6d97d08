import { PERSONAL_DATA } from './personal-data.ts'
import { files, forbid, type Rule } from './rule.ts'
import { type Key, migrationsOf, type Table, tablesOf } from './sql.ts'
import type { Tree } from './tree.ts'

/** Few rows, read by every request: on a cluster each node holds all of them. */
const REFERENCE_TABLES = new Set([
  'tenant',
  'api_key',
  'tenant_kek',
  'tenant_secret',
  'signing_key',
  'destroyed_root_key',
  'key_job',
  'key_event',
  'audit_position',
])
/** What belongs to the whole installation. */
const WITHOUT_TENANT = new Set(['tenant', 'signing_key', 'destroyed_root_key', 'audit_position'])

/** No float, no local time, nothing that counts by itself. The one numeric is a quantity of the wire, 12 digits and 9, to the last. */
const TYPES =
  /^(smallint|int|bigint(\[\])?|uuid|text|text\[\]|bytea|jsonb|boolean|date|timestamptz|xid8|pg_snapshot|inet|cidr\[\]|numeric\(21, 9\))$/

/** What the end of a column's name promises. */
const PROMISED_TYPES: readonly (readonly [name: RegExp, type: string])[] = [
  [/_minor$/, 'bigint'],
  [/_at$|^at$/, 'timestamptz'],
  [/_on$/, 'date'],
  [/^(id|\w+_id)$/, 'uuid'],
]
/** Ids of others, or of requests, which are no ids of ours. */
const OTHER_IDS = /^(external_id|legal_id|vat_id|request_id|lookup_id)$/

const isBucketed = ({ columns }: Table) => columns.some(({ name }) => name === 'bucket')

function eachTable(
  because: string,
  faultsOf: (table: Table) => string[],
  planted: readonly Tree[],
  innocent: Tree,
): Rule {
  return {
    because,
    check: (tree) =>
      tablesOf(tree).flatMap((table) => faultsOf(table).map((fault) => `${table.database}.${table.name} ${fault}`)),
    planted,
    innocent,
  }
}

const BUCKET = 'bucket smallint not null check (bucket between 0 and 4095)'
const migration = (sql: string) => files({ 'db/vault/0001_a.sql': sql })
const TENANT = 'create table tenant (id uuid primary key);\n'
const bucketed = (...parts: string[]) =>
  migration(
    `${TENANT}create table a (${[BUCKET, 'tenant_id uuid not null references tenant (id)', ...parts].join(', ')});`,
  )
const sound = bucketed(
  'id uuid',
  'b_id uuid',
  'primary key (bucket, id)',
  'foreign key (bucket, b_id) references a (bucket, id)',
)

const doesNotBeginWithBucket = ({ columns, kind, references }: Key) =>
  columns[0] !== 'bucket' && !(kind === 'foreign key' && REFERENCE_TABLES.has(references ?? ''))

export const SCHEMA_RULES: readonly Rule[] = [
  PERSONAL_DATA,
  eachTable(
    'what is distributed has its bucket first in every key, so that one shard decides',
    (table) => {
      if (!isBucketed(table)) return []
      const wrong = table.keys.filter(doesNotBeginWithBucket).map(({ kind, columns }) => `has ${kind} (${columns})`)
      return table.keys.some(({ kind }) => kind === 'primary key') ? wrong : [...wrong, 'has no primary key']
    },
    [
      bucketed('id uuid primary key'),
      bucketed('id uuid', 'primary key (id, bucket)'),
      bucketed('id uuid', 'primary key (bucket, id)', 'unique (tenant_id, id)'),
      bucketed('id uuid', 'name text unique', 'primary key (bucket, id)'),
      bucketed('id uuid', 'b_id uuid', 'primary key (bucket, id)', 'foreign key (b_id) references a (id)'),
      bucketed('id uuid'),
      [
        ...sound,
        ...files({ 'db/vault/0002_b.sql': 'create unique index a_b on a (b_id, bucket) where b_id is not null;' }),
      ],
      [...sound, ...files({ 'db/vault/0002_b.sql': 'alter table a add constraint once unique (tenant_id);' })],
    ],
    sound,
  ),
  eachTable(
    'a table is distributed by bucket, or is one of the few that every node holds',
    (table) => {
      if (REFERENCE_TABLES.has(table.name)) return isBucketed(table) ? ['is a reference table, and has a bucket'] : []
      const [first] = table.columns
      const right =
        first?.name === 'bucket' &&
        first.type === 'smallint' &&
        /not null check \(bucket between 0 and 4095\)/.test(first.rest)
      return right ? [] : [`does not begin with ${BUCKET}`]
    },
    [
      migration('create table a (id uuid primary key);'),
      migration('create table a (id uuid, bucket smallint not null check (bucket between 0 and 4095));'),
      migration('create table a (bucket int not null check (bucket between 0 and 4095));'),
      migration('create table a (bucket smallint not null);'),
    ],
    sound,
  ),
  eachTable(
    'every row belongs to a tenant',
    (table) => {
      const tenant = table.columns.find(({ name }) => name === 'tenant_id')
      if (WITHOUT_TENANT.has(table.name)) return []
      // A service key of the vault acts for the tenant that a request names.
      const mayBeNull = table.database === 'vault' && table.name === 'api_key'
      if (tenant?.type !== 'uuid') return ['has no tenant_id']
      return tenant.rest.includes('not null') || mayBeNull ? [] : ['has rows without a tenant']
    },
    [
      migration(`create table a (${BUCKET}, id uuid, primary key (bucket, id));`),
      migration(`create table a (${BUCKET}, tenant_id uuid, primary key (bucket, id));`),
    ],
    sound,
  ),
  eachTable(
    'a column has a type that loses nothing, and the one that its name promises',
    ({ columns }) =>
      columns.flatMap(({ name, type }) => {
        if (!TYPES.test(type)) return [`has ${name} of type ${type}`]
        const promised = PROMISED_TYPES.find(([pattern]) => pattern.test(name) && !OTHER_IDS.test(name))?.[1]
        return promised === undefined || promised === type ? [] : [`has ${name} of type ${type}, not ${promised}`]
      }),
    [
      bucketed('price numeric(12, 2)'),
      bucketed('rate double precision'),
      bucketed('net real'),
      bucketed('net_minor int'),
      bucketed('created_at timestamp'),
      bucketed('due_on timestamptz'),
      bucketed('account_id text'),
      bucketed('seq bigserial'),
    ],
    bucketed('net_minor bigint', 'created_at timestamptz', 'due_on date', 'external_id text', 'tags text[]'),
  ),
  forbid({
    because:
      'nothing in the database counts by itself: a counter that rolls back leaves a gap, and one for all is a bottleneck',
    files: ['db/**/*.sql'],
    forbidden: /\b(small|big)?serial\b|\bsequence\b|\bnextval\b|\bgenerated (always|by default) as identity\b/i,
    at: 'db/vault/0001_a.sql',
    planted: ['id bigserial', 'create sequence a', "default nextval('a')", 'id bigint generated always as identity'],
    innocent: ['next_seq bigint', '-- no sequence'],
  }),
  forbid({
    because: 'a role gets what is granted to it by name',
    // The printed schema also speaks of the database itself, which its owner owns.
    files: ['db/**/*.sql', '!db/*/schema.sql'],
    forbidden:
      /\bgrant\s+all\b|\bto\s+public\b|\bon\s+all\s+tables\b|\balter\s+default\s+privileges\b|\bsecurity\s+definer\b|\bgrant[^;]*\bto\s+kontor_\w+_owner\b/i,
    at: 'db/vault/0001_a.sql',
    planted: [
      'grant all on token to kontor_vault_service;',
      'grant select on token to public;',
      'grant select on all tables in schema public to kontor_vault_service;',
      'create function a() returns void language sql security definer as $$ $$;',
    ],
    innocent: ['grant select, insert on token to kontor_vault_service;', 'revoke all on token from public;'],
  }),
  {
    because: 'a database grants to its own service alone',
    check: (tree) =>
      migrationsOf(tree).flatMap(({ path, code }) => {
        const database = path.split('/')[1]
        return [...code.matchAll(/\bgrant\b[^;]*\bto\s+(\w+)/g)]
          .map(([, role]) => role)
          .filter((role) => role !== `kontor_${database}_service` && role !== 'kontor_retention')
          .map((role) => `${path} grants to ${role}`)
      }),
    planted: [migration('grant select on token to kontor_invoicing_service;')],
    innocent: migration('grant select on token to kontor_vault_service;'),
  },
  {
    because: 'migrations are numbered without a gap, and none twice',
    check: (tree) => {
      const byDatabase = Map.groupBy(migrationsOf(tree), ({ path }) => path.split('/')[1])
      return [...byDatabase.values()].flatMap((migrations) =>
        migrations.flatMap(({ path }, index) => {
          const expected = String(index + 1).padStart(4, '0')
          return path.includes(`/${expected}_`) ? [] : [`${path} is not ${expected}`]
        }),
      )
    },
    planted: [
      files({ 'db/vault/0001_a.sql': '', 'db/vault/0003_b.sql': '' }),
      files({ 'db/vault/0001_a.sql': '', 'db/vault/0001_b.sql': '' }),
    ],
    innocent: files({ 'db/vault/0001_a.sql': '', 'db/vault/0002_b.sql': '', 'db/keys/0001_c.sql': '' }),
  },
]
