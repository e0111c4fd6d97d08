import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { AccountRef } from '../subjects/repo.ts'
import type { Completed, Erasure, Hold, Tombstone } from './account.ts'

/** A subject whose row is held until commit. */
export interface LockedSubject {
  readonly id: string
  readonly state: 'active' | 'erased'
  readonly version: number
  readonly hold: Hold | null
}

const accountOf = ({ id, tenantId, mode }: AccountRef) => ({
  bucket: bucketOf(id),
  tenant_id: tenantId,
  mode,
  account_id: id,
})

/** Holds the row of an account until commit: it decides between writes, holds and the erasure. */
export async function lockSubject(tx: Tx, account: AccountRef): Promise<LockedSubject | undefined> {
  const row = await tx('data_subject')
    .select('id', 'state', 'version', 'hold_reason', 'hold_until', 'hold_placed_at')
    .where(accountOf(account))
    .forUpdate()
    .first()
  return row && { id: row.id, state: row.state, version: row.version, hold: toHold(row) }
}

interface HoldRow {
  readonly hold_reason: string | null
  readonly hold_until: Date | null
  readonly hold_placed_at: Date | null
}

function toHold({ hold_reason, hold_until, hold_placed_at }: HoldRow): Hold | null {
  if (hold_reason === null || hold_placed_at === null) return null
  return { reason: hold_reason, until: hold_until, placedAt: hold_placed_at }
}

/** @returns The account's state and hold; `undefined` where it has no row. */
export async function findHold(
  database: Database,
  { id, tenantId, mode }: AccountRef,
): Promise<{ state: 'active' | 'erased'; hold: Hold | null } | undefined> {
  const [row] = await database.hotSql<HoldRow & { state: 'active' | 'erased' }>(
    'find_hold',
    `select state, hold_reason, hold_until, hold_placed_at from data_subject
     where bucket = $1 and tenant_id = $2 and mode = $3 and account_id = $4`,
    [bucketOf(id), tenantId, mode, id],
  )
  return row && { state: row.state, hold: toHold(row) }
}

/** Writes or lifts the hold of a subject that is locked. */
export async function setHold(tx: Tx, id: string, version: number, hold: Hold | null): Promise<void> {
  await tx('data_subject')
    .where({ bucket: bucketOf(id), id })
    .update({
      version,
      hold_reason: hold?.reason ?? null,
      hold_until: hold?.until ?? null,
      hold_placed_at: hold?.placedAt ?? null,
    })
}

/** From now on no write finds the subject active. */
export async function markErased(tx: Tx, id: string, version: number): Promise<void> {
  await tx('data_subject')
    .where({ bucket: bucketOf(id), id })
    .update({ state: 'erased', version, hold_reason: null, hold_until: null, hold_placed_at: null })
}

/** Makes the row of an erased subject that a restored backup does not have, unless its account has a row. */
export async function insertSubject(tx: Tx, { subjectId, tenantId, mode, accountId }: Tombstone): Promise<void> {
  await tx('data_subject')
    .insert({ bucket: bucketOf(subjectId), id: subjectId, tenant_id: tenantId, mode, account_id: accountId })
    .onConflict()
    .ignore()
}

interface ErasureRow {
  readonly subject_id: string
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly account_id: string
  readonly erased_at: Date
  readonly tokens_destroyed: number
  readonly keys_destroyed_at: Date | null
  readonly final_at: Date | null
  readonly receipt: string | null
}

function toErasure(row: ErasureRow): Erasure {
  const { keys_destroyed_at: keysDestroyedAt, final_at: finalAt, receipt } = row
  return {
    subjectId: row.subject_id,
    tenantId: row.tenant_id,
    mode: row.mode,
    accountId: row.account_id,
    erasedAt: row.erased_at,
    tokensDestroyed: row.tokens_destroyed,
    done: keysDestroyedAt && finalAt && receipt ? { keysDestroyedAt, finalAt, receipt } : null,
  }
}

const ERASURE = `subject_id, tenant_id, mode, account_id, erased_at, tokens_destroyed, keys_destroyed_at, final_at, receipt`

/** Writes that a subject is erased; what is known of an erasure stays. */
export async function insertErasure(tx: Tx, erasure: Erasure): Promise<void> {
  await tx('erasure')
    .insert({
      bucket: bucketOf(erasure.subjectId),
      subject_id: erasure.subjectId,
      tenant_id: erasure.tenantId,
      mode: erasure.mode,
      account_id: erasure.accountId,
      erased_at: erasure.erasedAt,
      tokens_destroyed: erasure.tokensDestroyed,
      keys_destroyed_at: erasure.done?.keysDestroyedAt ?? null,
      final_at: erasure.done?.finalAt ?? null,
      receipt: erasure.done?.receipt ?? null,
    })
    .onConflict(['bucket', 'subject_id'])
    .ignore()
}

export async function findErasure(database: Database, subjectId: string): Promise<Erasure | undefined> {
  const [row] = await database.hotSql<ErasureRow>(
    'find_erasure',
    `select ${ERASURE} from erasure where bucket = $1 and subject_id = $2`,
    [bucketOf(subjectId), subjectId],
  )
  return row && toErasure(row)
}

/** Completes an erasure; where two processes do so at once, what the first one wrote stays. */
export async function completeErasure(database: Database, subjectId: string, done: Completed): Promise<void> {
  await database.hotSql(
    'complete_erasure',
    `update erasure set keys_destroyed_at = $3, final_at = $4, receipt = $5
     where bucket = $1 and subject_id = $2 and receipt is null`,
    [bucketOf(subjectId), subjectId, done.keysDestroyedAt, done.finalAt, done.receipt],
  )
}

/** @returns Erasures that are not complete, at most `limit`, after the subject `after` in the order of the index. */
export async function listUnfinished(database: Database, limit: number, after: string | undefined): Promise<Erasure[]> {
  const rows = await database.hotSql<ErasureRow>(
    'list_unfinished_erasures',
    `select ${ERASURE} from erasure
     where receipt is null and (bucket, subject_id) > ($1, coalesce($2, '00000000-0000-0000-0000-000000000000'::uuid))
     order by bucket, subject_id limit $3`,
    [after === undefined ? -1 : bucketOf(after), after ?? null, limit],
  )
  return rows.map(toErasure)
}

/** @returns Every erasure, page by page, as `listUnfinished`. */
export async function listErasures(database: Database, limit: number, after: string | undefined): Promise<Erasure[]> {
  const rows = await database.hotSql<ErasureRow>(
    'list_erasures',
    `select ${ERASURE} from erasure
     where (bucket, subject_id) > ($1, coalesce($2, '00000000-0000-0000-0000-000000000000'::uuid))
     order by bucket, subject_id limit $3`,
    [after === undefined ? -1 : bucketOf(after), after ?? null, limit],
  )
  return rows.map(toErasure)
}

/** @returns The erasures that were completed last: what a backup lacks first. */
export async function listNewestErasures(database: Database, limit: number): Promise<Erasure[]> {
  const rows = await database.hotSql<ErasureRow>(
    'list_newest_erasures',
    `select ${ERASURE} from erasure where receipt is not null order by erased_at desc limit $1`,
    [limit],
  )
  return rows.map(toErasure)
}

/**
 * @returns Those of the tombstones whose account is not erased here. A tenant that this database does not know has nothing
 *   in it that could be read.
 */
export async function notErased(database: Database, tombstones: readonly Tombstone[]): Promise<Tombstone[]> {
  const items = tombstones.map(({ accountId, tenantId, mode }, ord) => ({
    ord,
    bucket: bucketOf(accountId),
    tenant_id: tenantId,
    mode,
    account_id: accountId,
  }))
  const rows = await database.hotSql<{ ord: number }>(
    'find_not_erased',
    `select item.ord from json_to_recordset($1::json) as item (ord int, bucket smallint, tenant_id uuid, mode text, account_id uuid)
     where (select true from tenant where tenant.id = item.tenant_id)
       and coalesce((select data_subject.state from data_subject where data_subject.bucket = item.bucket
         and data_subject.tenant_id = item.tenant_id and data_subject.mode = item.mode
         and data_subject.account_id = item.account_id limit 1), 'missing') <> 'erased'`,
    [JSON.stringify(items)],
  )
  return rows.map(({ ord }) => tombstones[ord] as Tombstone)
}
