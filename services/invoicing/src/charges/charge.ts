import type { Processor } from '@kontor/processors'
import type { PayableType } from '../balances/document-id.ts'
import type { Registration } from '../vault/registrations.ts'

/**
 * How far a charge is. `processing`: a request of ours is on its way, or was when its process ended. `unknown`: nobody can say whether
 * the last request was carried out. `not_sent`: certainly nothing was; the same request of the caller takes it up again.
 */
export type ChargeState =
  | 'processing'
  | 'unknown'
  | 'requires_action'
  | 'pending'
  | 'authorized'
  | 'succeeded'
  | 'declined'
  | 'cancelled'
  | 'not_sent'

/** A charge as it is stored. */
export interface Charge {
  readonly id: string
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly account_id: string
  readonly invoice_id: string
  readonly document_type: PayableType
  readonly key_id: string
  readonly request_hmac: Buffer
  readonly token_id: string
  readonly method: 'card' | 'bank_account' | 'paypal_account'
  /** Masked. */
  readonly instrument: string
  readonly processor: Processor['name']
  readonly registration: Registration
  readonly currency: string
  readonly amount_minor: bigint
  readonly capture: 'automatic' | 'manual'
  readonly off_session: boolean
  readonly return_url: string | null
  readonly state: ChargeState
  readonly reference: string | null
  readonly movement: string | null
  readonly decline_reason: string | null
  readonly decline_soft: boolean | null
  readonly decline_code: string | null
  readonly check_at: Date | null
  /** Who chose the processor. */
  readonly chosen_by: 'request' | 'rule' | 'default'
  /** The processor that is asked in the same request if this one could not be reached or declines softly. */
  readonly fallback: Processor['name'] | null
  /** The attempt before this one, and the first of all. */
  readonly retry_of: string | null
  readonly first_id: string | null
  readonly attempt: number
  readonly version: number
  readonly created_at: Date
  readonly updated_at: Date
}

/** Where every charge begins, whatever it is for. */
export const UNTRIED = {
  state: 'processing',
  reference: null,
  movement: null,
  decline_reason: null,
  decline_soft: null,
  decline_code: null,
  check_at: null,
  version: 1,
} as const satisfies Partial<Charge>

/** A request to the processor. `told` is what nobody asked for, such as a webhook. */
export interface Asked {
  readonly request: 'create' | 'confirm' | 'retrieve' | 'capture' | 'cancel' | 'told'
  /** A payer who has agreed is a further confirmation, with a key of its own; so is a further try to capture or to let go. */
  readonly no: number
  /** What a capture takes; all that is held, unless it says so. */
  readonly amountMinor?: bigint | undefined
}

export type LearnedBy = 'request' | 'job' | 'webhook'

/** A row of the ledger. */
export interface Step {
  readonly seq: number
  readonly kind: 'claimed' | 'sent' | 'created' | 'answered' | 'unknown'
  readonly request: Asked['request'] | null
  readonly request_no: number
  readonly outcome: string | null
  readonly because: string | null
  readonly code: string | null
  readonly reference: string | null
  readonly movement: string | null
  readonly amount_minor: bigint | null
  readonly learned_by: LearnedBy
  readonly at: Date
}

export const CREATE: Asked = { request: 'create', no: 1 }
export const RETRIEVE: Asked = { request: 'retrieve', no: 1 }
export const TOLD: Asked = { request: 'told', no: 1 }

/** What whoever wrote a charge last knows of it without asking. Somebody else may have written meanwhile. */
export interface View {
  readonly steps: readonly Step[]
  /** Of the issuer, when it issued the invoice. */
  readonly timeZone: string
  /** The payment that the charge has become. */
  readonly paymentId: string | null
}
