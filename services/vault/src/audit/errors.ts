import { DomainError } from '@kontor/problem'

/** The event was committed, and no checkpoint is over it yet: that takes a second. */
export class EventNotSealed extends DomainError {
  readonly code = 'event_not_sealed'
  readonly status = 409
  readonly title = 'The event is in no checkpoint yet'
  constructor() {
    super('ask again in a second')
  }
}

/** A size that the log does not have, or two in the wrong order. */
export class InvalidTreeSize extends DomainError {
  readonly code = 'invalid_tree_size'
  readonly status = 422
  readonly title = 'The log has no such size'
  constructor(size: number) {
    super(`first and second are sizes of the log, first not above second, second not above ${size}`)
  }
}

/** Nothing was ever sealed for this tenant and mode. */
export class NoCheckpoint extends DomainError {
  readonly code = 'no_checkpoint'
  readonly status = 404
  readonly title = 'There is no checkpoint yet'
  constructor() {
    super('the first one follows the first event within a second')
  }
}
