import { DomainError } from '@kontor/problem'

/** The token was deleted: nothing of the instrument is left. */
export class TokenDeleted extends DomainError {
  readonly code = 'token_deleted'
  readonly status = 410
  readonly title = 'The token was deleted'
  constructor() {
    super('nothing of the instrument is stored any more; tokenize it anew under a new Idempotency-Key')
  }
}

/** The customer was erased: nothing is stored for them, and nothing may be stored again under this account. */
export class SubjectErased extends DomainError {
  readonly code = 'subject_erased'
  readonly status = 410
  readonly title = 'The data of this customer was erased'
  constructor() {
    super('open a new account for the customer')
  }
}

/** @returns The refusal that says why a token can no longer be used. */
export function gone(because: 'deleted' | 'erased'): DomainError {
  return because === 'deleted' ? new TokenDeleted() : new SubjectErased()
}

/** The key was used before, for something else. */
export class IdempotencyMismatch extends DomainError {
  readonly code = 'idempotency_mismatch'
  readonly status = 422
  readonly title = 'The Idempotency-Key was used for another request'
  constructor() {
    super('use a new key for a new intent; the first request stands as it was')
  }
}

/** The scope is there, the purpose is not on the key's list. */
export class PurposeNotAllowed extends DomainError {
  readonly code = 'purpose_not_allowed'
  readonly status = 403
  readonly title = 'The API key may not reveal for this purpose'
  constructor() {
    super('the purpose is not on the list of the key')
  }
}

/** A number that everybody knows, where real money moves. */
export class TestNumberInLiveMode extends DomainError {
  readonly code = 'test_number_in_live_mode'
  readonly status = 422
  readonly title = 'A published test number cannot be stored in live mode'
  constructor() {
    super('use a key of test mode for test numbers')
  }
}

/** Metadata stand in clear, so payment data must not get in. */
export class SensitiveText extends DomainError {
  readonly code = 'sensitive_text'
  readonly status = 422
  readonly title = 'A field holds what looks like a card or bank account number'
  constructor() {
    super('metadata are stored in clear and are not for payment data')
  }
}

/** The token is deleted, but whether its key is destroyed nobody knows yet. */
export class KeyNotYetDestroyed extends DomainError {
  readonly code = 'outcome_unknown'
  readonly status = 504
  readonly title = 'Nobody knows yet whether this was done'
  constructor() {
    super('the token is deleted, but its key may still exist: repeat the request')
  }
}
