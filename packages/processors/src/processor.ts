import type { ClearInstrument, InstrumentReference, PayerApproval, RegisterOutcome } from './instrument.ts'
import type { CancelOutcome, ChargeOutcome, CreateOutcome, Money, RefundOutcome } from './outcome.ts'
import type { Verification, WebhookDelivery } from './webhook.ts'

/** What every request that changes something carries. */
export interface Keyed {
  /**
   * Derived by the caller from its own intent, 8 to 100 characters `[A-Za-z0-9_.:-]`. Repeating a request under its key repeats
   * its answer; the same intent is never sent under another.
   */
  readonly idempotencyKey: string
}

/** What makes the processor keep an instrument for later. */
export interface RegisterRequest extends Keyed {
  readonly instrument: ClearInstrument
  /** The processor's customer that the instrument is added to; without one, a new one is made where it takes one. */
  readonly customer?: string | undefined
}

export interface CreateRequest extends Keyed {
  readonly amount: Money
  /** `manual` leaves the money authorized until `capture`. */
  readonly capture: 'automatic' | 'manual'
  readonly instrument: InstrumentReference | PayerApproval
  /** An id of ours that the processor shows beside the charge, such as `chg_…`. No name, no number of a person. */
  readonly ourReference: string
}

export interface ConfirmRequest extends Keyed {
  /** From `create`. */
  readonly reference: string
  readonly instrument: InstrumentReference | PayerApproval
  readonly capture: 'automatic' | 'manual'
  /** Whether the payer is away. One who is there can be sent to their bank. */
  readonly offSession: boolean
  /** Where a payer who is there comes back to. */
  readonly returnUrl?: string | undefined
}

/** A charge, and where it is known the money movement in it, which spares a question. */
export interface ChargeReference {
  readonly reference: string
  /**
   * As the latest outcome named it: Stripe's charge, PayPal's authorization while the money is held, and its capture from then on. Left
   * out where that is not certain: then the processor is asked first.
   */
  readonly movement?: string | undefined
}

export interface CaptureRequest extends Keyed, ChargeReference {
  /** The rest is let go. Everything that was authorized, unless told otherwise. */
  readonly amount?: Money | undefined
}

export interface RefundRequest extends Keyed, ChargeReference {
  /** Everything that is left, unless told otherwise. */
  readonly amount?: Money | undefined
  /** An id of ours that the processor keeps with the refund and tells again, such as `crf_…`. */
  readonly ourReference?: string | undefined
}

/** How long a processor remembers a key, in milliseconds. A request that is older is asked about, and not repeated. */
export interface KeyLife {
  readonly register: number
  readonly create: number
  readonly confirm: number
  readonly capture: number
  readonly refund: number
}

/**
 * Who moves the money.
 *
 * A charge takes two steps, so that its id is known before money moves: `create` makes it, `confirm` sends it. Every method
 * answers an outcome, and throws only what would be wrong whenever it is said (`AmountNotAccepted`, `InstrumentNotAccepted`,
 * `InvalidIdempotencyKey`), before anything is sent. No outcome or error holds a number, a code, a name or a credential.
 */
export interface Processor {
  readonly name: 'stripe' | 'paypal' | 'test'
  readonly keyLifeMs: KeyLife

  /** Called in the vault alone. */
  register(request: RegisterRequest): Promise<RegisterOutcome>
  /** After `requires_action`: asks what has become of a registration. */
  finishRegistration(request: Keyed & { readonly registration: string }): Promise<RegisterOutcome>

  /** Makes an unconfirmed charge. No money moves. */
  create(request: CreateRequest): Promise<CreateOutcome>
  /**
   * Sends what `create` made. After `requires_action`, when the payer is back, it is confirmed again, as the next step of the same
   * charge, with a key of its own: the first one stands for what it answered.
   */
  confirm(request: ConfirmRequest): Promise<ChargeOutcome>
  /** Takes what is authorized. */
  capture(request: CaptureRequest): Promise<ChargeOutcome>
  /** Lets go of what is not captured. Where that is too late, the outcome is the charge as it is. */
  cancel(request: Keyed & ChargeReference): Promise<CancelOutcome>
  refund(request: RefundRequest): Promise<RefundOutcome>

  /**
   * Asks about a charge by id. It changes nothing, so it can be repeated at will. A decline without a `reference` is one of the question,
   * and says nothing about the charge.
   */
  retrieve(reference: string): Promise<ChargeOutcome>
  retrieveRefund(reference: string): Promise<RefundOutcome>

  /** Proves where a delivery comes from, and says what it is about. */
  verifyWebhook(delivery: WebhookDelivery): Promise<Verification>
}
