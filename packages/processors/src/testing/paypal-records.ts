// What PayPal keeps, as far as we look at it.

export interface Money {
  readonly currency_code: string
  readonly value: string
}

export interface Capture {
  readonly id: string
  status: string
  readonly amount: Money
  readonly final_capture: boolean
  readonly processor_response?: { readonly response_code: string }
  readonly links: readonly Link[]
}

export interface Authorization {
  readonly id: string
  status: string
  readonly amount: Money
  readonly links: readonly Link[]
}

export interface Order {
  readonly id: string
  readonly intent: string
  status: string
  readonly purchase_units: {
    readonly reference_id: string
    readonly custom_id: string
    readonly amount: Money
    payments?: { captures?: Capture[]; authorizations?: Authorization[] }
  }[]
  links: Link[]
}

export interface Refund {
  readonly id: string
  status: string
  readonly amount: Money
  readonly custom_id?: string
  readonly links: readonly Link[]
}

export interface SetupToken {
  readonly id: string
  status: string
  readonly customer: { readonly id: string }
  readonly payment_source: object
  readonly links: readonly Link[]
}

export interface Link {
  readonly href: string
  readonly rel: string
  readonly method: string
}
