import { DomainError } from '@kontor/problem'

export class OverAllocation extends DomainError {
  readonly code = 'over_allocation'
  readonly status = 409
  readonly title = 'The payment is larger than what is open'
  override readonly extensions: { open_minor: number }
  constructor(openMinor: bigint) {
    super(`${openMinor} minor units are open`)
    this.extensions = { open_minor: Number(openMinor) }
  }
}

export class CurrencyMismatch extends DomainError {
  readonly code = 'currency_mismatch'
  readonly status = 422
  readonly title = 'The payment has another currency than the invoice'
  constructor(currency: string) {
    super(`the invoice is in ${currency}`)
  }
}

export class MethodMissing extends DomainError {
  readonly code = 'method_missing'
  readonly status = 422
  readonly title = 'A payment needs a token or a method'
  constructor() {
    super('give token_id for a vaulted instrument, else method; not both')
  }
}

export class ReceivedInFuture extends DomainError {
  readonly code = 'date_in_future'
  readonly status = 422
  readonly title = 'The payment would come in the future'
  constructor() {
    super('record it when the money has come')
  }
}
