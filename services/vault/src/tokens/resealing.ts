import { bucketOf } from '@kontor/ids'
import { IntegrityViolation } from '@kontor/jose-box'
import type { Database } from '@kontor/postgres'
import type { Dek, Deks, Subject } from '../keys/deks.ts'
import type { Records } from '../keys/reseal.ts'
import { openInstrument, sealInstrument } from './record.ts'
import { MASKED } from './repo.ts'
import { fromRow, type TokenRow } from './token.ts'

type SealedRow = TokenRow & { readonly record: string; readonly dek_version: number }

interface ResealedRow {
  readonly id: string
  readonly version: number
  readonly old_dek_version: number
  readonly record: string
}

/**
 * The records of subjects, to be sealed anew. A record and the version of its key change together and only if neither changed
 * meanwhile; the token keeps its own version, because nothing of it is different.
 */
export function resealableRecords(database: Database, deks: Deks): Records {
  async function again(row: SealedRow, subject: Subject, dek: Dek): Promise<ResealedRow | undefined> {
    const token = fromRow(row)
    try {
      const former = await deks.find(subject, row.dek_version)
      if (!former) return undefined
      const record = sealInstrument(openInstrument(row.record, former, token), dek, token)
      return { id: token.id, version: token.version, old_dek_version: row.dek_version, record }
    } catch (error) {
      if (error instanceof IntegrityViolation) return undefined
      throw error
    }
  }

  return {
    refuseBelow: async (subject, version) =>
      (await refuseBelow(database, subject, version)) || (await isGuest(database, subject)),
    async reseal(subject, dek, limit) {
      const rows = await listRecordsBelow(database, subject, dek.version, limit)
      const made = await Promise.all(rows.map((row) => again(row, subject, dek)))
      const sound = made.filter((row) => row !== undefined)
      const done = sound.length === 0 ? 0 : await replaceRecords(database, dek.version, sound)
      const unopened = rows.filter((_, n) => made[n] === undefined)
      const broken = await stillThere(database, unopened)
      return { done, broken, more: rows.length === limit || done + broken < rows.length }
    },
  }
}

/** @returns False where the subject is no account that the vault knows. */
async function refuseBelow(database: Database, subject: Subject, version: number): Promise<boolean> {
  const rows = await database.hotSql(
    'refuse_deks_below',
    `update data_subject set dek_version_min = greatest(data_subject.dek_version_min, $4)
     where data_subject.bucket = $1 and data_subject.id = $2 and data_subject.tenant_id = $3 returning data_subject.id`,
    [bucketOf(subject.id), subject.id, subject.tenantId, version],
  )
  return rows.length === 1
}

/** A token without account is its own subject, and nothing is ever added to it. */
async function isGuest(database: Database, subject: Subject): Promise<boolean> {
  const rows = await database.hotSql(
    'find_guest',
    'select id from token where bucket = $1 and id = $2 and tenant_id = $3 and account_id is null',
    [bucketOf(subject.id), subject.id, subject.tenantId],
  )
  return rows.length === 1
}

/** @returns Records of the subject under a version below `version`, at most `limit`. */
async function listRecordsBelow(
  database: Database,
  subject: Subject,
  version: number,
  limit: number,
): Promise<SealedRow[]> {
  const columns = `${MASKED}, token.record, token.dek_version`
  const sealed = `token.bucket = $1 and token.tenant_id = $3 and token.record is not null and token.dek_version < $4`
  return database.hotSql<SealedRow>(
    'list_records_below',
    `select ${columns} from token where ${sealed} and token.subject_id = $2 and token.account_id is not null
     union all
     select ${columns} from token where ${sealed} and token.id = $2 and token.account_id is null
     limit $5`,
    [bucketOf(subject.id), subject.id, subject.tenantId, version, limit],
  )
}

/** @returns How many were replaced: not those that were changed or destroyed since they were read. */
async function replaceRecords(database: Database, dekVersion: number, rows: readonly ResealedRow[]): Promise<number> {
  const items = rows.map((row) => ({ bucket: bucketOf(row.id), ...row }))
  const replaced = await database.hotSql(
    'replace_records',
    `with item as (
       select * from json_to_recordset($2::json) as item (
         bucket smallint, id uuid, version int, old_dek_version int, record text)
     ), held as materialized (
       select locked.bucket, locked.id, wanted.record
       from (select item.bucket, item.id, item.version, item.old_dek_version, item.record from item
             order by item.bucket, item.id) as wanted
       cross join lateral (
         select token.bucket, token.id from token
         where token.bucket = wanted.bucket and token.id = wanted.id and token.version = wanted.version
           and token.dek_version = wanted.old_dek_version and token.record is not null
         for update) as locked
     )
     update token set record = held.record, dek_version = $1 from held
     where token.bucket = held.bucket and token.id = held.id
     returning token.id`,
    [dekVersion, JSON.stringify(items)],
  )
  return replaced.length
}

/** @returns How many of the rows are as they were: what did not open was not merely changed in between. */
async function stillThere(database: Database, rows: readonly SealedRow[]): Promise<number> {
  if (rows.length === 0) return 0
  const items = rows.map(({ id, record }) => ({ bucket: bucketOf(id), id, record }))
  const found = await database.hotSql(
    'find_same_records',
    `select token.id from json_to_recordset($1::json) as item (bucket smallint, id uuid, record text)
     cross join lateral (select token.id, token.record from token
       where token.bucket = item.bucket and token.id = item.id limit 1) as token
     where token.record = item.record`,
    [JSON.stringify(items)],
  )
  return found.length
}
