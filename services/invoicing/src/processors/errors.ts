import { DomainError } from '@kontor/problem'

export class ProcessorNotConfigured extends DomainError {
  readonly code = 'processor_not_configured'
  readonly status = 422
  readonly title = 'The tenant has no working credentials for this processor'
  constructor(options: { cause?: unknown } = {}) {
    super('put them into the vault: PUT /v1/processors/{processor}')
    if (options.cause !== undefined) this.cause = options.cause
  }
}

/** Test money and real money never meet. */
export class ModeMismatch extends DomainError {
  readonly code = 'mode_mismatch'
  readonly status = 422
  readonly title = 'The processor is one of the other mode'
  constructor() {
    super('test keys charge in test mode, live keys in live mode, and the test processor moves no money')
  }
}
