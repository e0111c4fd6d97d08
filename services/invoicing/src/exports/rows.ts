import type { Principal } from '@kontor/http-api'
import type { Database, Tx } from '@kontor/postgres'
import type { SnapshotTotals } from '../documents/snapshot.ts'

/** One issued invoice or credit note as bookkeeping wants it: what it says, whoever issuer and account are today. */
export interface ExportRow {
  readonly document_type: 'invoice' | 'credit_note'
  readonly number: string
  readonly type_code: string
  readonly issue_on: string
  readonly due_on: string | null
  readonly issuer_name: string
  readonly customer_number: string
  readonly account_name: string
  readonly currency: string
  readonly totals: SnapshotTotals
  /** Of a credit note, what went back of it. */
  readonly paid_minor: bigint
  /** After payments, credit notes and adjustments; of a credit note, what is left of it. */
  readonly open_minor: bigint
  readonly quote_number: string | null
  readonly external_id: string | null
  readonly is_void: boolean
}

/** Rows that are read by and by. Whoever opens them closes them, read to the end or not. */
export interface ExportRows {
  /** Whose transactions it sees, in the words of the database. */
  readonly snapshot: string
  batches(): AsyncGenerator<ExportRow[]>
  /** Ends the transaction. May be called again. */
  close(): Promise<void>
}

/** Rows fetched at once: the memory of an export does not grow with its length. */
const FETCH_ROWS = 500

const DOCUMENT = `document.bucket, document.id, document.document_type, document.number, document.type_code, document.issue_on,
               document.due_on, document.currency, document.external_id, document.snapshot
          from document`

const ASKED = `document.tenant_id = :tenant and document.mode = :mode and document.state = 'issued'
           and document.issue_on >= cast(:from as date) and document.issue_on < cast(:until as date)
         order by document.issue_on, document.id`

/** Each type by itself, because the index has the days of one type in order: merged, the first row is there at once. */
export const EXPORT_SQL = `
select document.document_type, document.number, document.type_code, document.issue_on, document.due_on, document.currency,
       document.external_id,
       said.issuer ->> 'name' as issuer_name, said.account ->> 'customer_number' as customer_number,
       said.account ->> 'name' as account_name, said.content ->> 'quote_number' as quote_number, said.totals,
       case document.document_type
         when 'invoice' then coalesce((select sum(allocation.amount_minor) from allocation
                  where allocation.bucket = document.bucket and allocation.invoice_id = document.id
                    and allocation.payment_id is not null), 0)::bigint
         else coalesce((select sum(refund.amount_minor) from refund
                  where refund.bucket = document.bucket and refund.credit_note_id = document.id), 0)::bigint end as paid_minor,
       case document.document_type
         when 'invoice' then greatest(open_minor(document.bucket, document.id), 0)
         else credit_minor(document.bucket, document.id) end as open_minor,
       exists (select from document_void
                where document_void.bucket = document.bucket and document_void.document_id = document.id) as is_void
  from ((select ${DOCUMENT} where document.document_type = 'invoice' and ${ASKED})
        union all
        (select ${DOCUMENT} where document.document_type = 'credit_note' and ${ASKED})) as document
 cross join lateral json_to_record(document.snapshot::json) as said(issuer json, account json, content json, totals json)
 order by document.issue_on, document.id
`

/**
 * Opens the invoices and credit notes issued in a period, oldest first, through a cursor in one snapshot of the database: what is issued
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
    const values = { tenant: actor.tenantId, mode: actor.mode, ...period }
    const { rows }: { rows: { snapshot: string }[] } = await tx.raw('select pg_current_snapshot()::text as snapshot')
    const snapshot = rows[0]?.snapshot ?? ''
    await tx.raw(`declare export_rows no scroll cursor for ${EXPORT_SQL}`, values)
    const first = await fetch()
    return { snapshot, batches: () => batchesAfter(first, fetch), close }
  } catch (error) {
    await close().catch(() => undefined)
    throw error
  }
}

async function* batchesAfter(first: ExportRow[], fetch: () => Promise<ExportRow[]>): AsyncGenerator<ExportRow[]> {
  for (let batch = first; batch.length > 0; batch = await fetch()) yield batch
}
