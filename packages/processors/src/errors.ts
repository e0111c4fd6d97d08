import { DomainError } from '@kontor/problem'

/** The processor counts this currency in other units than ISO 4217, and the amount falls between them. */
export class AmountNotAccepted extends DomainError {
  readonly code = 'amount_not_accepted'
  readonly status = 422
  readonly title = 'The processor does not take this amount'
}

export class InstrumentNotAccepted extends DomainError {
  readonly code = 'instrument_not_accepted'
  readonly status = 422
  readonly title = 'The processor does not take this kind of instrument'
}

/** A defect of the caller: keys are derived, and never typed by a person. */
export class InvalidIdempotencyKey extends TypeError {
  constructor() {
    super('An idempotency key for a processor has 8 to 100 characters out of A-Z a-z 0-9 _ . : -')
  }
}
