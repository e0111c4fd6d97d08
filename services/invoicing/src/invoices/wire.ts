import { formatId } from '@kontor/ids'
import type { Static } from 'typebox'
import { dayIn } from '../documents/calendar.ts'
import type { Document } from '../documents/document.ts'
import type { Snapshot } from '../documents/snapshot.ts'
import { documentToWire } from '../documents/wire.ts'
import type { InvoiceWire } from './schema.ts'

/** Documents that refer to an invoice, in the order in which they were made. */
export type Corrections = readonly Pick<Document, 'id' | 'document_type'>[]

/**
 * @param paidMinor What payments were allocated to it.
 * @param now To tell whether it is overdue.
 * @param corrections What refers to it.
 */
export function invoiceToWire(
  invoice: Document,
  paidMinor: bigint,
  now: Date,
  corrections: Corrections = [],
): Static<typeof InvoiceWire> {
  const open = invoice.payable_minor > 0n ? invoice.payable_minor - paidMinor : 0n
  return {
    id: formatId('inv', invoice.id),
    state: invoice.state,
    type_code: invoice.type_code as Static<typeof InvoiceWire>['type_code'],
    quote_id: invoice.quote_id === null ? null : formatId('quo', invoice.quote_id),
    corrects_id: invoice.corrects_id === null ? null : formatId('inv', invoice.corrects_id),
    preceding_invoice: invoice.content.preceding_invoice ?? null,
    corrected_by_ids: corrections.flatMap(({ id, document_type }) =>
      document_type === 'credit_note' ? [formatId('cre', id)] : [],
    ),
    replaced_by_ids: corrections.flatMap(({ id, document_type }) =>
      document_type === 'invoice' ? [formatId('inv', id)] : [],
    ),
    payment_status: invoice.state === 'draft' ? null : paymentStatus(invoice.payable_minor, paidMinor),
    overdue: open > 0n && isPastDue(invoice, now),
    paid_minor: Number(paidMinor),
    open_minor: Number(open),
    ...documentToWire(invoice),
  }
}

/** The day of the issuer counts, in the time zone it had when it issued the invoice. */
function isPastDue({ due_on, snapshot }: Document, now: Date): boolean {
  if (due_on === null || snapshot === null) return false
  const { issuer } = JSON.parse(snapshot) as Snapshot
  return due_on < dayIn(issuer.time_zone, now)
}

/** A payable of zero or less is settled at issue, without a payment. */
function paymentStatus(payableMinor: bigint, paidMinor: bigint): 'open' | 'partially_paid' | 'paid' | 'settled' {
  if (payableMinor <= 0n) return 'settled'
  if (paidMinor >= payableMinor) return 'paid'
  return paidMinor > 0n ? 'partially_paid' : 'open'
}
