import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import { NUMBERED_PREFIX, type NumberedType } from '../numbering/numbered-type.ts'
import { AUDIT_SQL, NUMBERS_SQL } from './audit-sql.ts'
import { type Fate, fateOf } from './fate.ts'

/** At most so many of each kind of fault are named; `count` and `complete` are of all of them. */
const NAMED_MAX = 100

export interface SeriesAudit {
  readonly first: number | null
  readonly last: number | null
  readonly count: number
  /** Whether the ledger holds each number from the first that the series was to give to the last, once, and the counter stands behind it. */
  readonly complete: boolean
  readonly missing: readonly number[]
  /** Numbers that stand in the ledger twice. */
  readonly duplicates: readonly number[]
  /** Numbers whose date lies before that of the number before. */
  readonly date_inversions: readonly number[]
  /** Numbers that read otherwise than the series prints them. */
  readonly misprinted: readonly number[]
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
  readonly state: Fate
  /** When it came to that; the moment of issue where nothing happened since. */
  readonly state_at: string
}

interface AuditRow {
  readonly document_type: NumberedType
  readonly first_seq: bigint
  readonly next_seq: bigint
  readonly drawn_ahead: boolean
  readonly first: bigint | null
  readonly last: bigint | null
  readonly count: bigint
  readonly gaps_from: bigint[] | null
  readonly gaps_to: bigint[] | null
  readonly duplicates: bigint[] | null
  readonly date_inversions: bigint[] | null
  readonly misprinted: bigint[] | null
}

/**
 * Proves from one index scan of the ledger that a series has no gap, and compares a page of its numbers with their documents.
 *
 * @param page `after` is the last number of the page before; 0 begins.
 */
export async function auditSeries(
  database: Database,
  actor: Principal,
  seriesId: string,
  page: { readonly after: number; readonly limit: number },
): Promise<SeriesAudit> {
  // One statement for ledger, counter and names: between two of them numbers are drawn, and the counter would seem to run ahead.
  const [row] = await database.hotSql<AuditRow>('audit_series', AUDIT_SQL, [
    bucketOf(seriesId),
    seriesId,
    NAMED_MAX,
    actor.tenantId,
    actor.mode,
  ])
  if (!row) throw new NotFound('series')
  const numbers = await listNumbers(database, seriesId, row.document_type, page)
  return { ...judge(row), numbers: numbers.slice(0, page.limit), has_more: numbers.length > page.limit }
}

function judge(row: AuditRow): Omit<SeriesAudit, 'numbers' | 'has_more'> {
  const reached = row.last ?? row.first_seq - 1n
  const expected = row.next_seq - row.first_seq
  const complete =
    row.count === expected &&
    reached === row.next_seq - 1n &&
    (row.first ?? row.first_seq) === row.first_seq &&
    row.gaps_from === null &&
    row.duplicates === null &&
    !row.drawn_ahead
  const gaps = (row.gaps_from ?? []).map((from, index) => [from, row.gaps_to?.[index] ?? from] as const)
  // The counter remembers numbers that are gone from the end, and the names those that the counter has forgotten as well.
  const end = row.drawn_ahead && row.next_seq > reached ? row.next_seq : row.next_seq - 1n
  if (end > reached) gaps.push([reached + 1n, end])
  return {
    first: row.first === null ? null : Number(row.first),
    last: row.last === null ? null : Number(row.last),
    count: Number(row.count),
    complete,
    missing: named(gaps),
    duplicates: (row.duplicates ?? []).map(Number),
    date_inversions: (row.date_inversions ?? []).map(Number),
    misprinted: (row.misprinted ?? []).map(Number),
  }
}

/** The numbers of the gaps one by one, up to the bound. */
function named(gaps: readonly (readonly [from: bigint, to: bigint])[]): number[] {
  const numbers: number[] = []
  for (const [from, to] of gaps) {
    for (let seq = from; seq <= to && numbers.length < NAMED_MAX; seq++) numbers.push(Number(seq))
  }
  return numbers
}

/** One row more than the page, to know whether another page follows. */
async function listNumbers(
  database: Database,
  seriesId: string,
  type: NumberedType,
  page: { readonly after: number; readonly limit: number },
): Promise<NumberAudit[]> {
  const rows = await database.hotSql<{
    seq: bigint
    number: string
    document_id: string
    issue_on: string
    issued_at: Date
    intact: boolean
    has_document: boolean
    fate_type: string | null
    fate_at: Date | null
  }>('audit_numbers', NUMBERS_SQL, [bucketOf(seriesId), seriesId, page.after, page.limit + 1])
  return rows.map((row) => ({
    seq: Number(row.seq),
    number: row.number,
    document_id: formatId(NUMBERED_PREFIX[type], row.document_id),
    issue_on: row.issue_on,
    issued_at: row.issued_at.toISOString(),
    intact: row.intact,
    state: fateOf(row),
    state_at: (row.fate_at ?? row.issued_at).toISOString(),
  }))
}
