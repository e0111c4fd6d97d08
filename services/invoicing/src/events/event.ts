import type { Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { DisputeState } from '@kontor/processors'
import type { ChargeRefundState } from '../charge-refunds/charge-refund.ts'
import type { ChargeState } from '../charges/charge.ts'

export type EventType =
  | 'issuer.created'
  | 'issuer.updated'
  | 'numbering.changed'
  | 'series.started'
  | 'account.created'
  | 'account.updated'
  | 'quote.created'
  | 'quote.updated'
  | 'quote.dropped'
  | 'quote.issued'
  | 'quote.accepted'
  | 'quote.declined'
  | 'quote.cancelled'
  | 'quote.superseded'
  | 'quote.converted'
  | 'proforma.created'
  | 'proforma.updated'
  | 'proforma.dropped'
  | 'proforma.issued'
  | 'proforma.settled'
  | 'proforma.cancelled'
  | 'invoice.created'
  | 'invoice.updated'
  | 'invoice.dropped'
  | 'invoice.issued'
  | 'invoice.sent'
  | 'invoice.voided'
  | 'invoice.credited'
  | 'invoice.partially_credited'
  | 'credit_note.created'
  | 'credit_note.updated'
  | 'credit_note.dropped'
  | 'credit_note.issued'
  | 'invoice.written_off'
  | 'invoice.reopened'
  | 'invoice_run.created'
  | 'invoice_run.finished'
  | 'payment.recorded'
  | 'charge.created'
  | `charge.${ChargeState}`
  | 'charge.retry_scheduled'
  | 'charge.retry_dropped'
  | 'charge_rules.changed'
  | 'allocation.recorded'
  | 'refund.recorded'
  | 'charge_refund.created'
  | `charge_refund.${ChargeRefundState}`
  | 'charge_refund.settled'
  | 'adjustment.recorded'
  | 'dispute.opened'
  | `dispute.${DisputeState}`
  | 'webhook_endpoint.created'
  | 'webhook_endpoint.updated'
  | 'webhook_endpoint.secret_rotated'
  | 'webhook_endpoint.disabled'
  | 'webhook_endpoint.deleted'

export interface NewEvent {
  readonly id: string
  readonly type: EventType
  readonly accountId: string | null
  readonly objectId: string
  readonly objectVersion: number
  readonly at: Date
}

/** Who did it. */
export type Doer = Pick<Principal, 'tenantId' | 'mode' | 'keyId'>

/**
 * Who does what follows from an earlier request, without one of its own: it happens in the name of the key of then, whatever that may do
 * by now.
 */
export const inTheNameOf = (one: {
  readonly key_id: string
  readonly tenant_id: string
  readonly mode: Principal['mode']
}): Principal => ({
  keyId: one.key_id,
  tenantId: one.tenant_id,
  mode: one.mode,
  role: 'none',
  scopes: new Set(),
  purposes: new Set(),
})

/** Writes what happened, in the transaction in which it happens. Ids and versions only, never data. */
export async function recordEvent(tx: Tx, actor: Doer, event: NewEvent): Promise<void> {
  await tx('event').insert({
    bucket: bucketOf(event.id),
    id: event.id,
    tenant_id: actor.tenantId,
    mode: actor.mode,
    type: event.type,
    account_id: event.accountId,
    object_id: event.objectId,
    object_version: event.objectVersion,
    actor_key_id: actor.keyId,
    at: event.at,
  })
}
