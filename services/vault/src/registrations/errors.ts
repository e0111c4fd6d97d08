import { DomainError } from '@kontor/problem'
import type { NotSentBecause, UnknownBecause } from '@kontor/processors'

/** Nothing of this was carried out: the same request again may succeed. */
export class ProcessorNotReached extends DomainError {
  readonly code = 'processor_not_reached'
  readonly status = 502
  readonly title = 'The processor was not reached'
  override readonly extensions: { because: NotSentBecause }
  constructor(because: NotSentBecause) {
    super('nothing was registered; repeat the request under the same Idempotency-Key')
    this.extensions = { because }
  }
}

/** The processor may keep the instrument by now, or not. */
export class RegistrationUnknown extends DomainError {
  readonly code = 'outcome_unknown'
  readonly status = 504
  readonly title = 'Nobody knows yet whether this was done'
  override readonly extensions: { because: UnknownBecause | NotSentBecause }
  /** Why nobody knows; or why the repetition was not sent, which says nothing of what was sent before. */
  constructor(because: UnknownBecause | NotSentBecause) {
    super('repeat the same request, with the same code of the card, under the same Idempotency-Key')
    this.extensions = { because }
  }
}

/** The same request is at work. */
export class IdempotencyInProgress extends DomainError {
  readonly code = 'idempotency_in_progress'
  readonly status = 409
  readonly title = 'The request is at work already'
  readonly retryAfterSeconds = 2
  constructor() {
    super('repeat it in a moment, under the same Idempotency-Key')
  }
}

/** Another request registers the token at the same processor. */
export class RegistrationInProgress extends DomainError {
  readonly code = 'registration_in_progress'
  readonly status = 409
  readonly title = 'The token is being registered there already'
  readonly retryAfterSeconds = 2
  constructor() {
    super('ask again in a moment')
  }
}

/** The processor may have forgotten the key, so that the same request would be another one. */
export class RegistrationKeyExpired extends DomainError {
  readonly code = 'registration_key_expired'
  readonly status = 409
  readonly title = 'The request is too old to be repeated'
  constructor() {
    super('what became of it is not known; register under a new Idempotency-Key')
  }
}

/** The request had no outcome, and a later one took its place. */
export class RegistrationSuperseded extends DomainError {
  readonly code = 'registration_superseded'
  readonly status = 409
  readonly title = 'A later request took the place of this one'
  constructor() {
    super('what became of this one is not known; see what is registered by now')
  }
}

/** A code that is tried until it fits must not be found here. */
export class TooManyDeclines extends DomainError {
  readonly code = 'too_many_declines'
  readonly status = 429
  readonly title = 'The processor has declined this token too often'
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds: number
  constructor(retryAfterSeconds: number) {
    super(`ask again in ${retryAfterSeconds} seconds, or tokenize another instrument`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** A bank account is charged by permission of its holder. */
export class MandateRequired extends DomainError {
  readonly code = 'mandate_required'
  readonly status = 422
  readonly title = 'A bank account is registered with a mandate'
  constructor() {
    super('send when its holder agreed, and the address and browser together if it was online')
  }
}

export class MandateInvalid extends DomainError {
  readonly code = 'invalid_mandate'
  readonly status = 422
  readonly title = 'This is no acceptance of a mandate'
}

/** SEPA direct debit asks for the address of the payer, who is told of each debit. */
export class EmailRequired extends DomainError {
  readonly code = 'email_required'
  readonly status = 422
  readonly title = 'A bank account is registered with an e-mail address'
  constructor() {
    super('send the e-mail address of the payer')
  }
}

/** A payer who agrees at the processor has to come back. */
export class ReturnUrlRequired extends DomainError {
  readonly code = 'return_url_required'
  readonly status = 422
  readonly title = 'A PayPal account is registered by a payer who comes back'
  constructor() {
    super('send return_url and cancel_url')
  }
}

export class ReturnUrlInvalid extends DomainError {
  readonly code = 'invalid_return_url'
  readonly status = 422
  readonly title = 'A payer cannot be sent there'
  constructor() {
    super('expected a URL that begins with https://')
  }
}
