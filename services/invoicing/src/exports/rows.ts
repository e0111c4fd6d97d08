import type { Principal } from '@kontor/http-api'
import type { Database, Tx } from '@kontor/postgres'
import type { SnapshotTotals } from '../documents/snapshot.ts'

/** One issued invoice as bookkeeping wants it: what the document says, whoever issuer and account are today. */
export interface ExportRow {
  readonly number: string
  readonly type_code: string
  readonly issue_on: string
  readonly due_on: string | null
  readonly issuer_name: string
  readonly customer_number: string
  readonly account_name: string
  readonly currency: string
  readonly totals: SnapshotTotals
  readonly paid_minor: bigint
  /** After payments, credit notes and adjustments. */
  readonly open_minor: bigint
  readonly quote_number: string | null
  readonly external_id: string | null
  readonly is_void: boolean
}

/** Rows that are read by and by. Whoever opens them closes them, read to the end or not. */
export interface ExportRows {
  batches(): AsyncGenerator<ExportRow[]>
  /** Ends the transaction. May be called again. */
  close(): Promise<void>
}

/** Rows fetched at once: the memory of an export does not grow with its length. */
const FETCH_ROWS = 500

const EXPORT_SQL = `
select document.number, document.type_code, document.issue_on, document.due_on, document.currency, document.external_id,
       said.issuer ->> 'name' as issuer_name, said.account ->> 'customer_number' as customer_number,
       said.account ->> 'name' as account_name, said.content ->> 'quote_number' as quote_number, said.totals,
       coalesce((select sum(allocation.amount_minor) from allocation
                  where allocation.bucket = document.bucket and allocation.invoice_id = document.id
                    and allocation.payment_id is not null), 0)::bigint as paid_minor,
       greatest(open_minor(document.bucket, document.id), 0) as open_minor,
       exists (select from document_void
                where document_void.bucket = document.bucket and document_void.document_id = document.id) as is_void
  from document
 cross join lateral json_to_record(document.snapshot::json) as said(issuer json, account json, content json, totals json)
 where document.tenant_id = ? and document.mode = ? and document.document_type = 'invoice' and document.state = 'issued'
   and document.issue_on >= ?::date and document.issue_on < ?::date
 order by document.issue_on, document.id
`

/**
 * Opens the invoices issued in a period, oldest first, through a cursor in one snapshot of the database: what is issued
 * meanwhile is in the next export, whole. The first rows are fetched here, so that a database that is down shows before
 * an answer has begun.
 *
 * @param period Half-open: `from` belongs to it, `until` does not.
 */
export async function openExport(
  database: Database,
  actor: Principal,
  period: { readonly from: string; readonly until: string },
): Promise<ExportRows> {
  const tx: Tx = await database.knex.transaction({ isolationLevel: 'repeatable read', readOnly: true })
  const fetch = async (): Promise<ExportRow[]> => (await tx.raw(`fetch ${FETCH_ROWS} from export_rows`)).rows
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= tx.rollback().then(() => undefined)
    return closing
  }
  try {
    const values = [actor.tenantId, actor.mode, period.from, period.until]
    await tx.raw(`declare export_rows no scroll cursor for ${EXPORT_SQL}`, values)
    const first = await fetch()
    return { batches: () => batchesAfter(first, fetch), close }
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
}

async function* batchesAfter(first: ExportRow[], fetch: () => Promise<ExportRow[]>): AsyncGenerator<ExportRow[]> {
  for (let batch = first; batch.length > 0; batch = await fetch()) yield batch
}
