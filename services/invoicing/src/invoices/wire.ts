import { formatId } from '@kontor/ids'
import type { Static } from 'typebox'
import type { Document } from '../documents/document.ts'
import { documentToWire } from '../documents/wire.ts'
import type { InvoiceWire } from './schema.ts'

/**
 * @param paidMinor What payments were allocated to it.
 * @param now To tell whether it is overdue.
 */
export function invoiceToWire(invoice: Document, paidMinor: bigint, now: Date): Static<typeof InvoiceWire> {
  const open = invoice.payable_minor > 0n ? invoice.payable_minor - paidMinor : 0n
  const today = now.toISOString().slice(0, 10)
  return {
    id: formatId('inv', invoice.id),
    state: invoice.state,
    type_code: invoice.type_code as Static<typeof InvoiceWire>['type_code'],
    quote_id: invoice.quote_id === null ? null : formatId('quo', invoice.quote_id),
    payment_status: invoice.state === 'draft' ? null : paymentStatus(invoice.payable_minor, paidMinor),
    overdue: invoice.state === 'issued' && open > 0n && invoice.due_on !== null && invoice.due_on < today,
    paid_minor: Number(paidMinor),
    open_minor: Number(open),
    ...documentToWire(invoice),
  }
}

/** A payable of zero or less is settled at issue, without a payment. */
function paymentStatus(payableMinor: bigint, paidMinor: bigint): 'open' | 'partially_paid' | 'paid' | 'settled' {
  if (payableMinor <= 0n) return 'settled'
  if (paidMinor >= payableMinor) return 'paid'
  return paidMinor > 0n ? 'partially_paid' : 'open'
}
