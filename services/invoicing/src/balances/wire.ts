import { formatId } from '@kontor/ids'
import type { Static } from 'typebox'
import { formatPayableId } from './document-id.ts'
import type { Reopened } from './ledger.ts'
import type { Adjustment, Refund, Source, Usage } from './repo.ts'
import type { AdjustmentWire, CreditWire, RefundDoneWire, RefundWire } from './schema.ts'

/** What was made of a payment or credit note of that amount. */
export function usageToWire(amountMinor: bigint, { credit_minor, refunded_minor, allocations }: Usage) {
  return {
    allocated_minor: Number(amountMinor - credit_minor - refunded_minor),
    refunded_minor: Number(refunded_minor),
    credit_minor: Number(credit_minor),
    allocations: allocations.map(({ invoice_id, document_type, amount_minor }) => ({
      invoice_id: formatPayableId(document_type, invoice_id),
      amount_minor: Number(amount_minor),
    })),
  }
}

export function creditToWire(source: Source, usage: Usage): Static<typeof CreditWire> {
  return {
    payment_id: source.kind === 'payment' ? formatId('pay', source.id) : null,
    credit_note_id: source.kind === 'credit_note' ? formatId('cre', source.id) : null,
    account_id: formatId('acc', source.account_id),
    currency: source.currency,
    amount_minor: Number(source.amount_minor),
    ...usageToWire(source.amount_minor, usage),
  }
}

export function refundToWire(refund: Refund): Static<typeof RefundWire> {
  return {
    id: formatId('rfd', refund.id),
    kind: refund.kind,
    payment_id: refund.payment_id === null ? null : formatId('pay', refund.payment_id),
    credit_note_id: refund.credit_note_id === null ? null : formatId('cre', refund.credit_note_id),
    account_id: formatId('acc', refund.account_id),
    currency: refund.currency,
    amount_minor: Number(refund.amount_minor),
    refunded_on: refund.refunded_on,
    reference: refund.reference,
    charge_refund_id: refund.charge_refund_id === null ? null : formatId('crf', refund.charge_refund_id),
    reverses_id: refund.reverses_id === null ? null : formatId('rfd', refund.reverses_id),
    created_at: refund.created_at.toISOString(),
  }
}

export function refundDoneToWire(refund: Refund, reopened: readonly Reopened[]): Static<typeof RefundDoneWire> {
  return {
    ...refundToWire(refund),
    reopened: reopened.map(({ invoiceId, type, amountMinor }) => ({
      invoice_id: formatPayableId(type, invoiceId),
      amount_minor: Number(amountMinor),
    })),
  }
}

export function adjustmentToWire(adjustment: Adjustment): Static<typeof AdjustmentWire> {
  return {
    id: formatId('adj', adjustment.id),
    invoice_id: formatId('inv', adjustment.invoice_id),
    kind: adjustment.kind,
    amount_minor: Number(adjustment.amount_minor),
    vat: [...adjustment.vat],
    reason: adjustment.reason,
    payment_id: adjustment.payment_id === null ? null : formatId('pay', adjustment.payment_id),
    credit_note_id: adjustment.credit_note_id === null ? null : formatId('cre', adjustment.credit_note_id),
    reverses_id: adjustment.reverses_id === null ? null : formatId('adj', adjustment.reverses_id),
    adjusted_on: adjustment.adjusted_on,
    created_at: adjustment.created_at.toISOString(),
  }
}
