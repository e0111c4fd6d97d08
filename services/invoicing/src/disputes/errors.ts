import { DomainError } from '@kontor/problem'

/** The money of a charge was taken back before we have heard that it came. The queue tries again. */
export class ChargeNotTakenYet extends DomainError {
  readonly code = 'charge_not_taken_yet'
  readonly status = 503
  readonly title = 'The charge that is disputed is no payment yet'
  constructor() {
    super('it is looked at again later')
  }
}
