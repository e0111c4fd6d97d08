import type { Mode } from '@kontor/http-api'
import { DomainError } from '@kontor/problem'

/** Test and live never meet: what is for one of them is refused in the other. */
export class ModeMismatch extends DomainError {
  readonly code = 'mode_mismatch'
  readonly status = 422
  readonly title = 'It is for the other mode'
  constructor(mode: Mode) {
    super(`the API key is one for ${mode} mode, and this is not`)
  }
}

/** What was sent cannot have come from the processor. */
export class CredentialsMalformed extends DomainError {
  readonly code = 'credentials_malformed'
  readonly status = 422
  readonly title = 'These are no credentials of the processor'
  /** @param form What they look like. */
  constructor(form: string) {
    super(`expected ${form}, as the processor gave it`)
  }
}

/** The address names one processor, and the body another one. */
export class OtherProcessor extends DomainError {
  readonly code = 'other_processor'
  readonly status = 422
  readonly title = 'The credentials are for another processor than the address names'
  constructor() {
    super('send the member that the processor is called')
  }
}

/** The tenant has given no credentials of that processor in this mode. */
export class ProcessorNotConfigured extends DomainError {
  readonly code = 'processor_not_configured'
  readonly status = 422
  readonly title = 'The tenant has no credentials of this processor'
  constructor() {
    super('put them under /v1/processors first, with a key of the same mode')
  }
}

export class VersionConflict extends DomainError {
  readonly code = 'version_conflict'
  readonly status = 412
  readonly title = 'The credentials were changed since they were read'
  constructor() {
    super('read them again and decide anew')
  }
}
