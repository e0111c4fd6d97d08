import type { Iban, Pan } from '@kontor/payment-data'
import type { Declined, NotSent, PayerAction, Unknown } from './outcome.ts'

/** A card in clear. Handed over by a function, so that whatever prints a request prints none of it. */
export interface CardInClear {
  readonly pan: Pan
  readonly expiryMonth: number
  /** Four digits. */
  readonly expiryYear: number
  readonly cvc?: string | undefined
  readonly holderName?: string | undefined
}

/** A bank account in clear, for SEPA direct debit. The scheme asks for name and e-mail address of the payer. */
export interface BankAccountInClear {
  readonly iban: Iban
  readonly holderName: string
  readonly email: string
}

/** How a payer agreed to be charged while away. */
export type MandateAcceptance =
  | { readonly acceptedAt: Date; readonly online?: never }
  | { readonly acceptedAt: Date; readonly online: { readonly ipAddress: string; readonly userAgent: string } }

/** What is registered. `open` is called once, right before the number is sent. */
export type ClearInstrument =
  | { readonly type: 'card'; readonly open: () => CardInClear; readonly returnUrl?: string | undefined }
  | {
      readonly type: 'sepa_debit'
      readonly open: () => BankAccountInClear
      readonly mandate: MandateAcceptance
    }
  /** The payer names the account at PayPal itself. */
  | { readonly type: 'paypal'; readonly returnUrl: string; readonly cancelUrl: string }

/** What a token keeps of a registration. It is worth nothing without the tenant's credentials. */
export interface InstrumentReference {
  readonly type: 'card' | 'sepa_debit' | 'paypal'
  /** Stripe's PaymentMethod, PayPal's payment token. */
  readonly instrument: string
  readonly customer?: string
  /** Stripe's mandate, for charges while the payer is away. */
  readonly mandate?: string
}

/** Instead of an instrument that is registered: a payer who is there, and agrees to this one charge at the processor. */
export interface PayerApproval {
  readonly type: 'approval'
  readonly returnUrl: string
  readonly cancelUrl: string
}

export type RegisterOutcome =
  | { readonly outcome: 'registered'; readonly reference: InstrumentReference }
  /** The payer has to agree first; then `finishRegistration` with this id. */
  | { readonly outcome: 'requires_action'; readonly registration: string; readonly action: PayerAction }
  | { readonly outcome: 'pending'; readonly registration: string }
  | Declined
  | NotSent
  | Unknown
