import { DomainError } from '@kontor/problem'

export class UnknownTimeZone extends DomainError {
  readonly code = 'unknown_time_zone'
  readonly status = 422
  readonly title = 'The time zone is not known'
  constructor() {
    super('name an IANA time zone, such as Europe/Zurich')
  }
}

export class PayeeAccountEmpty extends DomainError {
  readonly code = 'payee_account_empty'
  readonly status = 422
  readonly title = 'A payee account needs a number'
  constructor() {
    super('give either iban or account_number')
  }
}
