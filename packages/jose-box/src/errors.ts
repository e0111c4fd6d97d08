import { DomainError } from '@kontor/problem'

/**
 * What was stored does not open as what its row says it is. Stop and raise an alarm: somebody moved, edited or lost something.
 *
 * There is one error and it says nothing, whatever failed: a reason would tell an attacker how far an altered
 * ciphertext got (RFC 7516, 11.5).
 */
export class IntegrityViolation extends DomainError {
  readonly code = 'integrity_violation'
  readonly status = 500
  readonly title = 'Stored data failed its integrity check'
}

/** A JWE that a client made cannot be accepted. Of a failed decryption it says nothing more (RFC 7516, 11.5). */
export class InvalidJwe extends DomainError {
  readonly code = 'invalid_jwe'
  readonly status = 400
  readonly title = 'The encrypted payload cannot be opened'
}
