import { DomainError } from '@kontor/problem'

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

export class AccountMissing extends DomainError {
  readonly code = 'account_missing'
  readonly status = 422
  readonly title = 'A payment is somebody’s'
  constructor() {
    super('give account_id, invoice_id or allocations')
  }
}

export class AllocationAmbiguous extends DomainError {
  readonly code = 'allocation_ambiguous'
  readonly status = 422
  readonly title = 'A payment says in one way what it is for'
  constructor() {
    super('give invoice_id for one invoice, else allocations')
  }
}

export class InvoiceNamedTwice extends DomainError {
  readonly code = 'invoice_named_twice'
  readonly status = 422
  readonly title = 'An invoice is named twice'
  constructor() {
    super('name each invoice once, with the sum')
  }
}

export class AllocationsExceedAmount extends DomainError {
  readonly code = 'allocations_exceed_amount'
  readonly status = 422
  readonly title = 'More is allocated than was paid'
  constructor() {
    super('the allocations add up to more than amount_minor')
  }
}
