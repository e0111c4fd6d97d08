import { formatId } from '@kontor/ids'
import { DomainError } from '@kontor/problem'
import type { Ended } from './repo.ts'

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
export function gone({ because, movedTo }: Ended): DomainError {
  switch (because) {
    case 'deleted':
      return new TokenDeleted()
    case 'expired':
      return new TokenExpired()
    case 'moved':
      return new TokenMoved(formatId('tok', movedTo as string))
    case 'erased':
      return new SubjectErased()
  }
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

/** The token's time has come: nothing of the instrument is left, or will be in a moment. */
export class TokenExpired extends DomainError {
  readonly code = 'token_expired'
  readonly status = 410
  readonly title = 'The token has expired'
  constructor() {
    super('its expires_at has passed; tokenize the instrument anew under a new Idempotency-Key')
  }
}

/** A guest's token that was attached to an account lives under another id. */
export class TokenMoved extends DomainError {
  readonly code = 'token_moved'
  readonly status = 410
  readonly title = 'The token was attached to an account and has another id'
  override readonly extensions: { moved_to: string }
  /** @param movedTo Id of the new token, `tok_…`. */
  constructor(movedTo: string) {
    super('use the token that moved_to names')
    this.extensions = { moved_to: movedTo }
  }
}

/** The account has a token of the same number, or the tenant has, which tells no more. */
export class DuplicateToken extends DomainError {
  readonly code = 'duplicate_token'
  readonly status = 409
  readonly title = 'The instrument is stored already'
  override readonly extensions: Readonly<Record<string, unknown>>
  /** @param tokenId `tok_…` of the account's own token; `undefined` where it may be anyone's. */
  constructor(tokenId?: string) {
    super('nothing was stored')
    this.extensions = tokenId === undefined ? {} : { token_id: tokenId }
  }
}

/** The account has a token of the same number with another expiry or holder, so that it is not the same instrument. */
export class DuplicateDiffers extends DomainError {
  readonly code = 'duplicate_differs'
  readonly status = 409
  readonly title = 'The number is stored with another expiry or holder'
  override readonly extensions: { token_id: string }
  constructor(tokenId: string) {
    super('nothing was stored; send on_duplicate update to change the token')
    this.extensions = { token_id: tokenId }
  }
}

/** Duplicates are looked for within an account. */
export class AccountRequired extends DomainError {
  readonly code = 'account_required'
  readonly status = 422
  readonly title = 'This needs an account'
  constructor() {
    super('a guest has no other instruments; send account_id, or leave on_duplicate out')
  }
}

/** Another customer's token is neither handed out nor changed. */
export class DedupScopeNotAllowed extends DomainError {
  readonly code = 'dedup_scope_not_allowed'
  readonly status = 422
  readonly title = 'Across accounts, a duplicate can only be refused'
  constructor() {
    super('with dedup_scope tenant, on_duplicate is reject')
  }
}

export class ExpiresAtInvalid extends DomainError {
  readonly code = 'invalid_expires_at'
  readonly status = 422
  readonly title = 'The end of the token is not an instant in the future'
}

/** A member of the request belongs to another type of instrument than the token is. */
export class FieldNotOfType extends DomainError {
  readonly code = 'field_not_of_type'
  readonly status = 422
  readonly title = 'The instrument has no such field'
  constructor() {
    super('the token is of another type')
  }
}

/** Only a guest's token can be attached to an account. */
export class AlreadyAttached extends DomainError {
  readonly code = 'already_attached'
  readonly status = 409
  readonly title = 'The token belongs to an account already'
  constructor() {
    super('a token never changes its account')
  }
}

/** Somebody changed the token since it was read. */
export class VersionConflict extends DomainError {
  readonly code = 'version_conflict'
  readonly status = 412
  readonly title = 'The token was changed since it was read'
  constructor() {
    super('read the token again and decide anew')
  }
}

/** The key has revealed as often as it may in a minute. */
export class RevealBudgetExceeded extends DomainError {
  readonly code = 'reveal_budget_exceeded'
  readonly status = 429
  readonly title = 'The API key has revealed as often as it may in a minute'
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds: number
  constructor(retryAfterSeconds: number) {
    super(`ask again in ${retryAfterSeconds} seconds`)
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Each change adds a few, and together they are too many. */
export class TooManyMetadata extends DomainError {
  readonly code = 'too_many_metadata'
  readonly status = 422
  readonly title = 'A token has at most 50 metadata'
  constructor() {
    super('delete some by setting them to null')
  }
}
