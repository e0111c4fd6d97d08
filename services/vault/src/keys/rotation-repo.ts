import type { Mode } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { EventType } from '../events/catalogue.ts'
import type { DekRow, KekRow, SecretRow } from './repo.ts'

/** A version of a tenant's KEK, and what still needs it. */
export interface KekVersion {
  readonly version: number
  readonly state: 'current' | 'retired' | 'destroyed'
  readonly root_kid: string
  readonly created_at: Date
  readonly destroyed_at: Date | null
  /** Compact JWS, once it is destroyed. */
  readonly certificate: string | null
  /** How many DEKs it wraps. */
  readonly deks: number
  /** Whether it wraps the secret of fingerprints and digests. */
  readonly secret: boolean
}

/** What happened to a tenant's keys, on its way to the audit. */
export interface KeyEvent {
  readonly id: string
  readonly tenant_id: string
  readonly mode: Mode
  readonly type: EventType
  readonly object_version: number
  readonly actor_key_id: string
  readonly request_id: string
  readonly at: Date
  readonly data: string | null
}

const VERSIONS = `select tenant_kek.version, tenant_kek.state, tenant_kek.root_kid, tenant_kek.created_at, tenant_kek.destroyed_at,
  tenant_kek.certificate,
  (select count(*) from dek where dek.tenant_id = tenant_kek.tenant_id and dek.kek_version = tenant_kek.version)::int as deks,
  exists (select from tenant_secret where tenant_secret.tenant_id = tenant_kek.tenant_id
    and tenant_secret.kek_version = tenant_kek.version) as secret
  from tenant_kek where tenant_kek.tenant_id = $1`

/** @returns The newest version first, at most `limit`, all below `before` if that is given. */
export async function listKekVersions(
  database: Database,
  tenantId: string,
  limit: number,
  before: number | undefined,
): Promise<KekVersion[]> {
  return database.hotSql<KekVersion>(
    'list_kek_versions',
    `${VERSIONS} and ($2::int is null or tenant_kek.version < $2) order by tenant_kek.version desc limit $3`,
    [tenantId, before ?? null, limit],
  )
}

export async function findKekVersion(
  database: Database,
  tenantId: string,
  version: number,
): Promise<KekVersion | undefined> {
  const [row] = await database.hotSql<KekVersion>('find_kek_version', `${VERSIONS} and tenant_kek.version = $2`, [
    tenantId,
    version,
  ])
  return row
}

/** @returns The version that an intent made, `undefined` if none. */
export async function findKekOfIntent(
  database: Database,
  tenantId: string,
  intentHmac: Buffer,
): Promise<KekVersion | undefined> {
  const [row] = await database.hotSql<KekVersion>(
    'find_kek_intent',
    `${VERSIONS} and tenant_kek.idempotency_hmac = $2`,
    [tenantId, intentHmac],
  )
  return row
}

/**
 * Retires the current version and puts the next one in its place, with the event that says so: all or nothing.
 *
 * @param next Its version is the current one's plus one.
 * @returns False where the current one is another by now, the intent has its version, or the root KEK is destroyed.
 */
export async function insertNextKek(
  database: Database,
  tenantId: string,
  next: KekRow,
  intentHmac: Buffer,
  event: KeyEvent,
): Promise<boolean> {
  const rows = await database.hotSql(
    'insert_next_kek',
    `with retired as (
       update tenant_kek set state = 'retired'
       where tenant_kek.tenant_id = $1 and tenant_kek.version = $2 - 1 and tenant_kek.state = 'current'
         and not exists (select from destroyed_root_key where destroyed_root_key.kid = $3)
         and not exists (select from tenant_kek as made where made.tenant_id = $1 and made.idempotency_hmac = $5)
       returning tenant_kek.tenant_id
     ), made as (
       insert into tenant_kek (tenant_id, version, root_kid, wrapped, state, idempotency_hmac)
       select retired.tenant_id, $2, $3, $4, 'current', $5 from retired
       returning tenant_kek.tenant_id
     )
     insert into key_event (id, tenant_id, mode, type, object_version, actor_key_id, request_id, at, data)
     select $6, made.tenant_id, $7, $8, $9, $10, $11, $12, $13 from made
     returning key_event.id`,
    [tenantId, next.version, next.root_kid, next.wrapped, intentHmac, ...valuesOf(event)],
  )
  return rows.length === 1
}

const valuesOf = (event: KeyEvent) => [
  event.id,
  event.mode,
  event.type,
  event.object_version,
  event.actor_key_id,
  event.request_id,
  event.at,
  event.data,
]

/** Writes what happened to keys in the transaction in which it happens. */
export async function insertKeyEvent(tx: Tx, event: KeyEvent): Promise<void> {
  await tx('key_event').insert({
    id: event.id,
    tenant_id: event.tenant_id,
    mode: event.mode,
    type: event.type,
    object_version: event.object_version,
    actor_key_id: event.actor_key_id,
    request_id: event.request_id,
    at: event.at,
    data: event.data,
  })
}

/** Holds a version until commit. Nothing is added under one that is not current, so what it wraps only gets less. */
export async function lockKekVersion(
  tx: Tx,
  tenantId: string,
  version: number,
): Promise<Pick<KekVersion, 'state' | 'deks' | 'secret'> | undefined> {
  const row = await tx('tenant_kek').select('state').where({ tenant_id: tenantId, version }).forUpdate().first()
  if (!row) return undefined
  const under = { tenant_id: tenantId, kek_version: version }
  const [counted] = await tx('dek').where(under).count('* as deks')
  const secret = await tx('tenant_secret').select('tenant_id').where(under).first()
  return { state: row.state, deks: Number(counted?.deks), secret: secret !== undefined }
}

/** Leaves of a version its number, its dates and the statement that it is gone. */
export async function destroyKekVersion(
  tx: Tx,
  tenantId: string,
  version: number,
  gone: { readonly destroyedAt: Date; readonly certificate: string },
): Promise<void> {
  await tx('tenant_kek')
    .where({ tenant_id: tenantId, version })
    .update({ state: 'destroyed', wrapped: null, destroyed_at: gone.destroyedAt, certificate: gone.certificate })
}

/** @returns How many DEKs are wrapped by another version than `version`. */
export async function countDeksUnderOthers(database: Database, tenantId: string, version: number): Promise<number> {
  const [row] = await database.hotSql<{ count: number }>(
    'count_deks_under_others',
    `select count(*)::int as count from dek where tenant_id = $1 and kek_version = any(${OTHERS})`,
    [tenantId, version],
  )
  return row?.count ?? 0
}

// Every version by its number, so that the index is entered once for each instead of being read from one end to the other.
const OTHERS =
  'array(select tenant_kek.version from tenant_kek where tenant_kek.tenant_id = $1 and tenant_kek.version <> $2)'

/** @returns DEKs that are wrapped by another version than `version`, but for those of `except`; at most `limit`. */
export async function listDeksUnderOthers(
  database: Database,
  tenantId: string,
  version: number,
  limit: number,
  except: readonly string[],
): Promise<DekRow[]> {
  return database.hotSql<DekRow>(
    'list_deks_under_others',
    `select subject_id, tenant_id, version, kek_version, wrapped from dek
     where tenant_id = $1 and kek_version = any(${OTHERS}) and subject_id <> all($3::uuid[]) limit $4`,
    [tenantId, version, except, limit],
  )
}

/** A DEK that was wrapped anew, and by which version it was wrapped before. */
export interface RewrappedDek {
  readonly subject_id: string
  readonly version: number
  readonly old_kek_version: number
  readonly wrapped: string
}

/**
 * Puts new wrappings in the place of old ones, as one statement. Nothing is put under a KEK that is not the current one any
 * more, and nothing in the place of a row that somebody else changed.
 *
 * @returns How many were replaced.
 */
export async function replaceDeks(
  database: Database,
  tenantId: string,
  kekVersion: number,
  batch: readonly RewrappedDek[],
): Promise<number> {
  const items = batch.map((item) => ({ bucket: bucketOf(item.subject_id), ...item }))
  const rows = await database.hotSql(
    'replace_deks',
    `with item as (
       select * from json_to_recordset($3::json) as item (
         bucket smallint, subject_id uuid, version int, old_kek_version int, wrapped text)
     ), kek as materialized (
       select tenant_kek.version from tenant_kek
       where tenant_kek.tenant_id = $1 and tenant_kek.version = $2 and tenant_kek.state = 'current' for share
     ), held as materialized (
       select locked.bucket, locked.subject_id, locked.version, wanted.wrapped
       from (select item.bucket, item.subject_id, item.version, item.old_kek_version, item.wrapped from item
             order by item.bucket, item.subject_id, item.version) as wanted
       cross join kek
       cross join lateral (
         select dek.bucket, dek.subject_id, dek.version from dek
         where dek.bucket = wanted.bucket and dek.subject_id = wanted.subject_id and dek.version = wanted.version
           and dek.tenant_id = $1 and dek.kek_version = wanted.old_kek_version
         for update) as locked
     )
     update dek set kek_version = $2, wrapped = held.wrapped from held
     where dek.bucket = held.bucket and dek.subject_id = held.subject_id and dek.version = held.version
     returning dek.subject_id`,
    [tenantId, kekVersion, JSON.stringify(items)],
  )
  return rows.length
}

/** As `replaceDeks`, for the tenant's secret. */
export async function replaceSecret(
  database: Database,
  tenantId: string,
  kekVersion: number,
  old: SecretRow,
  wrapped: string,
): Promise<void> {
  await database.hotSql(
    'replace_secret',
    `with kek as materialized (
       select tenant_kek.version from tenant_kek
       where tenant_kek.tenant_id = $1 and tenant_kek.version = $2 and tenant_kek.state = 'current' for share
     )
     update tenant_secret set kek_version = kek.version, wrapped = $4 from kek
     where tenant_secret.tenant_id = $1 and tenant_secret.kek_version = $3`,
    [tenantId, kekVersion, old.kek_version, wrapped],
  )
}
