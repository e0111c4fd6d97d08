import { bucketOf } from '@kontor/ids'
import type { Database } from '@kontor/postgres'

/** A tenant's KEK as it is stored: wrapped by the root KEK `rootKid`. */
export interface KekRow {
  readonly version: number
  readonly root_kid: string
  readonly wrapped: string
}

/** A tenant's secret as it is stored: wrapped by the tenant's KEK of that version. */
export interface SecretRow {
  readonly kek_version: number
  readonly wrapped: string
}

/** @returns The KEK that wraps what is new, `undefined` for a tenant that never used the vault. */
export async function findCurrentKek(database: Database, tenantId: string): Promise<KekRow | undefined> {
  const [row] = await database.hotSql<KekRow>(
    'find_current_kek',
    `select version, root_kid, wrapped from tenant_kek where tenant_id = $1 and state = 'current'`,
    [tenantId],
  )
  return row
}

/** @returns The KEK of one version, current or retired; `undefined` once it is destroyed. */
export async function findKek(database: Database, tenantId: string, version: number): Promise<KekRow | undefined> {
  const [row] = await database.hotSql<KekRow>(
    'find_kek',
    'select version, root_kid, wrapped from tenant_kek where tenant_id = $1 and version = $2 and wrapped is not null',
    [tenantId, version],
  )
  return row
}

export async function findSecret(database: Database, tenantId: string): Promise<SecretRow | undefined> {
  const [row] = await database.hotSql<SecretRow>(
    'find_secret',
    'select kek_version, wrapped from tenant_secret where tenant_id = $1',
    [tenantId],
  )
  return row
}

/**
 * Stores a tenant's first KEK and its secret, both or neither; does nothing where another process was first, or where the root
 * KEK is destroyed by now (which waits for this table: see `destroyRootKey`).
 */
export async function insertTenantKeys(
  database: Database,
  tenantId: string,
  kek: KekRow,
  secret: string,
): Promise<void> {
  await database.hotSql(
    'insert_tenant_keys',
    `with kek as (
       insert into tenant_kek (tenant_id, version, root_kid, wrapped, state)
       select $1, $2, $3, $4, 'current'
       where not exists (select from destroyed_root_key where destroyed_root_key.kid = $3)
       on conflict do nothing
       returning tenant_kek.tenant_id, tenant_kek.version
     )
     insert into tenant_secret (tenant_id, kek_version, wrapped) select kek.tenant_id, kek.version, $5 from kek`,
    [tenantId, kek.version, kek.root_kid, kek.wrapped, secret],
  )
}

/** A DEK as it is stored: wrapped by the KEK `kek_version` of `tenant_id`. */
export interface DekRow {
  readonly subject_id: string
  readonly tenant_id: string
  readonly version: number
  readonly kek_version: number
  readonly wrapped: string
}

// The lock on the KEK orders each new DEK against a rotation: either it is committed before the KEK is retired, or it is not made
// and asked for again under the new one. So nothing is ever added under a retired KEK, whatever a process still holds.
const CLAIM_DEKS = `
with item as (
  select * from json_to_recordset($1::json) as item (
    ord int, bucket smallint, subject_id uuid, tenant_id uuid, version int, kek_version int, wrapped text)
), held as (
  select newest.bucket, newest.subject_id, newest.tenant_id, newest.version, newest.kek_version, newest.wrapped
  from (select distinct item.bucket, item.subject_id from item) as wanted
  cross join lateral (
    select dek.bucket, dek.subject_id, dek.tenant_id, dek.version, dek.kek_version, dek.wrapped
    from dek where dek.bucket = wanted.bucket and dek.subject_id = wanted.subject_id
    order by dek.version desc limit 1) as newest
), kek as materialized (
  select locked.tenant_id, locked.version
  from (select distinct item.tenant_id, item.kek_version from item order by item.tenant_id, item.kek_version) as wanted
  cross join lateral (
    select tenant_kek.tenant_id, tenant_kek.version from tenant_kek
    where tenant_kek.tenant_id = wanted.tenant_id and tenant_kek.version = wanted.kek_version
      and tenant_kek.state = 'current'
    for share) as locked
), made as (
  insert into dek (bucket, subject_id, version, tenant_id, kek_version, wrapped)
  select item.bucket, item.subject_id, item.version, item.tenant_id, item.kek_version, item.wrapped
  from item join kek on kek.tenant_id = item.tenant_id and kek.version = item.kek_version
  where not exists
    (select from held where held.bucket = item.bucket and held.subject_id = item.subject_id)
    and (select true from tombstone where tombstone.bucket = item.bucket and tombstone.subject_id = item.subject_id) is null
  order by item.bucket, item.subject_id
  on conflict (bucket, subject_id, version) do nothing
  returning dek.bucket, dek.subject_id, dek.tenant_id, dek.version, dek.kek_version, dek.wrapped
), known as (
  select held.bucket, held.subject_id, held.tenant_id, held.version, held.kek_version, held.wrapped from held
  union all
  select made.bucket, made.subject_id, made.tenant_id, made.version, made.kek_version, made.wrapped from made
)
select item.ord, known.subject_id, known.tenant_id, known.version, known.kek_version, known.wrapped
from item join known on known.bucket = item.bucket and known.subject_id = item.subject_id
union all
select item.ord, item.subject_id, item.tenant_id, null, null, null from item
where (select true from tombstone where tombstone.bucket = item.bucket and tombstone.subject_id = item.subject_id)`

/**
 * Stores each DEK whose subject has none yet, as one statement: when it has answered, the keys are committed.
 *
 * @returns The newest DEK of each subject, which may be another one than was offered; `undefined` in the place of a subject
 *   whose key another process made at this very moment, or was to be wrapped by a KEK that is no longer current: ask again.
 *   `erased` in the place of a subject that has a tombstone: it never gets a key again.
 */
export async function claimDeks(
  database: Database,
  batch: readonly DekRow[],
): Promise<(DekRow | 'erased' | undefined)[]> {
  const items = batch.map((row, ord) => ({ ord, bucket: bucketOf(row.subject_id), ...row }))
  const rows = await database.hotSql<DekRow & { ord: number; version: number | null }>('claim_deks', CLAIM_DEKS, [
    JSON.stringify(items),
  ])
  const known: (DekRow | 'erased' | undefined)[] = batch.map(() => undefined)
  for (const { ord, ...row } of rows) known[ord] = row.version === null || known[ord] === 'erased' ? 'erased' : row
  return known
}

export async function findDek(database: Database, subjectId: string, version: number): Promise<DekRow | undefined> {
  const [row] = await database.hotSql<DekRow>(
    'find_dek',
    `select subject_id, tenant_id, version, kek_version, wrapped from dek
     where bucket = $1 and subject_id = $2 and version = $3`,
    [bucketOf(subjectId), subjectId, version],
  )
  return row
}

/**
 * Destroys every version of a subject's key: what was sealed under it can never be opened again.
 *
 * @returns The versions that there were.
 */
export async function deleteDeks(database: Database, tenantId: string, subjectId: string): Promise<number[]> {
  const rows = await database.hotSql<{ version: number }>(
    'delete_deks',
    'delete from dek where bucket = $1 and subject_id = $2 and tenant_id = $3 returning version',
    [bucketOf(subjectId), subjectId, tenantId],
  )
  return rows.map(({ version }) => version)
}

/** Asks the database a question that only its schema can answer. */
export async function pingKeys(database: Database): Promise<void> {
  await database.hotSql('ping_keys', 'select from dek limit 0', [])
}
