import { DomainError } from '@kontor/problem'

export class QuoteExpired extends DomainError {
  readonly code = 'quote_expired'
  readonly status = 409
  readonly title = 'The quote can no longer be accepted'
  constructor(validUntil: string) {
    super(`it was valid until ${validUntil}`)
  }
}
