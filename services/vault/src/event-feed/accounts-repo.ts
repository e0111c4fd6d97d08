import { bucketOf } from '@kontor/ids'
import type { Database } from '@kontor/postgres'

/** @returns By subject, the account that it is, for those that are one: a guest's instrument is a subject without account. */
export async function accountsOf(database: Database, subjectIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await database.hotSql<{ id: string; account_id: string }>(
    'accounts_of_subjects',
    `select found.id, found.account_id from unnest($1::smallint[], $2::uuid[]) as wanted(bucket, id)
     cross join lateral (
       select data_subject.id, data_subject.account_id from data_subject
       where data_subject.bucket = wanted.bucket and data_subject.id = wanted.id limit 1
     ) as found
     where found.account_id is not null`,
    [subjectIds.map(bucketOf), subjectIds],
  )
  return new Map(rows.map(({ id, account_id }) => [id, account_id]))
}
