import type { DeclineReason } from './decline.ts'

/** An amount as ISO 4217 counts it, whatever the processor's own way of writing it. */
export interface Money {
  readonly minor: bigint
  /** Upper case. */
  readonly currency: string
}

/** What the payer has to do before a charge or a registration goes on. */
export type PayerAction =
  | { readonly type: 'redirect'; readonly url: string }
  /** For the processor's own script in the payer's browser. It is a credential: hand it to the payer, and store or log it nowhere. */
  | { readonly type: 'client_secret'; readonly clientSecret: string }

/** Why certainly nothing of this request was carried out. What an earlier one under the same key did is another question. */
export type NotSentBecause =
  | 'unreachable'
  | 'insecure_connection'
  | 'credentials_refused'
  | 'rate_limited'
  | 'preparation_failed'

/** Why nobody can say what became of this request. */
export type UnknownBecause =
  | 'timeout'
  | 'connection_lost'
  | 'processor_error'
  | 'unreadable_answer'
  | 'in_progress'
  | 'key_conflict'

/** What a processor made of a charge, with its id of the charge and, where there is one, of the movement of money in it. */
interface Charged {
  readonly reference: string
  readonly movement?: string
  readonly amount?: Money
}

export type Succeeded = { readonly outcome: 'succeeded' } & Charged
/** The processor has taken it on and will tell later: a SEPA direct debit, a payment under review. */
export type Pending = { readonly outcome: 'pending' } & Charged
/** Held on the instrument, to be captured. */
export type Authorized = { readonly outcome: 'authorized' } & Charged
export type RequiresAction = { readonly outcome: 'requires_action'; readonly action: PayerAction } & Charged
/** Made, and not confirmed: no money moves. */
export type Created = { readonly outcome: 'created' } & Charged
/** Let go before any money moved. */
export type Cancelled = { readonly outcome: 'cancelled' } & Charged

export interface Declined {
  readonly outcome: 'declined'
  readonly reason: DeclineReason
  /** Whether the same request may succeed later. */
  readonly soft: boolean
  /** The processor's own code, for a person who looks for it there. */
  readonly code?: string
  readonly reference?: string
}

export interface NotSent {
  readonly outcome: 'not_sent'
  readonly because: NotSentBecause
}

export interface Unknown {
  readonly outcome: 'unknown'
  readonly because: UnknownBecause
  readonly reference?: string
}

export type ChargeOutcome =
  | Succeeded
  | Pending
  | Authorized
  | RequiresAction
  | Created
  | Cancelled
  | Declined
  | NotSent
  | Unknown
export type CreateOutcome = Created | Declined | NotSent | Unknown
export type CancelOutcome = ChargeOutcome
/** `reference` is the refund's own id, and `ourReference` what it was made under; one that another program made has none. */
export type RefundOutcome = (Succeeded | Pending | Cancelled | Declined | NotSent | Unknown) & {
  readonly ourReference?: string
  /** Known of one that failed as well. */
  readonly amount?: Money
}

export const notSent = (because: NotSentBecause): NotSent => ({ outcome: 'not_sent', because })
export const unknown = (because: UnknownBecause, reference?: string): Unknown =>
  reference === undefined ? { outcome: 'unknown', because } : { outcome: 'unknown', because, reference }
