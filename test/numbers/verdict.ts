import { parseId } from '@kontor/ids'
import pg from 'pg'
import type { PatientClient } from '../support/patient-client.ts'
import type { Outcome } from './job.ts'
import type { AfterStorm } from './storm.ts'

export interface Verdict {
  /** What is wrong, one sentence each; empty when the numbers are as they must be. */
  readonly faults: readonly string[]
  readonly series: number
  readonly numbers: number
}

/** The API never lists more series than that at once. */
const PAGE = 200

/**
 * Reads the books after the storm: through the API's own audit, and past it in SQL of our own that shares nothing with it.
 *
 * @param url The invoicing database as its owner sees it.
 */
export async function judge(url: string, after: AfterStorm): Promise<Verdict> {
  const faults = [...after.tally.unexpected, ...faultsInLog(after.log())]
  const audited = await auditByApi(after.client)
  faults.push(...audited.faults)
  const db = new pg.Client({ connectionString: url })
  await db.connect()
  try {
    for (const [sentence, sql] of MUST_BE_EMPTY) {
      const { rows } = await db.query(sql)
      if (rows.length > 0) faults.push(`${sentence}: ${rows.length} times, such as ${JSON.stringify(rows[0])}`)
    }
    faults.push(...(await compareWithAcknowledged(db, after.outcome, after.documents)))
    const { rows } = await db.query<{ series: number; numbers: number }>(
      'select count(distinct (bucket, series_id))::int as series, count(*)::int as numbers from number_ledger',
    )
    const { series = 0, numbers = 0 } = rows[0] ?? {}
    if (audited.numbers !== numbers) faults.push(`the audit counts ${audited.numbers} numbers, the ledger ${numbers}`)
    return { faults: summed(faults), series, numbers }
  } finally {
    await db.end()
  }
}

/** No defect, and above all no deadlock (40P01), may have been logged, even if no client saw it. */
function faultsInLog(log: string): string[] {
  return log.split('\n').filter((line) => /40P01|"internal_error"|"level":60|cannot start|at file:/.test(line))
}

/** Says once, with a count, what differs only in ids, times and numbers. */
function summed(faults: readonly string[]): string[] {
  const kinds = Map.groupBy(faults, (fault) => fault.replace(/"reqId":"\w+"|_[0-9a-z]{26}|\d+/g, '#'))
  return [...kinds.values()].map((alike) => (alike.length === 1 ? `${alike[0]}` : `${alike.length} times: ${alike[0]}`))
}

/** Each finds rows that no run may leave behind. */
const MUST_BE_EMPTY: readonly (readonly [sentence: string, sql: string])[] = [
  [
    'a series is not 1 to n without a gap',
    `select series.id, series.next_seq, count(entry.seq), min(entry.seq), max(entry.seq)
       from series left join number_ledger entry on entry.bucket = series.bucket and entry.series_id = series.id
      group by series.bucket, series.id
     having count(entry.seq) <> series.next_seq - series.first_seq
         or count(distinct entry.seq) <> series.next_seq - series.first_seq
         or coalesce(min(entry.seq), series.first_seq) <> series.first_seq
         or coalesce(max(entry.seq), series.first_seq - 1) <> series.next_seq - 1`,
  ],
  [
    'the server had to break a deadlock',
    `select deadlocks from pg_stat_database where datname = current_database() and deadlocks > 0`,
  ],
  [
    'an issuer gave a number twice',
    `select issuer_id, number, count(*) from document where number is not null group by issuer_id, number having count(*) > 1`,
  ],
  [
    'a number in the ledger has no document that says the same',
    `select entry.number from number_ledger entry left join document
         on document.bucket = entry.document_bucket and document.id = entry.document_id and document.state = 'issued'
        and document.series_id = entry.series_id and document.seq = entry.seq and document.number = entry.number
        and document.issue_on = entry.issue_on and document.snapshot_hash = entry.snapshot_hash
      where document.id is null`,
  ],
  [
    'an issued document has not exactly one entry in the ledger',
    `select document.number from document left join number_ledger entry
         on entry.document_bucket = document.bucket and entry.document_id = document.id
      where document.state = 'issued' group by document.bucket, document.id, document.number having count(entry.seq) <> 1`,
  ],
  [
    'a snapshot is not what its hash says',
    `select number from document where state = 'issued' and sha256(convert_to(snapshot, 'UTF8')) <> snapshot_hash`,
  ],
  [
    'a number does not read as its series says',
    `select document.number from document join series on series.bucket = document.bucket and series.id = document.series_id
      where document.number is distinct from case when document.seq is null then null
            else series.prefix || lpad(document.seq::text, greatest(series.seq_width, length(document.seq::text)), '0')
                 || series.suffix end`,
  ],
  [
    'a number is of another period than its date, or of another account than its series',
    `select document.number from document join series on series.id = document.series_id
      where left(document.issue_on::text, length(series.period)) <> series.period or series.issuer_id <> document.issuer_id
         or (series.scope = 'account' and series.account_id <> document.account_id)`,
  ],
  [
    'the dates of a series go back',
    `select number from (select number, issue_on, lag(issue_on) over (partition by bucket, series_id order by seq) as before
        from number_ledger) as entry where issue_on < before`,
  ],
  [
    'two series count the same',
    `select issuer_id, scope, account_id, document_type, period, count(*) from series group by 1, 2, 3, 4, 5 having count(*) > 1`,
  ],
  [
    'an issued document has not exactly one event that says so',
    `select document.number from document left join event on event.bucket = document.bucket
        and event.object_id = document.id and event.type = document.document_type || '.issued'
      where document.state = 'issued' group by document.bucket, document.id, document.number having count(event.id) <> 1`,
  ],
  [
    'a document cannot be found by its number',
    `select document.number from document left join unique_name
         on unique_name.kind = 'document_number' and unique_name.target_id = document.id
        and unique_name.value = document.issuer_id || '/' || document.number
      where document.state = 'issued' and unique_name.target_id is null`,
  ],
]

/** Whether every acknowledged document is there under its number, and no other document is. */
async function compareWithAcknowledged(db: pg.Client, outcome: Outcome, jobs: number): Promise<string[]> {
  const { rows } = await db.query<{ id: string; document_type: string; number: string | null }>(
    'select id, document_type, number from document',
  )
  const numberOf = new Map(rows.map((row) => [row.id, row.number]))
  const faults: string[] = []
  const { invoices, quotes, refusedDrafts, dropped } = outcome
  for (const [prefix, acknowledged] of [
    ['inv', invoices],
    ['quo', quotes],
  ] as const) {
    for (const { id, number } of acknowledged) {
      const found = numberOf.get(parseId(prefix, id))
      if (found !== number) faults.push(`${number} was acknowledged, and is ${found ?? 'lost'}`)
    }
  }
  for (const id of refusedDrafts) {
    if (numberOf.get(parseId('inv', id)) !== null) faults.push(`the refused draft ${id} has a number, or is gone`)
  }
  for (const id of dropped) {
    if (numberOf.has(parseId('inv', id))) faults.push(`the dropped draft ${id} is still there`)
  }
  const settled = invoices.length + refusedDrafts.length
  const open = jobs - settled - dropped.length - outcome.unmade
  if (open !== 0) faults.push(`${open} of ${jobs} documents did not settle`)
  for (const [type, expected] of [
    ['invoice', settled],
    ['quote', quotes.length],
  ] as const) {
    const made = rows.filter((row) => row.document_type === type).length
    if (made !== expected) faults.push(`${expected} documents of type ${type} were asked for, and ${made} were made`)
  }
  return faults
}

/** Asks for the audit of every series, all pages of it, as an auditor would. */
async function auditByApi(client: PatientClient): Promise<{ faults: string[]; numbers: number }> {
  const faults: string[] = []
  let numbers = 0
  for (let after = ''; ; ) {
    const { body: page } = await client.send(0, 'GET', `/v1/series?limit=${PAGE}${after && `&after=${after}`}`)
    for (const series of page.data as { id: string }[]) {
      for (let seq = 0; ; ) {
        const path = `/v1/series/${series.id}/audit?limit=${PAGE}&after=${seq}`
        const { body: audit } = await client.send(0, 'GET', path)
        const { complete, first, last, count, missing, duplicates, date_inversions, misprinted } = audit
        if (!complete || date_inversions.length > 0 || misprinted.length > 0) {
          const summary = JSON.stringify({ first, last, count, missing, duplicates, date_inversions, misprinted })
          faults.push(`the audit of ${series.id} is not complete: ${summary}`)
        }
        for (const entry of audit.numbers as { seq: number; number: string; intact: boolean }[]) {
          numbers++
          seq = entry.seq
          if (!entry.intact) faults.push(`the audit says that ${entry.number} is not intact`)
        }
        if (!audit.has_more) break
      }
      after = series.id
    }
    if (!page.has_more) return { faults, numbers }
  }
}
