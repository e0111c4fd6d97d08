import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import type { PREFIX } from '../documents/document.ts'

/** At most so many gaps are named; the count says how many there are. */
const NAMED_MAX = 100

export interface SeriesAudit {
  readonly first: number | null
  readonly last: number | null
  readonly count: number
  /** Whether the ledger holds 1…n without gap and the counter stands behind n. */
  readonly complete: boolean
  readonly missing: readonly number[]
  /** Numbers whose date lies before that of the number before. */
  readonly date_inversions: readonly number[]
}

/** Proves from one index scan of the ledger that a series has no gap. A number twice is refused by its primary key. */
export async function auditSeries(database: Database, actor: Principal, seriesId: string): Promise<SeriesAudit> {
  const bucket = bucketOf(seriesId)
  const [series] = await database.hotSql<{ next_seq: bigint }>(
    'audit_find_series',
    'select next_seq from series where bucket = $1 and id = $2 and tenant_id = $3 and mode = $4',
    [bucket, seriesId, actor.tenantId, actor.mode],
  )
  if (!series) throw new NotFound('series')
  const [row] = await database.hotSql<{
    first: bigint | null
    last: bigint | null
    count: bigint
    missing: bigint[]
    date_inversions: bigint[]
  }>('audit_series', AUDIT_SQL, [bucket, seriesId, NAMED_MAX])
  if (!row) throw new Error('an aggregate without a row')
  const last = row.last ?? 0n
  return {
    first: row.first === null ? null : Number(row.first),
    last: row.last === null ? null : Number(row.last),
    count: Number(row.count),
    complete: row.count === last && (row.first ?? 1n) === 1n && series.next_seq === last + 1n,
    missing: row.missing.map(Number),
    date_inversions: row.date_inversions.map(Number),
  }
}

const AUDIT_SQL = `
with entry as (
  select seq, issue_on, lag(seq, 1, 0::bigint) over (order by seq) as before,
         lag(issue_on) over (order by seq) as issue_on_before
    from number_ledger where bucket = $1 and series_id = $2
)
select min(seq) as first, max(seq) as last, count(*) as count,
       coalesce((select array_agg(gap.seq) from (
         select generate_series(entry.before + 1, entry.seq - 1) as seq from entry where entry.seq > entry.before + 1
         order by 1 limit $3) as gap), '{}') as missing,
       coalesce((array_agg(seq order by seq) filter (where issue_on < issue_on_before))[1:$3], '{}') as date_inversions
  from entry
`

export interface SeriesRow {
  readonly id: string
  readonly issuer_id: string
  readonly scope: 'account' | 'issuer'
  readonly account_id: string | null
  readonly document_type: keyof typeof PREFIX
  readonly period: string
  readonly prefix: string
  readonly suffix: string
  readonly next_seq: bigint
  readonly last_issued_on: string | null
}

/** Of one account by its bucket, else across buckets by the index on tenant and id. */
export async function listSeries(
  database: Database,
  actor: Principal,
  page: { accountId: string | undefined; after: string | undefined; limit: number },
): Promise<SeriesRow[]> {
  const query = database
    .knex('series')
    .select(
      'id',
      'issuer_id',
      'scope',
      'account_id',
      'document_type',
      'period',
      'prefix',
      'suffix',
      'next_seq',
      'last_issued_on',
    )
    .where({ tenant_id: actor.tenantId, mode: actor.mode })
  if (page.accountId) query.andWhere({ bucket: bucketOf(page.accountId), account_id: page.accountId })
  if (page.after) query.andWhere('id', '>', page.after)
  return query.orderBy('id').limit(page.limit)
}

export function seriesToWire(row: SeriesRow) {
  return {
    id: formatId('ser', row.id),
    issuer_id: formatId('iss', row.issuer_id),
    scope: row.scope,
    account_id: row.account_id === null ? null : formatId('acc', row.account_id),
    document_type: row.document_type,
    period: row.period,
    format: `${row.prefix}{seq}${row.suffix}`,
    next_seq: Number(row.next_seq),
    last_issued_on: row.last_issued_on,
  }
}
