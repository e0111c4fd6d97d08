import { DomainError, type FieldError } from '@kontor/problem'

/** The file could not be read as JSON. What the parser says is dropped, because it quotes the file. */
export class UnreadableOrder extends DomainError {
  readonly code = 'unreadable_order'
  readonly status = 400
  readonly title = 'The order file cannot be read'
}

/** The file is JSON, but not an order of the documented form. */
export class InvalidOrder extends DomainError {
  readonly code = 'invalid_order'
  readonly status = 422
  readonly title = 'The order is not of the documented form'
  override readonly errors: readonly FieldError[]

  constructor(errors: readonly FieldError[]) {
    super('see errors for the fields at fault')
    this.errors = errors
  }
}

/** A document that is neither invoice nor credit note. */
export class UnsupportedDocument extends DomainError {
  readonly code = 'unsupported_document'
  readonly status = 422
  readonly title = 'Only invoices and credit notes are made from order files'
  override readonly errors = [
    { path: '/document', code: 'not_allowed_value', message: 'must be "invoice" or "credit_note"' },
  ]

  constructor() {
    super('the field document must say "invoice" or "credit_note"')
  }
}
