import { formatId } from '@kontor/ids'
import { decimalFromMinor } from '@kontor/money'
import { stringify } from 'csv-stringify/sync'
import { plainText } from '../exports/csv.ts'
import type { ReportedItem } from './service.ts'

const HEADER = [
  'position',
  'invoice_id',
  'external_id',
  'state',
  'number',
  'issue_on',
  'currency',
  'gross',
  'code',
  'path',
]

/** Writes what became of each draft of a run as CSV (RFC 4180): UTF-8, comma, CRLF, a header line. */
export async function* toRunCsv(batches: AsyncIterable<readonly ReportedItem[]>): AsyncGenerator<string> {
  const write = (records: string[][]) => stringify(records, { record_delimiter: 'windows' })
  yield write([HEADER])
  for await (const batch of batches) yield write(batch.map(toRecord))
}

function toRecord({ item, document }: ReportedItem): string[] {
  return [
    String(item.ord),
    formatId('inv', item.document_id),
    plainText(document?.external_id ?? ''),
    item.state,
    plainText(document?.number ?? ''),
    document?.issue_on ?? '',
    document?.currency ?? '',
    document ? decimalFromMinor(document.gross_minor, document.currency) : '',
    item.code ?? '',
    item.path ?? '',
  ]
}
