import { formatId } from '@kontor/ids'
import type { Static } from 'typebox'
import { NOTHING_SETTLED, type Settlement } from '../balances/open.ts'
import { dayIn } from '../documents/calendar.ts'
import type { Document } from '../documents/document.ts'
import type { Life } from '../documents/repo.ts'
import type { Snapshot } from '../documents/snapshot.ts'
import { documentToWire } from '../documents/wire.ts'
import type { InvoiceWire } from './schema.ts'

const NOTHING_HAPPENED: Life = { sent_on: null, voided_at: null, void_reason: null }

/** Documents that refer to an invoice, in the order in which they were made. */
export type Corrections = readonly Pick<Document, 'id' | 'document_type'>[]

/**
 * @param settled What lowered it so far; absent where nothing can have.
 * @param now To tell whether it is overdue.
 * @param corrections What refers to it.
 * @param life What happened to it since it was issued.
 */
export function invoiceToWire(
  invoice: Document,
  settled: Settlement | undefined,
  now: Date,
  corrections: Corrections = [],
  life: Life = NOTHING_HAPPENED,
): Static<typeof InvoiceWire> {
  const isVoid = life.voided_at !== null
  const { open_minor, paid_minor, credited_minor, adjusted_minor } = settled ?? {
    ...NOTHING_SETTLED,
    open_minor: invoice.payable_minor > 0n ? invoice.payable_minor : 0n,
  }
  return {
    id: formatId('inv', invoice.id),
    state: isVoid ? 'void' : invoice.state,
    sent_on: life.sent_on,
    voided_at: life.voided_at?.toISOString() ?? null,
    void_reason: life.void_reason,
    type_code: invoice.type_code as Static<typeof InvoiceWire>['type_code'],
    quote_id: invoice.quote_id === null ? null : formatId('quo', invoice.quote_id),
    proforma_id: invoice.proforma_id === null ? null : formatId('pro', invoice.proforma_id),
    corrects_id: invoice.corrects_id === null ? null : formatId('inv', invoice.corrects_id),
    preceding_invoice: invoice.content.preceding_invoice ?? null,
    corrected_by_ids: corrections.flatMap(({ id, document_type }) =>
      document_type === 'credit_note' ? [formatId('cre', id)] : [],
    ),
    replaced_by_ids: corrections.flatMap(({ id, document_type }) =>
      document_type === 'invoice' ? [formatId('inv', id)] : [],
    ),
    payment_status: invoice.state === 'draft' || isVoid ? null : paymentStatus(invoice.payable_minor, settled),
    overdue: open_minor > 0n && isPastDue(invoice, now),
    paid_minor: Number(paid_minor),
    credited_minor: Number(credited_minor),
    adjusted_minor: Number(adjusted_minor),
    open_minor: Number(open_minor),
    ...documentToWire(invoice),
  }
}

/** The day of the issuer counts, in the time zone it had when it issued the invoice. */
function isPastDue({ due_on, snapshot }: Document, now: Date): boolean {
  if (due_on === null || snapshot === null) return false
  const { issuer } = JSON.parse(snapshot) as Snapshot
  return due_on < dayIn(issuer.time_zone, now)
}

/** A payable of zero or less is settled at issue, without a payment. What was given up as lost is said before what was paid. */
function paymentStatus(
  payableMinor: bigint,
  settled: Settlement | undefined,
): NonNullable<Static<typeof InvoiceWire>['payment_status']> {
  if (payableMinor <= 0n) return 'settled'
  if (!settled) return 'open'
  if (settled.open_minor > 0n) return settled.paid_minor > 0n ? 'partially_paid' : 'open'
  if (settled.written_off_minor > 0n) return 'written_off'
  return settled.paid_minor > 0n ? 'paid' : 'credited'
}
