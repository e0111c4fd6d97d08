import { formatId } from '@kontor/ids'
import type { PayerAction } from '@kontor/processors'
import type { Static } from 'typebox'
import { formatPayableId } from '../balances/document-id.ts'
import type { Step } from './charge.ts'
import type { ShownCharge } from './repo.ts'
import { isLive } from './rules.ts'
import type { ChargeStepWire, ChargeWire, ReadChargeWire } from './schema.ts'

/** The charge as it is answered to a request. */
export function chargeToWire(
  charge: Omit<ShownCharge, 'dispute_ids'>,
  action: PayerAction | null = null,
): Static<typeof ChargeWire> {
  const { decline_reason: reason, decline_soft: soft, decline_code: code } = charge
  return {
    id: formatId('chg', charge.id),
    mode: charge.mode,
    account_id: formatId('acc', charge.account_id),
    invoice_id: formatPayableId(charge.document_type, charge.invoice_id),
    token_id: formatId('tok', charge.token_id),
    instrument: charge.instrument,
    processor: charge.processor,
    amount_minor: Number(charge.amount_minor),
    currency: charge.currency,
    capture: charge.capture,
    off_session: charge.off_session,
    state: charge.state,
    action: action && actionToWire(action),
    decline: reason === null ? null : { reason, soft: soft === true, code },
    reference: charge.reference,
    payment_id: charge.payment_id === null ? null : formatId('pay', charge.payment_id),
    chosen_by: charge.chosen_by,
    attempt: charge.attempt,
    retry_of: charge.retry_of === null ? null : formatId('chg', charge.retry_of),
    retried_by: charge.retried_by === null ? null : formatId('chg', charge.retried_by),
    retry_at: charge.retry?.state === 'waiting' ? new Date(charge.retry.due_at).toISOString() : null,
    retry_dropped: charge.retry?.because ?? null,
    next_check_at: charge.check_at === null ? null : charge.check_at.toISOString(),
    needs_attention: isLive(charge.state) && charge.check_at === null,
    version: charge.version,
    created_at: charge.created_at.toISOString(),
    updated_at: charge.updated_at.toISOString(),
  }
}

/** The charge as it is read. */
export const readToWire = (charge: ShownCharge): Static<typeof ReadChargeWire> => ({
  ...chargeToWire(charge),
  dispute_ids: charge.dispute_ids.map((id) => formatId('dsp', id)),
})

const actionToWire = (action: PayerAction) =>
  action.type === 'redirect' ? action : { type: action.type, client_secret: action.clientSecret }

export function stepToWire(step: Step): Static<typeof ChargeStepWire> {
  const { seq, kind, request, request_no, outcome, because, code, learned_by, at } = step
  const isNumbered = request === 'confirm' || request === 'capture' || request === 'cancel'
  const numbered = isNumbered ? `${request}:${request_no}` : request
  return { seq, kind, request: numbered, outcome, because, code, learned_by, at: at.toISOString() }
}
