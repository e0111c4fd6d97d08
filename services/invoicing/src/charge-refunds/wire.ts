import { formatId } from '@kontor/ids'
import type { Static } from 'typebox'
import { formatPayableId } from '../balances/document-id.ts'
import type { Step } from './charge-refund.ts'
import type { ShownRefund } from './repo.ts'
import { isLive } from './rules.ts'
import type { ChargeRefundStepWire, ChargeRefundWire } from './schema.ts'

export function chargeRefundToWire(refund: ShownRefund): Static<typeof ChargeRefundWire> {
  const { decline_reason: reason, decline_soft: soft, decline_code: code, invoice_id, document_type } = refund
  const isStuck = isLive(refund.state) && refund.check_at === null
  return {
    id: formatId('crf', refund.id),
    mode: refund.mode,
    account_id: formatId('acc', refund.account_id),
    charge_id: formatId('chg', refund.charge_id),
    payment_id: formatId('pay', refund.payment_id),
    invoice_id: invoice_id === null || document_type === null ? null : formatPayableId(document_type, invoice_id),
    origin: refund.origin,
    processor: refund.processor,
    amount_minor: Number(refund.amount_minor),
    currency: refund.currency,
    unbooked_minor: Number(refund.unbooked_minor),
    reason: refund.reason,
    state: refund.state,
    decline: reason === null ? null : { reason, soft: soft === true, code },
    reference: refund.reference,
    refund_id: refund.refund_id === null ? null : formatId('rfd', refund.refund_id),
    next_check_at: refund.check_at === null ? null : refund.check_at.toISOString(),
    needs_attention: isStuck || (refund.state === 'succeeded' && refund.unbooked_minor > 0n && !refund.settled),
    settled: refund.settled && { at: new Date(refund.settled.at).toISOString(), note: refund.settled.note },
    version: refund.version,
    created_at: refund.created_at.toISOString(),
    updated_at: refund.updated_at.toISOString(),
  }
}

export function stepToWire({ at, reference: _, ...step }: Step): Static<typeof ChargeRefundStepWire> {
  return { ...step, at: at.toISOString() }
}
