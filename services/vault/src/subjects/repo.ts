import type { Mode } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Database } from '@kontor/postgres'

/** An account that is to have a row, as whoever asks says whose it is. */
export interface ClaimedSubject {
  readonly id: string
  readonly tenantId: string
  readonly mode: Mode
}

/** Whose the account is; `mine` for whoever claimed it rightly. */
export type Claim = 'mine' | 'foreign' | 'erased'

// `limit 1` keeps the lookup one by one: as a join, the planner may read the whole table.
const CLAIM_SUBJECTS = `
with item as (
  select * from json_to_recordset($1::json) as item (ord int, bucket smallint, id uuid, tenant_id uuid, mode text)
), made as (
  insert into data_subject (bucket, id, tenant_id, mode)
  select item.bucket, item.id, item.tenant_id, item.mode from item
  order by item.bucket, item.id
  on conflict (bucket, id) do nothing
  returning data_subject.bucket, data_subject.id, data_subject.tenant_id, data_subject.mode, data_subject.state
), known as (
  select made.bucket, made.id, made.tenant_id, made.mode, made.state from made
  union all
  select held.bucket, held.id, held.tenant_id, held.mode, held.state
  from (select distinct item.bucket, item.id from item) as wanted
  cross join lateral (
    select data_subject.bucket, data_subject.id, data_subject.tenant_id, data_subject.mode, data_subject.state
    from data_subject where data_subject.bucket = wanted.bucket and data_subject.id = wanted.id limit 1) as held
)
select item.ord, case
    when known.tenant_id <> item.tenant_id or known.mode <> item.mode then 'foreign'
    when known.state = 'erased' then 'erased'
    else 'mine'
  end as claim
from item join known on known.bucket = item.bucket and known.id = item.id`

/**
 * Makes the rows of accounts that have none yet, for a whole batch. The first to name an account owns it: its id is not
 * known to anybody else.
 *
 * @returns `undefined` in the place of an account whose row another process made at this very moment: ask again.
 */
export async function claimSubjects(
  database: Database,
  batch: readonly ClaimedSubject[],
): Promise<(Claim | undefined)[]> {
  const items = batch.map(({ id, tenantId, mode }, ord) => ({
    ord,
    bucket: bucketOf(id),
    id,
    tenant_id: tenantId,
    mode,
  }))
  const rows = await database.hotSql<{ ord: number; claim: Claim }>('claim_subjects', CLAIM_SUBJECTS, [
    JSON.stringify(items),
  ])
  const claims: (Claim | undefined)[] = batch.map(() => undefined)
  for (const row of rows) claims[row.ord] = row.claim
  return claims
}

/** @returns Whether the account was erased; false too where the owner has no such account. */
export async function isErased(database: Database, { id, tenantId, mode }: ClaimedSubject): Promise<boolean> {
  const rows = await database.hotSql<object>(
    'is_erased',
    `select from data_subject where bucket = $1 and id = $2 and tenant_id = $3 and mode = $4 and state = 'erased'`,
    [bucketOf(id), id, tenantId, mode],
  )
  return rows.length > 0
}
