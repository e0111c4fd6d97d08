import type { ChargeOutcome, Money, NotSent, RefundOutcome, Unknown } from './outcome.ts'

/** A webhook exactly as it arrived. */
export interface WebhookDelivery {
  /** Not parsed and written again: the signature is over these bytes. */
  readonly rawBody: Uint8Array
  /** Names in lower case, as Node.js gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** An inquiry is a question of the payer's bank before anything is disputed; it moves no money. */
export type DisputeState = 'inquiry' | 'needs_response' | 'under_review' | 'won' | 'lost' | 'closed'

/** What an event is about. */
export type Subject =
  | { readonly kind: 'charge'; readonly charge: ChargeOutcome }
  /** `charge` is the id of the charge or, where the processor names only that, of the movement of money in it. */
  | { readonly kind: 'refund'; readonly refund: RefundOutcome; readonly charge?: string }
  | {
      readonly kind: 'dispute'
      readonly dispute: string
      readonly state: DisputeState
      readonly charge?: string
      readonly amount?: Money
      readonly reason?: string
    }
  | { readonly kind: 'registration'; readonly registration: string }
  /** A kind that is not known here. It is kept, and nothing follows from it. */
  | { readonly kind: 'other' }

export interface ProcessorEvent {
  /** The processor's id of the event: the same for each delivery of it. */
  readonly id: string
  /** The processor's own name of what happened. */
  readonly type: string
  /** Says nothing about the order in which events arrive. */
  readonly occurredAt: Date
  readonly subject: Subject
}

export type Verification =
  | { readonly outcome: 'verified'; readonly event: ProcessorEvent }
  /** Forged, too old, of the other mode, or not an event at all. */
  | {
      readonly outcome: 'refused'
      readonly because: 'bad_signature' | 'too_old' | 'malformed' | 'too_large' | 'wrong_mode'
    }
  /** The processor has to be asked about a signature, and could not be. The delivery comes again. */
  | NotSent
  | Unknown

/** Larger than any event of either processor; a body is refused before it is parsed. */
export const WEBHOOK_BYTES_MAX = 1_048_576
