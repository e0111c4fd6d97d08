import { DomainError } from '@kontor/problem'

/** The key was used before, for something else. */
export class IdempotencyMismatch extends DomainError {
  readonly code = 'idempotency_mismatch'
  readonly status = 422
  readonly title = 'The Idempotency-Key was used for another request'
  constructor() {
    super('use a new key for a new intent; the first request stands as it was')
  }
}

/** The first request under this key has not been answered yet. */
export class IdempotencyInProgress extends DomainError {
  readonly code = 'idempotency_in_progress'
  readonly status = 409
  readonly title = 'The same request is being worked on'
  constructor() {
    super('ask again in a moment under the same key')
  }
}
