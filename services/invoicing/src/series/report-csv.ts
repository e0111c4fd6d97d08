import { createHash } from 'node:crypto'
import { formatId } from '@kontor/ids'
import { decimalFromMinor } from '@kontor/money'
import { stringify } from 'csv-stringify/sync'
import { plainText } from '../exports/csv.ts'
import { NUMBERED_PREFIX } from '../numbering/numbered-type.ts'
import type { Fate } from './fate.ts'
import type { OpenReport, Reported, ReportedNumber } from './report.ts'

const HEADER = [
  'number',
  'seq',
  'seq_to',
  'issue_on',
  'issued_at',
  'customer_number',
  'customer',
  'currency',
  'gross',
  'state',
  'state_at',
  'remarks',
  'document_id',
]

/** How many numbers came to what, and what they add up to. */
export interface ReportSum {
  readonly currency: string
  readonly state: Fate
  readonly count: number
  readonly grossMinor: bigint
}

/** Counts and sums of a report, and the digest of its bytes. */
export interface ReportManifest {
  readonly numbers: number
  readonly missing: string
  readonly sums: readonly { currency: string; state: Fate; count: number; gross: string }[]
  readonly made_at: string
  readonly made_by: string
  /** SHA-256 of the file, hex. */
  readonly sha256: string
}

/** Adds up a report while it is read. */
export function reportSums() {
  const sums = new Map<string, { currency: string; state: Fate; count: number; grossMinor: bigint }>()
  let numbers = 0
  let missing = 0n
  return {
    add(entry: Reported): void {
      if (entry.kind === 'gap') {
        missing += entry.to - entry.from + 1n
        return
      }
      numbers++
      const currency = entry.currency ?? ''
      const sum = sums.get(`${currency} ${entry.state}`) ?? { currency, state: entry.state, count: 0, grossMinor: 0n }
      sum.count++
      sum.grossMinor += entry.gross_minor ?? 0n
      sums.set(`${currency} ${entry.state}`, sum)
    },
    numbers: () => numbers,
    missing: () => missing,
    /** By currency, then by state. */
    list: (): readonly ReportSum[] => [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum),
  }
}

/**
 * Writes a report as CSV (RFC 4180): UTF-8, comma, CRLF, a header line, amounts as decimals with a point. A gap is a line of its own
 * with the state `missing`.
 *
 * @param finish Gets the manifest when the last byte was given out.
 */
export async function* toReportCsv(
  { head, batches }: Pick<OpenReport, 'head' | 'batches'>,
  madeAt: Date,
  finish: (manifest: ReportManifest) => void,
): AsyncGenerator<string> {
  const hash = createHash('sha256')
  const sums = reportSums()
  const prefix = NUMBERED_PREFIX[head.series.document_type]
  const write = (records: string[][]) => {
    const text = stringify(records, { record_delimiter: 'windows' })
    hash.update(text)
    return text
  }
  yield write([HEADER])
  for await (const batch of batches()) {
    for (const entry of batch) sums.add(entry)
    yield write(batch.map((entry) => (entry.kind === 'gap' ? gapRecord(entry) : numberRecord(entry, prefix))))
  }
  finish({
    numbers: sums.numbers(),
    missing: sums.missing().toString(),
    sums: sums.list().map(({ currency, state, count, grossMinor }) => ({
      currency,
      state,
      count,
      gross: currency === '' ? '' : decimalFromMinor(grossMinor, currency),
    })),
    made_at: madeAt.toISOString(),
    made_by: head.madeBy,
    sha256: hash.digest('hex'),
  })
}

function gapRecord({ from, to }: { readonly from: bigint; readonly to: bigint }): string[] {
  return ['', from.toString(), to.toString(), '', '', '', '', '', '', 'missing', '', '', '']
}

function numberRecord(entry: ReportedNumber, prefix: (typeof NUMBERED_PREFIX)[keyof typeof NUMBERED_PREFIX]): string[] {
  const { currency, gross_minor } = entry
  return [
    plainText(entry.number),
    entry.seq.toString(),
    entry.seq.toString(),
    entry.issue_on,
    entry.issued_at.toISOString(),
    entry.customer_number ?? '',
    plainText(entry.customer ?? ''),
    currency ?? '',
    currency === null || gross_minor === null ? '' : decimalFromMinor(gross_minor, currency),
    entry.state,
    entry.state_at.toISOString(),
    entry.remarks.join(' '),
    formatId(prefix, entry.document_id),
  ]
}
