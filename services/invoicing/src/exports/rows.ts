import type { Principal } from '@kontor/http-api'
import type { Database } from '@kontor/postgres'

/** One issued invoice as bookkeeping wants it. Amounts in minor units. */
export interface ExportRow {
  readonly number: string
  readonly type_code: string
  readonly issue_on: string
  readonly due_on: string | null
  readonly issuer_name: string
  readonly customer_number: string
  readonly account_name: string
  readonly currency: string
  readonly snapshot: string
  readonly paid_minor: bigint
  readonly quote_number: string | null
  readonly external_id: string | null
}

/** Rows fetched at once: the memory of an export does not grow with its length. */
const FETCH_ROWS = 500

const EXPORT_SQL = `
select document.number, document.type_code, document.issue_on, document.due_on, issuer.name as issuer_name,
       account.customer_number, account.name as account_name, document.currency, document.snapshot,
       coalesce((select sum(allocation.amount_minor) from allocation
                  where allocation.bucket = document.bucket and allocation.invoice_id = document.id), 0)::bigint as paid_minor,
       document.content ->> 'quote_number' as quote_number, document.external_id
  from document
  join account on account.bucket = document.bucket and account.id = document.account_id
  join issuer on issuer.id = document.issuer_id and issuer.tenant_id = document.tenant_id
 where document.tenant_id = ? and document.mode = ? and document.document_type = 'invoice' and document.state = 'issued'
   and document.issue_on >= ?::date and document.issue_on < ?::date
 order by document.issue_on, document.id
`

/**
 * Reads the invoices issued in a period, oldest first, through a cursor in one snapshot of the database: what is issued
 * meanwhile is in the next export, whole.
 *
 * @param period Half-open: `from` belongs to it, `until` does not.
 */
export async function* exportRows(
  database: Database,
  actor: Principal,
  period: { from: string; until: string },
): AsyncGenerator<ExportRow[]> {
  const tx = await database.knex.transaction({ isolationLevel: 'repeatable read', readOnly: true })
  try {
    await tx.raw(`declare export_rows no scroll cursor for ${EXPORT_SQL}`, [
      actor.tenantId,
      actor.mode,
      period.from,
      period.until,
    ])
    for (;;) {
      const { rows }: { rows: ExportRow[] } = await tx.raw(`fetch ${FETCH_ROWS} from export_rows`)
      if (rows.length === 0) return
      yield rows
    }
  } finally {
    await tx.rollback()
  }
}
