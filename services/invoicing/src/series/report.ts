import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { PostalAddress } from '../issuers/issuer.ts'
import { printNumber } from '../numbering/format.ts'
import { INTACT } from './audit-sql.ts'
import { FATE_JOIN, type Fate, fateOf } from './fate.ts'
import { findSeries, type SeriesRow } from './list-series.ts'

/** Both days belong to it; the beginning or the end of the series where one is missing. */
export interface ReportPeriod {
  readonly from: string | undefined
  readonly to: string | undefined
}

/** What is wrong with a number, beside being missing. */
export type Remark = 'altered' | 'date_inversion' | 'duplicate' | 'misprinted'

/** One number of a series, and what became of it. */
export interface ReportedNumber {
  readonly kind: 'number'
  readonly seq: bigint
  readonly number: string
  readonly document_id: string
  readonly issue_on: string
  readonly issued_at: Date
  /** Of an intact document; null where it was altered or is lost. */
  readonly customer_number: string | null
  readonly customer: string | null
  readonly currency: string | null
  readonly gross_minor: bigint | null
  readonly state: Fate
  readonly state_at: Date
  readonly remarks: readonly Remark[]
}

/** Numbers that are missing, one after the other. */
export interface ReportedGap {
  readonly kind: 'gap'
  readonly from: bigint
  readonly to: bigint
}

export type Reported = ReportedNumber | ReportedGap

/** Everything that is said before the first number. */
export interface ReportHead {
  readonly series: SeriesRow
  readonly issuer: {
    readonly name: string
    readonly address: PostalAddress
    readonly vat_id: string | null
    readonly legal_id: string | null
    readonly tax_number: string | null
    readonly time_zone: string
    readonly language: 'de' | 'en'
  }
  /** Numbers in the period. */
  readonly count: number
  /** The name of the API key that asks. */
  readonly madeBy: string
}

/** A report that is read by and by. Whoever opens it closes it, read to the end or not. */
export interface OpenReport {
  readonly head: ReportHead
  batches(): AsyncGenerator<Reported[]>
  /** Ends the transaction. May be called again. */
  close(): Promise<void>
}

/** Rows fetched at once: the memory of a report does not grow with its length. */
const FETCH_ROWS = 500

interface Row {
  readonly seq: bigint
  readonly before: bigint
  readonly issue_on_before: string | null
  readonly number: string
  readonly document_id: string
  readonly issue_on: string
  readonly issued_at: Date
  readonly intact: boolean
  readonly has_document: boolean
  readonly fate_type: string | null
  readonly fate_at: Date | null
  readonly customer_number: string | null
  readonly customer: string | null
  readonly currency: string | null
  readonly gross_minor: bigint | null
}

// A snapshot that was altered is not read: it may be no JSON any more, and what it says is worth nothing.
const ROWS_SQL = `
select entry.seq, entry.before, entry.issue_on_before, entry.number, entry.document_id, entry.issue_on, entry.issued_at,
       proof.intact, (document.id is not null) as has_document, fate.type as fate_type, fate.at as fate_at,
       said.account ->> 'customer_number' as customer_number, said.account ->> 'name' as customer, said.currency,
       (said.totals ->> 'gross_minor')::bigint as gross_minor
  from (
    select ledger.*, lag(ledger.seq, 1, ?::bigint - 1) over (order by ledger.seq) as before,
           lag(ledger.issue_on) over (order by ledger.seq) as issue_on_before
      from number_ledger as ledger where ledger.bucket = ? and ledger.series_id = ?
  ) as entry
  left join document on document.bucket = entry.document_bucket and document.id = entry.document_id
 cross join lateral (select ${INTACT} as intact) as proof${FATE_JOIN}
  left join lateral json_to_record(case when proof.intact then document.snapshot::json end)
         as said(account json, totals json, currency text) on true
 where entry.issue_on >= ?::date and entry.issue_on <= ?::date
 order by entry.seq
`

/**
 * Opens the numbers of a series, in one snapshot of the database. The first of them are fetched here, so that a database that is
 * down shows before an answer has begun.
 *
 * @throws {NotFound} There is no such series of the tenant.
 */
export async function openReport(
  database: Database,
  actor: Principal,
  seriesId: string,
  period: ReportPeriod,
): Promise<OpenReport> {
  const series = await findSeries(database.knex, actor, seriesId)
  if (!series) throw new NotFound('series')
  const tx: Tx = await database.knex.transaction({ isolationLevel: 'repeatable read', readOnly: true })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= tx.rollback().then(() => undefined)
    return closing
  }
  const days = [period.from ?? '0001-01-01', period.to ?? '9999-12-31']
  const fetch = async (): Promise<Row[]> => (await tx.raw(`fetch ${FETCH_ROWS} from report_rows`)).rows
  try {
    const { head, last } = await readHead(tx, actor, series, days)
    const of = [head.series.first_seq.toString(), bucketOf(seriesId), seriesId]
    await tx.raw(`declare report_rows no scroll cursor for ${ROWS_SQL}`, [...of, ...days])
    const first = await fetch()
    // Numbers that are gone from the end have no date, so that only a report to the end can miss them.
    const end = period.to === undefined ? head.series.next_seq - 1n : last
    return { head, batches: () => reported(head.series, first, fetch, { last, end }), close }
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
}

async function readHead(
  tx: Tx,
  actor: Principal,
  { id, issuer_id }: SeriesRow,
  days: readonly string[],
): Promise<{ head: ReportHead; last: bigint }> {
  const bucket = bucketOf(id)
  // Once more, in this transaction: the counter of the same moment as the ledger.
  const series = await findSeries(tx, actor, id)
  const issuer = await tx('issuer')
    .select('name', 'address', 'vat_id', 'legal_id', 'tax_number', 'time_zone', 'language')
    .where({ bucket: bucketOf(issuer_id), id: issuer_id, tenant_id: actor.tenantId })
    .first()
  const key: { name: string } | undefined = await tx('api_key').select('name').where({ id: actor.keyId }).first()
  const { rows } = await tx.raw<{ rows: { count: bigint; last: bigint }[] }>(
    `select count(*) filter (where issue_on >= ?::date and issue_on <= ?::date) as count, coalesce(max(seq), ?::bigint - 1) as last
       from number_ledger where bucket = ? and series_id = ?`,
    [...days, (series?.first_seq ?? 1n).toString(), bucket, id],
  )
  if (!series || !issuer) throw new NotFound('series')
  const { count = 0n, last = 0n } = rows[0] ?? {}
  return { head: { series, issuer, count: Number(count), madeBy: key?.name ?? '' }, last }
}

async function* reported(
  series: SeriesRow,
  first: Row[],
  fetch: () => Promise<Row[]>,
  { last, end }: { readonly last: bigint; readonly end: bigint },
): AsyncGenerator<Reported[]> {
  for (let batch = first; batch.length > 0; batch = await fetch()) {
    yield batch.flatMap((row) => {
      const gap: Reported[] =
        row.seq > row.before + 1n ? [{ kind: 'gap', from: row.before + 1n, to: row.seq - 1n }] : []
      return [...gap, numberOf(series, row)]
    })
  }
  if (end > last) yield [{ kind: 'gap', from: last + 1n, to: end }]
}

function numberOf(series: SeriesRow, row: Row): ReportedNumber {
  const remarks: Remark[] = []
  const { prefix, suffix, seq_width: seqWidth } = series
  if (!row.intact && row.has_document) remarks.push('altered')
  if (row.seq === row.before) remarks.push('duplicate')
  if (row.issue_on_before !== null && row.issue_on < row.issue_on_before) remarks.push('date_inversion')
  if (row.number !== printNumber({ prefix, suffix, seqWidth }, row.seq)) remarks.push('misprinted')
  return {
    kind: 'number',
    seq: row.seq,
    number: row.number,
    document_id: row.document_id,
    issue_on: row.issue_on,
    issued_at: row.issued_at,
    customer_number: row.customer_number,
    customer: row.customer,
    currency: row.currency,
    gross_minor: row.gross_minor,
    state: fateOf(row),
    state_at: row.fate_at ?? row.issued_at,
    remarks,
  }
}
