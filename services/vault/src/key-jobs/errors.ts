import { formatId } from '@kontor/ids'
import { DomainError } from '@kontor/problem'

/** The version that wraps new keys. */
export class KeyIsCurrent extends DomainError {
  readonly code = 'key_is_current'
  readonly status = 409
  readonly title = 'The current key is never destroyed'
  constructor() {
    super('rotate first, then re-wrap, then destroy the version that was retired')
  }
}

/** Destroying the version would destroy what it wraps. */
export class KeyInUse extends DomainError {
  readonly code = 'key_in_use'
  readonly status = 409
  readonly title = 'Other keys are still wrapped by this one'
  override readonly extensions: { deks: number; secret: boolean }
  constructor(deks: number, secret: boolean) {
    super('re-wrap them under the current version first')
    this.extensions = { deks, secret }
  }
}

/** One job of a kind is enough: it does everything that is left to do. */
export class KeyJobRunning extends DomainError {
  readonly code = 'key_job_running'
  readonly status = 409
  readonly title = 'Such a job is under way'
  override readonly extensions: { job: string }
  constructor(jobId: string) {
    super('wait until it is done')
    this.extensions = { job: formatId('job', jobId) }
  }
}

/** The key of the intent was used before, for something else. */
export class KeyIntentMismatch extends DomainError {
  readonly code = 'idempotency_mismatch'
  readonly status = 422
  readonly title = 'The Idempotency-Key was used for another request'
  constructor() {
    super('use a new key for a new intent; the first request stands as it was')
  }
}
