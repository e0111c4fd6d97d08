import { DomainError } from '@kontor/problem'

/**
 * One answer for whatever is not proved to come from a processor of the tenant: forged, too old, of the other mode, for a tenant or a
 * processor that there is not. It says no more, so that nobody learns from it who uses what.
 */
export class DeliveryRefused extends DomainError {
  readonly code = 'delivery_refused'
  readonly status = 400
  readonly title = 'This is no delivery of a processor'
  constructor() {
    super('nothing was kept of it')
  }
}

/** The processor could not be asked, or did not know yet. The queue tries again. */
export class ProcessorNotAsked extends DomainError {
  readonly code: 'processor_not_reached' | 'outcome_unknown' | 'question_refused'
  readonly status = 503
  readonly title = 'The processor did not say what has become of it'
  constructor(code: ProcessorNotAsked['code']) {
    super('it is asked again later')
    this.code = code
  }
}
