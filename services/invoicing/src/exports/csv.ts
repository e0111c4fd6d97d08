import { createHash } from 'node:crypto'
import { decimalFromMinor } from '@kontor/money'
import { stringify } from 'csv-stringify/sync'
import type { ExportRow } from './rows.ts'

const HEADER = [
  'number',
  'type_code',
  'issue_on',
  'due_on',
  'issuer',
  'customer_number',
  'customer',
  'currency',
  'lines',
  'net',
  'vat',
  'gross',
  'prepaid',
  'rounding',
  'payable',
  'paid',
  'open',
  'quote_number',
  'external_id',
  'state',
]

/** Counts and sums of an export, and the digest of its bytes: whoever imports it can prove that nothing is missing. */
export interface Manifest {
  readonly rows: number
  /** By currency, as decimal strings. */
  readonly sums: Readonly<Record<string, { net: string; vat: string; gross: string; payable: string }>>
  /** SHA-256 of the file, hex. */
  readonly sha256: string
}

/**
 * Writes an export as CSV (RFC 4180): UTF-8, comma, CRLF, a header line, amounts as decimals with a point.
 *
 * @param finish Gets the manifest when the last byte was given out.
 */
export async function* toCsv(
  batches: AsyncIterable<ExportRow[]>,
  finish: (manifest: Manifest) => void,
): AsyncGenerator<string> {
  const hash = createHash('sha256')
  const sums = new Map<string, { net: bigint; vat: bigint; gross: bigint; payable: bigint }>()
  let rows = 0
  const write = (records: readonly (readonly string[])[]) => {
    const text = stringify(
      records.map((record) => [...record]),
      { record_delimiter: 'windows' },
    )
    hash.update(text)
    return text
  }
  yield write([HEADER])
  for await (const batch of batches) {
    rows += batch.length
    yield write(batch.map((row) => toRecord(row, sums)))
  }
  finish({
    rows,
    sums: Object.fromEntries(
      [...sums].map(([currency, sum]) => [
        currency,
        {
          net: decimalFromMinor(sum.net, currency),
          vat: decimalFromMinor(sum.vat, currency),
          gross: decimalFromMinor(sum.gross, currency),
          payable: decimalFromMinor(sum.payable, currency),
        },
      ]),
    ),
    sha256: hash.digest('hex'),
  })
}

/** A credit note takes off what invoices claim: its amounts are below zero, so that a column adds up. */
function toRecord(
  row: ExportRow,
  sums: Map<string, { net: bigint; vat: bigint; gross: bigint; payable: bigint }>,
): string[] {
  const { totals } = row
  const sign = row.document_type === 'credit_note' ? -1n : 1n
  const amount = (minor: number | bigint) => decimalFromMinor(sign * BigInt(minor), row.currency)
  const sum = sums.get(row.currency) ?? { net: 0n, vat: 0n, gross: 0n, payable: 0n }
  // What is void is not claimed of anybody.
  if (!row.is_void)
    sums.set(row.currency, {
      net: sum.net + sign * BigInt(totals.net_minor),
      vat: sum.vat + sign * BigInt(totals.vat_minor),
      gross: sum.gross + sign * BigInt(totals.gross_minor),
      payable: sum.payable + sign * BigInt(totals.payable_minor),
    })
  const payable = BigInt(totals.payable_minor)
  return [
    row.number,
    row.type_code,
    row.issue_on,
    row.due_on ?? '',
    plainText(row.issuer_name),
    row.customer_number,
    plainText(row.account_name),
    row.currency,
    amount(totals.lines_minor),
    amount(totals.net_minor),
    amount(totals.vat_minor),
    amount(totals.gross_minor),
    amount(totals.prepaid_minor),
    amount(totals.rounding_minor),
    amount(payable),
    amount(row.paid_minor),
    amount(row.open_minor),
    row.quote_number ?? '',
    plainText(row.external_id ?? ''),
    row.is_void ? 'void' : 'issued',
  ]
}

/** A text that a spreadsheet would run as a formula gets an apostrophe in front. Amounts are ours and stay numbers. */
export function plainText(text: string): string {
  return /^\s*[=+\-@]/.test(text) ? `'${text}` : text
}
