import type { FoundCharge } from '../charges/findable.ts'
import type { ChargeRefund } from './charge-refund.ts'

export type ToldRefund = Omit<ChargeRefund, 'id' | 'check_at' | 'version' | 'created_at' | 'updated_at'>

/** A refund that was made at the processor, before anything is known but that it is there. It is in the name of who asked for the charge. */
export function madeElsewhere(
  charge: FoundCharge,
  paymentId: string,
  reference: string,
  amountMinor: bigint,
): ToldRefund {
  const { tenant_id, mode, account_id, key_id, processor, currency } = charge
  return {
    tenant_id,
    mode,
    account_id,
    charge_id: charge.id,
    payment_id: paymentId,
    invoice_id: null,
    document_type: null,
    key_id,
    origin: 'processor',
    request_hmac: null,
    processor,
    currency,
    amount_minor: amountMinor,
    unbooked_minor: 0n,
    reason: null,
    state: 'pending',
    reference,
    decline_reason: null,
    decline_soft: null,
    decline_code: null,
  }
}
