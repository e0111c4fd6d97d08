import { DomainError } from '@kontor/problem'

/** A duty of the tenant keeps the data: they are not erased before the hold is released or over. */
export class LegalHold extends DomainError {
  readonly code = 'legal_hold'
  readonly status = 423
  readonly title = 'A legal hold keeps the data of this customer'
  override readonly extensions: { until?: string }
  constructor(until: Date | null) {
    super('release the hold first, or wait until it is over')
    this.extensions = until === null ? {} : { until: until.toISOString() }
  }
}

/** A hold that would be over before it began, or that no calendar has. */
export class HoldNotInFuture extends DomainError {
  readonly code = 'hold_not_in_future'
  readonly status = 422
  readonly title = 'A legal hold ends in the future'
  constructor() {
    super('give an instant that is to come, or none')
  }
}

/** The data are gone; whether their keys are, nobody knows yet. */
export class KeysNotYetDestroyed extends DomainError {
  readonly code = 'outcome_unknown'
  readonly status = 504
  readonly title = 'Nobody knows yet whether this was done'
  constructor(cause: unknown) {
    super('the data are erased, but their keys may still exist: the vault goes on by itself; repeat for the receipt')
    this.cause = cause
  }
}

/** Nothing is read or written before it is sure that no restore brought back what was erased. */
export class ErasuresReplaying extends DomainError {
  readonly code = 'erasures_replaying'
  readonly status = 503
  readonly title = 'The vault makes sure that what was erased stays erased'
  constructor() {
    super('it compares its databases, as after every start or restore; try again in a moment')
  }
}
