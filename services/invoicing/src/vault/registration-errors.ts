import { Unavailable } from '@kontor/http-api'
import { DomainError } from '@kontor/problem'

/** Refusals of the vault that are handed on by their own name; any other is one of the instrument. */
const HANDED_ON = ['processor_not_configured', 'mandate_required', 'instrument_not_accepted'] as const

/** The processor takes no such instrument, or not yet. */
export class RegistrationRefused extends DomainError {
  readonly code: string
  readonly status = 422
  readonly title = 'The instrument cannot be charged through this processor'
  constructor(code: unknown) {
    super('register the token with the processor first, or name another processor')
    this.code = HANDED_ON.find((known) => known === code) ?? 'instrument_not_accepted'
  }
}

/** The processor has been asked, and the instrument is not there to be charged. */
export class NotRegistered extends DomainError {
  readonly code = 'instrument_not_registered'
  readonly status = 409
  readonly title = 'The processor does not hold the instrument yet'
  override readonly extensions: { state: string; reason: string | null }
  constructor(state: string, reason: string | null) {
    super('finish the registration of the token, or take another instrument')
    this.extensions = { state, reason }
  }
}

/** What became of an earlier request to register is not known, and never will be: it takes a new intent. */
export class RegistrationLost extends Unavailable {
  constructor() {
    super('vault_unavailable', 'the vault')
  }
}

/** Certainly nothing was sent. */
export class ProcessorNotReached extends DomainError {
  readonly code = 'processor_not_reached'
  readonly status = 502
  readonly title = 'The processor could not be reached'
  constructor() {
    super('nothing was charged; repeat the request with the same Idempotency-Key')
  }
}
