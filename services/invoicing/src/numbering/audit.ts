import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import { type DocumentType, ID_PREFIX } from './document-type.ts'

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
  /** What became of each number, by number, as many as the page holds. */
  readonly numbers: readonly NumberAudit[]
  readonly has_more: boolean
}

/** One entry of the ledger, compared with the document that it names. */
export interface NumberAudit {
  readonly seq: number
  readonly number: string
  readonly document_id: string
  readonly issue_on: string
  readonly issued_at: string
  /** Whether the document is there, bears the number and says to the byte what the ledger bound the number to. */
  readonly intact: boolean
}

/**
 * Proves from one index scan of the ledger that a series has no gap, and compares a page of its numbers with their
 * documents. A number twice is refused by the ledger's primary key.
 *
 * @param page `after` is the last number of the page before; 0 begins.
 */
export async function auditSeries(
  database: Database,
  actor: Principal,
  seriesId: string,
  page: { readonly after: number; readonly limit: number },
): Promise<SeriesAudit> {
  const bucket = bucketOf(seriesId)
  // One statement for ledger and counter: between two of them numbers are drawn, and the counter would seem to run ahead.
  const [row] = await database.hotSql<{
    document_type: DocumentType
    next_seq: bigint
    first: bigint | null
    last: bigint | null
    count: bigint
    missing: bigint[]
    date_inversions: bigint[]
  }>('audit_series', AUDIT_SQL, [bucket, seriesId, NAMED_MAX, actor.tenantId, actor.mode])
  if (!row) throw new NotFound('series')
  const last = row.last ?? 0n
  const numbers = await listNumbers(database, seriesId, ID_PREFIX[row.document_type], page)
  return {
    first: row.first === null ? null : Number(row.first),
    last: row.last === null ? null : Number(row.last),
    count: Number(row.count),
    complete: row.count === last && (row.first ?? 1n) === 1n && row.next_seq === last + 1n,
    missing: row.missing.map(Number),
    date_inversions: row.date_inversions.map(Number),
    numbers: numbers.slice(0, page.limit),
    has_more: numbers.length > page.limit,
  }
}

/** One row more than the page, to know whether another page follows. */
async function listNumbers(
  database: Database,
  seriesId: string,
  prefix: 'quo' | 'inv',
  page: { readonly after: number; readonly limit: number },
): Promise<NumberAudit[]> {
  const rows = await database.hotSql<{
    seq: bigint
    number: string
    document_id: string
    issue_on: string
    issued_at: Date
    intact: boolean
  }>('audit_numbers', NUMBERS_SQL, [bucketOf(seriesId), seriesId, page.after, page.limit + 1])
  return rows.map((row) => ({
    seq: Number(row.seq),
    number: row.number,
    document_id: formatId(prefix, row.document_id),
    issue_on: row.issue_on,
    issued_at: row.issued_at.toISOString(),
    intact: row.intact,
  }))
}

const NUMBERS_SQL = `
select entry.seq, entry.number, entry.document_id, entry.issue_on, entry.issued_at,
       coalesce(document.series_id = entry.series_id and document.seq = entry.seq and document.number = entry.number
         and document.issue_on = entry.issue_on and document.snapshot_hash = entry.snapshot_hash
         and sha256(convert_to(document.snapshot, 'UTF8')) = entry.snapshot_hash, false) as intact
  from number_ledger as entry
  left join document on document.bucket = entry.document_bucket and document.id = entry.document_id
 where entry.bucket = $1 and entry.series_id = $2 and entry.seq > $3
 order by entry.seq limit $4
`

const AUDIT_SQL = `
with counter as (
  select document_type, next_seq from series where bucket = $1 and id = $2 and tenant_id = $4 and mode = $5
),
entry as (
  select seq, issue_on, lag(issue_on) over (order by seq) as issue_on_before
    from number_ledger where bucket = $1 and series_id = $2 and exists (select from counter)
),
step as (
  select seq, lag(seq, 1, 0::bigint) over (order by seq) as before
    from (select seq from entry union all select next_seq from counter) as reached
)
select counter.document_type, counter.next_seq,
       (select min(seq) from entry) as first, (select max(seq) from entry) as last, (select count(*) from entry) as count,
       coalesce((select array_agg(gap.seq) from (
         select generate_series(before + 1, seq - 1) as seq from step where seq > before + 1 order by 1 limit $3
       ) as gap), '{}') as missing,
       coalesce((select array_agg(late.seq) from (
         select seq from entry where issue_on < issue_on_before order by seq limit $3
       ) as late), '{}') as date_inversions
  from counter
`
