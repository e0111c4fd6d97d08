import type { Mode } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Database } from '@kontor/postgres'

/** An account, as whoever asks says whose it is. The same id under another tenant or mode is another account. */
export interface AccountRef {
  /** UUID of the account. */
  readonly id: string
  readonly tenantId: string
  readonly mode: Mode
}

/** An account that is to have a row, and the subject's id that it would get. */
export interface OfferedSubject extends AccountRef {
  readonly subjectId: string
}

/** The data subject that an account is. */
export interface Subject {
  /** UUID that the vault drew: keys and records are bound to it. */
  readonly id: string
  readonly state: 'active' | 'erased'
}

// `limit 1` keeps the lookup one by one: as a join, the planner may read the whole table.
const CLAIM_SUBJECTS = `
with item as (
  select * from json_to_recordset($1::json) as item (
    ord int, bucket smallint, id uuid, tenant_id uuid, mode text, account_id uuid)
), made as (
  insert into data_subject (bucket, id, tenant_id, mode, account_id)
  select item.bucket, item.id, item.tenant_id, item.mode, item.account_id from item
  order by item.bucket, item.tenant_id, item.mode, item.account_id
  on conflict (bucket, tenant_id, mode, account_id) do nothing
  returning data_subject.bucket, data_subject.id, data_subject.tenant_id, data_subject.mode, data_subject.account_id,
    data_subject.state
), known as (
  select made.bucket, made.id, made.tenant_id, made.mode, made.account_id, made.state from made
  union all
  select held.bucket, held.id, held.tenant_id, held.mode, held.account_id, held.state
  from (select distinct item.bucket, item.tenant_id, item.mode, item.account_id from item) as wanted
  cross join lateral (
    select data_subject.bucket, data_subject.id, data_subject.tenant_id, data_subject.mode, data_subject.account_id,
      data_subject.state
    from data_subject where data_subject.bucket = wanted.bucket and data_subject.tenant_id = wanted.tenant_id
      and data_subject.mode = wanted.mode and data_subject.account_id = wanted.account_id limit 1) as held
)
select item.ord, known.id, known.state
from item join known on known.bucket = item.bucket and known.tenant_id = item.tenant_id and known.mode = item.mode
  and known.account_id = item.account_id`

/**
 * Makes the rows of accounts that have none yet, for a whole batch.
 *
 * @returns `undefined` in the place of an account whose row another process made at this very moment: ask again.
 */
export async function claimSubjects(
  database: Database,
  batch: readonly OfferedSubject[],
): Promise<(Subject | undefined)[]> {
  const items = batch.map(({ id, tenantId, mode, subjectId }, ord) => ({
    ord,
    bucket: bucketOf(id),
    id: subjectId,
    tenant_id: tenantId,
    mode,
    account_id: id,
  }))
  const rows = await database.hotSql<Subject & { ord: number }>('claim_subjects', CLAIM_SUBJECTS, [
    JSON.stringify(items),
  ])
  const known: (Subject | undefined)[] = batch.map(() => undefined)
  for (const { ord, id, state } of rows) known[ord] = { id, state }
  return known
}

/** @returns The subject that an account is, `undefined` for an account that the vault holds nothing of. */
export async function findSubject(
  database: Database,
  { id, tenantId, mode }: AccountRef,
): Promise<Subject | undefined> {
  const [row] = await database.hotSql<Subject>(
    'find_subject',
    'select id, state from data_subject where bucket = $1 and tenant_id = $2 and mode = $3 and account_id = $4',
    [bucketOf(id), tenantId, mode, id],
  )
  return row
}
