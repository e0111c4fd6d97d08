import { DomainError } from '@kontor/problem'

/** Of a whole tenant it would be read what is open on every invoice that was ever due: `GET /v1/ageing` says which accounts to ask for. */
export class AccountMissing extends DomainError {
  readonly code = 'account_missing'
  readonly status = 422
  readonly title = 'What is overdue is asked for account by account'
  constructor() {
    super('give account_id; GET /v1/ageing lists the accounts')
  }
}
