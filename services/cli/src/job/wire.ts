// The parts of the services' answers that the job reads. Amounts are in minor units.

/** What carries an id and what it is called by its owner. */
export interface Found {
  readonly id: string
}

export interface AccountWire extends Found {
  readonly customer_number: string
  readonly name: string
}

export interface TokenWire extends Found {
  readonly display: string
}

/** How a processor knows a token. */
export interface RegistrationWire {
  readonly state: 'registered' | 'requires_action' | 'pending' | 'declined'
}

export interface Warning {
  /** A JSON pointer into the document. */
  readonly path: string
  readonly code: string
  readonly message: string
}

interface DocumentWire extends Found {
  readonly number: string | null
  readonly currency: string
  readonly totals: TotalsWire
  /** Net amount of each line, in the order of the lines. */
  readonly line_net_minor: readonly number[]
  readonly instrument: { readonly token_id: string; readonly display: string } | null
  readonly warnings: readonly Warning[]
}

export interface TotalsWire {
  readonly lines_minor: number
  readonly allowances_minor: number
  readonly charges_minor: number
  readonly net_minor: number
  readonly vat_minor: number
  readonly gross_minor: number
  readonly prepaid_minor: number
  readonly rounding_minor: number
  readonly payable_minor: number
  readonly vat_groups: readonly {
    readonly category: string
    /** Percent; `null` for category O. */
    readonly rate: string | null
    readonly base_minor: number
    readonly tax_minor: number
  }[]
}

export interface QuoteWire extends DocumentWire {
  readonly state: 'draft' | 'sent' | 'accepted' | 'declined' | 'expired' | 'cancelled' | 'superseded'
  readonly invoice_id: string | null
}

export interface InvoiceWire extends DocumentWire {
  readonly state: 'draft' | 'issued'
  readonly quote_id: string | null
  readonly payment_status: 'open' | 'partially_paid' | 'paid' | 'credited' | 'written_off' | 'settled' | null
}

export interface CreditNoteWire extends DocumentWire {
  readonly state: 'draft' | 'issued'
}

export interface PageWire<T> {
  readonly data: readonly T[]
}
