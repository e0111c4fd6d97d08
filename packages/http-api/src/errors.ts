import { DomainError } from '@kontor/problem'

/** No key, a key of wrong form, unknown, expired or revoked: one answer for all, so that nobody can probe for keys. */
export class Unauthenticated extends DomainError {
  readonly code = 'unauthenticated'
  readonly status = 401
  readonly title = 'A valid API key is needed'
  constructor() {
    super('send it as Authorization: Bearer <key>')
  }
}

export class ScopeMissing extends DomainError {
  readonly code = 'scope_missing'
  readonly status = 403
  readonly title = 'The API key may not do this'
  override readonly extensions: { scope: string }
  constructor(scope: string) {
    super(`the key lacks the scope ${scope}`)
    this.extensions = { scope }
  }
}

/** The key may call the route, yet not with these arguments. */
export class NotAllowed extends DomainError {
  readonly code = 'not_allowed'
  readonly status = 403
  readonly title = 'The API key may not do this'
}

/** A service key without the tenant on whose behalf it acts. */
export class ForwardedTenantMissing extends DomainError {
  readonly code = 'tenant_required'
  readonly status = 400
  readonly title = 'A service key must name the tenant it acts for'
  constructor() {
    super('send the header Kontor-Tenant')
  }
}

/** Unknown, or another tenant's: the two look alike from outside. */
export class NotFound extends DomainError {
  readonly code = 'not_found'
  readonly status = 404
  readonly title = 'There is nothing here under this name'
  constructor(what = 'resource') {
    super(`no such ${what}`)
  }
}

/** Something that must be up is down; nothing was changed. */
export class Unavailable extends DomainError {
  readonly code: string
  readonly status = 503
  readonly title = 'A part that this needs is down'
  constructor(code: string, what: string, options?: { cause: unknown }) {
    super(`${what} cannot be reached; nothing was changed`)
    this.code = code
    if (options) this.cause = options.cause
  }
}

/** So many of these are at work that another one would keep others waiting. */
export class TooManyRequests extends DomainError {
  readonly code = 'too_many_requests'
  readonly status = 429
  readonly title = 'Too much of this is asked for at once'
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds: number
  constructor(retryAfterSeconds: number) {
    super(`ask again in ${retryAfterSeconds} seconds`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The key has asked as often as it may in a minute, or an address without a valid key has. */
export class RateLimited extends DomainError {
  readonly code = 'rate_limited'
  readonly status = 429
  readonly title = 'Asked too often'
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds: number
  constructor(retryAfterSeconds: number) {
    super(`ask again in ${retryAfterSeconds} seconds`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** A change of something that others can change as well says which version it is of. */
export class IfMatchRequired extends DomainError {
  readonly code = 'if_match_required'
  readonly status = 428
  readonly title = 'This change needs an If-Match'
  constructor() {
    super('send the version you read, such as If-Match: "3"')
  }
}

/** So many requests are at work that another one would wait too long. It was not begun. */
export class Overloaded extends DomainError {
  readonly code = 'overloaded'
  readonly status = 503
  readonly title = 'Too many requests are at work'
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds = 1
  constructor() {
    super('nothing was done; ask again a little later')
  }
}

/** The process has been told to stop: it answers what it has accepted, and is to be given nothing new. */
export class Draining extends DomainError {
  readonly code = 'draining'
  readonly status = 503
  readonly title = 'This process is stopping'
  constructor() {
    super('requests that arrive are still answered; send new ones elsewhere')
  }
}

/** The key is bound to networks, and the request came from another one. */
export class NetworkNotAllowed extends DomainError {
  readonly code = 'network_not_allowed'
  readonly status = 403
  readonly title = 'The API key may not be used from this network'
  constructor() {
    super('the source address is in none of the networks of the key')
  }
}

/** The connection broke before the answer: the write may be done or not, and only a repetition finds out. */
export class OutcomeUnknown extends DomainError {
  readonly code = 'outcome_unknown'
  readonly status = 504
  readonly title = 'Nobody knows yet whether this was done'
  constructor(options: { cause: unknown }) {
    super('repeat the request, with the same Idempotency-Key where it takes one')
    this.cause = options.cause
  }
}

export class IdempotencyKeyRequired extends DomainError {
  readonly code = 'idempotency_key_required'
  readonly status = 400
  readonly title = 'This request needs an Idempotency-Key'
  constructor() {
    super('send a header Idempotency-Key of your own, one for each thing you want done, and repeat it on a retry')
  }
}

export class IdempotencyKeyInvalid extends DomainError {
  readonly code = 'idempotency_key_invalid'
  readonly status = 400
  readonly title = 'The Idempotency-Key has a wrong form'
  constructor(detail = '8 to 128 characters out of A-Z a-z 0-9 _ . : -') {
    super(detail)
  }
}

/** The body could not be read as JSON. The parser's own message is dropped because it quotes its input. */
export class UnreadableBody extends DomainError {
  readonly code = 'malformed_json'
  readonly status = 400
  readonly title = 'The body is not JSON'
  constructor() {
    super('the body could not be read as JSON (RFC 8259)')
  }
}

/** Which of the two is meant cannot be known, and another reader of the same text may take the other. The name is not repeated. */
export class DuplicateField extends DomainError {
  readonly code = 'duplicate_field'
  readonly status = 400
  readonly title = 'The body names a field twice'
  constructor() {
    super('an object in the body has two fields of one name (RFC 8259, 4)')
  }
}

export class BodyTooLarge extends DomainError {
  readonly code = 'body_too_large'
  readonly status = 413
  readonly title = 'The body is too large'
}

export class UnsupportedMediaType extends DomainError {
  readonly code = 'unsupported_media_type'
  readonly status = 415
  readonly title = 'The body has a media type that is not taken here'
  constructor() {
    super('send application/json')
  }
}

export class BadRequest extends DomainError {
  readonly code = 'malformed_request'
  readonly status = 400
  readonly title = 'The request is not of the documented form'
  constructor() {
    super('the request could not be read')
  }
}
