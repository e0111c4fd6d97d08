import { DomainError } from '@kontor/problem'

/** Nothing is ever allocated beyond what is open; the invoice is named, because a payment may be for several. */
export class OverAllocation extends DomainError {
  readonly code = 'over_allocation'
  readonly status = 409
  readonly title = 'More would be allocated than what is open'
  override readonly extensions: { open_minor: number; invoice_id: string }
  constructor(openMinor: bigint, invoiceId: string) {
    super(`${openMinor} minor units are open`)
    this.extensions = { open_minor: Number(openMinor), invoice_id: invoiceId }
  }
}

export class OverUnallocation extends DomainError {
  readonly code = 'over_unallocation'
  readonly status = 409
  readonly title = 'More would be taken back than was allocated there'
  override readonly extensions: { allocated_minor: number }
  constructor(allocatedMinor: bigint) {
    super(`${allocatedMinor} minor units are allocated there`)
    this.extensions = { allocated_minor: Number(allocatedMinor) }
  }
}

export class AllocationExceedsCredit extends DomainError {
  readonly code = 'allocation_exceeds_credit'
  readonly status = 409
  readonly title = 'More would be allocated than is left'
  override readonly extensions: { credit_minor: number }
  constructor(creditMinor: bigint) {
    super(`${creditMinor} minor units are left`)
    this.extensions = { credit_minor: Number(creditMinor) }
  }
}

export class RefundExceedsCredit extends DomainError {
  readonly code = 'refund_exceeds_credit'
  readonly status = 409
  readonly title = 'More would go back than is left'
  override readonly extensions: { credit_minor: number }
  constructor(creditMinor: bigint) {
    super(`${creditMinor} minor units can go back`)
    this.extensions = { credit_minor: Number(creditMinor) }
  }
}

/** What is on its way back through the processor is kept for that, and never goes twice. */
export class RefundExceedsCharge extends DomainError {
  readonly code = 'refund_exceeds_charge'
  readonly status = 409
  readonly title = 'More would go back than was taken'
  override readonly extensions: { remaining_minor: number }
  constructor(remainingMinor: bigint) {
    super(`${remainingMinor} minor units can still go back`)
    this.extensions = { remaining_minor: Number(remainingMinor) }
  }
}

export class WriteOffExceedsOpen extends DomainError {
  readonly code = 'write_off_exceeds_open'
  readonly status = 409
  readonly title = 'More would be written off than is open'
  override readonly extensions: { open_minor: number }
  constructor(openMinor: bigint) {
    super(`${openMinor} minor units are open`)
    this.extensions = { open_minor: Number(openMinor) }
  }
}

/** What is taken back once is asked for again; it cannot be asked for twice. */
export class AdjustmentReversed extends DomainError {
  readonly code = 'adjustment_reversed'
  readonly status = 409
  readonly title = 'The adjustment does not stand any more'
  constructor(isReversal: boolean) {
    super(isReversal ? 'it took another one back; write it off again instead' : 'it was taken back before')
  }
}

export class CurrencyMismatch extends DomainError {
  readonly code = 'currency_mismatch'
  readonly status = 422
  readonly title = 'The money has another currency than the invoice'
  constructor(currency: string) {
    super(`the invoice is in ${currency}`)
  }
}

export class AccountMismatch extends DomainError {
  readonly code = 'account_mismatch'
  readonly status = 422
  readonly title = 'The invoice is another account’s'
  constructor() {
    super('money of an account is allocated to its own invoices')
  }
}

export class CashDiscountNotOffered extends DomainError {
  readonly code = 'cash_discount_not_offered'
  readonly status = 422
  readonly title = 'The invoice offers no cash discount'
  constructor() {
    super('its terms name none')
  }
}

export class CashDiscountExpired extends DomainError {
  readonly code = 'cash_discount_expired'
  readonly status = 422
  readonly title = 'The money came too late for the cash discount'
  override readonly extensions: { until: string }
  constructor(until: string) {
    super(`the last day was ${until}`)
    this.extensions = { until }
  }
}

export class RefundInFuture extends DomainError {
  readonly code = 'date_in_future'
  readonly status = 422
  readonly title = 'The money would go out in the future'
  constructor() {
    super('record it when the money has gone')
  }
}
