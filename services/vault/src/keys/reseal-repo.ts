import { bucketOf } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import type { DekRow } from './repo.ts'

// Every KEK's version by its number, so that the index is entered once for each (see `dek_kek`).
const OLDER = `dek.tenant_id = $1 and dek.created_at < $2
  and dek.kek_version = any(array(select tenant_kek.version from tenant_kek where tenant_kek.tenant_id = $1))`

/** @returns How many DEKs of the tenant were made before `before`. */
export async function countOlderDeks(database: Database, tenantId: string, before: Date): Promise<number> {
  const [row] = await database.hotSql<{ count: number }>(
    'count_older_deks',
    `select count(*)::int as count from dek where ${OLDER}`,
    [tenantId, before],
  )
  return row?.count ?? 0
}

/** @returns Subjects that have a DEK from before `before`, but for those of `except`; from at most `limit` rows. */
export async function listSubjectsOfOlderDeks(
  database: Database,
  tenantId: string,
  before: Date,
  limit: number,
  except: readonly string[],
): Promise<string[]> {
  const rows = await database.hotSql<{ subject_id: string }>(
    'list_older_deks',
    `select dek.subject_id from dek where ${OLDER} and dek.subject_id <> all($3::uuid[]) limit $4`,
    [tenantId, before, except, limit],
  )
  return [...new Set(rows.map((row) => row.subject_id))]
}

/** @returns The subject's newest DEK, and whether it was made before `before`. */
export async function findNewestDek(
  database: Database,
  subjectId: string,
  before: Date,
): Promise<(DekRow & { readonly older: boolean }) | undefined> {
  const [row] = await database.hotSql<DekRow & { older: boolean }>(
    'find_newest_dek',
    `select subject_id, tenant_id, version, kek_version, wrapped, created_at < $3 as older from dek
     where bucket = $1 and subject_id = $2 order by version desc limit 1`,
    [bucketOf(subjectId), subjectId, before],
  )
  return row
}

/**
 * Adds a subject's next DEK. It is made only beside the one before, so that a subject whose keys were destroyed gets none, and
 * only under the current KEK. Its date is not before `notBefore`, should the server's clock have gone back.
 *
 * @param row Its version is the newest one's plus one.
 * @returns False where nothing was added: look again.
 */
export async function insertNextDek(database: Database, row: DekRow, notBefore: Date): Promise<boolean> {
  const rows = await database.hotSql(
    'insert_next_dek',
    `with kek as materialized (
       select tenant_kek.version from tenant_kek
       where tenant_kek.tenant_id = $4 and tenant_kek.version = $5 and tenant_kek.state = 'current' for share
     ), former as materialized (
       select dek.version from dek
       where dek.bucket = $1 and dek.subject_id = $2 and dek.version = $3 - 1 and dek.tenant_id = $4 for update
     )
     insert into dek (bucket, subject_id, version, tenant_id, kek_version, wrapped, created_at)
     select $1, $2, $3, $4, $5, $6, greatest(now(), $7::timestamptz) from kek, former
     on conflict (bucket, subject_id, version) do nothing
     returning dek.version`,
    [bucketOf(row.subject_id), row.subject_id, row.version, row.tenant_id, row.kek_version, row.wrapped, notBefore],
  )
  return rows.length === 1
}

/** Destroys the versions of a subject's key below `version`. @returns How many there were. */
export async function deleteDeksBelow(
  database: Database,
  tenantId: string,
  subjectId: string,
  version: number,
): Promise<number> {
  const rows = await database.hotSql(
    'delete_deks_below',
    'delete from dek where bucket = $1 and subject_id = $2 and tenant_id = $3 and version < $4 returning version',
    [bucketOf(subjectId), subjectId, tenantId, version],
  )
  return rows.length
}
