import { bucketOf } from '@kontor/ids'
import { type Database, withTransaction } from '@kontor/postgres'
import type { ErasedSubject, KeysDestroyed, Tombstone } from './account.ts'

interface TombstoneRow {
  readonly subject_id: string
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly account_id: string
  readonly erased_at: Date
  readonly tokens_destroyed: number
  readonly keys_destroyed_at: Date
  readonly final_at: Date
  readonly receipt: string | null
}

const TOMBSTONE = `subject_id, tenant_id, mode, account_id, erased_at, tokens_destroyed, keys_destroyed_at, final_at, receipt`

function toTombstone(row: TombstoneRow): Tombstone {
  return {
    subjectId: row.subject_id,
    tenantId: row.tenant_id,
    mode: row.mode,
    accountId: row.account_id,
    erasedAt: row.erased_at,
    tokensDestroyed: row.tokens_destroyed,
    keysDestroyedAt: row.keys_destroyed_at,
    finalAt: row.final_at,
    receipt: row.receipt,
  }
}

/**
 * Sets the tombstone of a subject and destroys every version of its key, both or neither. May be repeated: the first
 * tombstone stays, and keys that came back are destroyed again. The tombstone comes first, because its insertion waits for
 * whoever is making a key of the subject at this moment (a trigger of the table), so that the deletion sees that key.
 *
 * @returns The tombstone as it stands, and the versions that were destroyed now.
 */
export function bury(
  keys: Database,
  subject: ErasedSubject & KeysDestroyed & { readonly receipt: string | null },
): Promise<{ tombstone: Tombstone; versions: number[] }> {
  const row = { bucket: bucketOf(subject.subjectId), subject_id: subject.subjectId }
  return withTransaction(keys.knex, async (tx) => {
    await tx('tombstone')
      .insert({
        ...row,
        tenant_id: subject.tenantId,
        mode: subject.mode,
        account_id: subject.accountId,
        erased_at: subject.erasedAt,
        tokens_destroyed: subject.tokensDestroyed,
        keys_destroyed_at: subject.keysDestroyedAt,
        final_at: subject.finalAt,
        receipt: subject.receipt,
      })
      .onConflict(['bucket', 'subject_id'])
      .ignore()
    const destroyed: { version: number }[] = await tx('dek').where(row).delete().returning('version')
    const standing: TombstoneRow = await tx('tombstone').select(TOMBSTONE.split(', ')).where(row).first()
    return { tombstone: toTombstone(standing), versions: destroyed.map(({ version }) => version) }
  })
}

/** Keeps the receipt where a restore of the vault's database does not lose it. */
export async function keepReceipt(keys: Database, subjectId: string, receipt: string): Promise<void> {
  await keys.hotSql(
    'keep_receipt',
    'update tombstone set receipt = $3 where bucket = $1 and subject_id = $2 and receipt is null',
    [bucketOf(subjectId), subjectId, receipt],
  )
}

/** @returns Tombstones after the subject `after`, in the order of their keys, at most `limit`. */
export async function listTombstones(keys: Database, limit: number, after: string | undefined): Promise<Tombstone[]> {
  const rows = await keys.hotSql<TombstoneRow>(
    'list_tombstones',
    `select ${TOMBSTONE} from tombstone
     where (bucket, subject_id) > ($1, coalesce($2, '00000000-0000-0000-0000-000000000000'::uuid))
     order by bucket, subject_id limit $3`,
    [after === undefined ? -1 : bucketOf(after), after ?? null, limit],
  )
  return rows.map(toTombstone)
}

/** @returns The tombstones that were set last: what a backup of the vault's database lacks first. */
export async function listNewestTombstones(keys: Database, limit: number): Promise<Tombstone[]> {
  const rows = await keys.hotSql<TombstoneRow>(
    'list_newest_tombstones',
    `select ${TOMBSTONE} from tombstone order by erased_at desc limit $1`,
    [limit],
  )
  return rows.map(toTombstone)
}

/** @returns Those of the erased subjects that have no tombstone here, or still have a key. */
export async function notBuried<S extends ErasedSubject>(keys: Database, subjects: readonly S[]): Promise<S[]> {
  const items = subjects.map(({ subjectId }, ord) => ({ ord, bucket: bucketOf(subjectId), subject_id: subjectId }))
  const rows = await keys.hotSql<{ ord: number }>(
    'find_not_buried',
    `select item.ord from json_to_recordset($1::json) as item (ord int, bucket smallint, subject_id uuid)
     where (select true from tombstone where tombstone.bucket = item.bucket and tombstone.subject_id = item.subject_id) is null
       or (select true from dek where dek.bucket = item.bucket and dek.subject_id = item.subject_id limit 1)`,
    [JSON.stringify(items)],
  )
  return rows.map(({ ord }) => subjects[ord] as S)
}
