import { bucketOf, formatId, parseId } from '@kontor/ids'
import type { InvoicingUnderTest } from '../../../../test/support/invoicing.ts'

/** Puts an issued credit note beside an issued invoice, past the service: its whole amount is the account's credit. */
export async function creditNoteBeside(
  kontor: InvoicingUnderTest,
  invoiceId: string,
  amountMinor: number,
): Promise<string> {
  const invoice = parseId('inv', invoiceId)
  const bucket = bucketOf(invoice)
  const id = kontor.deps.newId(bucket)
  await kontor.sql(
    `insert into document (bucket, id, tenant_id, mode, document_type, type_code, state, issuer_id, account_id, series_id,
       currency, net_minor, vat_minor, gross_minor, payable_minor, issue_on, content, seq, number, snapshot, snapshot_hash,
       issued_at, created_at, corrects_id)
     select bucket, $3, tenant_id, mode, 'credit_note', '381', state, issuer_id, account_id, series_id,
       currency, $4, 0, $4, $4, issue_on, content, seq, 'CN-' || number, snapshot, snapshot_hash, issued_at, created_at, id
       from document where bucket = $1 and id = $2`,
    [bucket, invoice, id, amountMinor],
  )
  return formatId('cre', id)
}
