import type { Processor } from '@kontor/processors'
import type { PayableType } from '../balances/document-id.ts'

/**
 * How far a refund of a charge is. `processing`: its request is on its way, or was when its process ended. `unknown`: nobody can say
 * whether it was carried out. `not_sent`: certainly it was not; the same request of the caller takes it up again. `failed`: it had
 * succeeded, and reached nobody after all.
 */
export type ChargeRefundState =
  | 'processing'
  | 'unknown'
  | 'pending'
  | 'succeeded'
  | 'declined'
  | 'cancelled'
  | 'not_sent'
  | 'failed'

/** Why a refund that was told ended as declined: its money is a dispute's, and booked as that. */
export const KNOWN_AS_DISPUTE = 'known_as_dispute'

/** A refund of a charge as it is stored. */
export interface ChargeRefund {
  readonly id: string
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly account_id: string
  readonly charge_id: string
  readonly payment_id: string
  /** Whose allocation goes back first. */
  readonly invoice_id: string | null
  readonly document_type: PayableType | null
  readonly key_id: string
  /** Whether it was asked for here, or made at the processor and told. */
  readonly origin: 'request' | 'processor'
  readonly request_hmac: Buffer | null
  readonly processor: Processor['name']
  readonly currency: string
  readonly amount_minor: bigint
  /** What has gone though the payment did not have it any more. */
  readonly unbooked_minor: bigint
  readonly reason: string | null
  readonly state: ChargeRefundState
  /** The processor's id of it. */
  readonly reference: string | null
  readonly decline_reason: string | null
  readonly decline_soft: boolean | null
  readonly decline_code: string | null
  readonly check_at: Date | null
  readonly version: number
  readonly created_at: Date
  readonly updated_at: Date
}

/** A request to the processor. `told` is what nobody asked for, such as a webhook. */
export type Asked = 'refund' | 'retrieve' | 'told'

export type LearnedBy = 'request' | 'job' | 'webhook'

/** A row of the ledger. */
export interface Step {
  readonly seq: number
  readonly kind: 'claimed' | 'sent' | 'answered' | 'unknown'
  readonly request: Asked | null
  readonly outcome: string | null
  readonly because: string | null
  readonly code: string | null
  readonly reference: string | null
  readonly learned_by: LearnedBy
  readonly at: Date
}
