import { DomainError } from '@kontor/problem'

export class QuoteExpired extends DomainError {
  readonly code = 'quote_expired'
  readonly status = 409
  readonly title = 'The quote can no longer be accepted'
  override readonly extensions: { valid_until: string }
  constructor(validUntil: string) {
    super(`it was valid until ${validUntil}; a revision makes a new offer of it`)
    this.extensions = { valid_until: validUntil }
  }
}

export class QuoteSuperseded extends DomainError {
  readonly code = 'quote_superseded'
  readonly status = 409
  readonly title = 'A revision took the place of the quote'
  override readonly extensions: { superseded_by: string }
  /** @param supersededBy The revision, `quo_…`. */
  constructor(supersededBy: string) {
    super('go on with the revision')
    this.extensions = { superseded_by: supersededBy }
  }
}

/** A quote has one revision at a time, so that two people do not work on two offers without knowing of each other. */
export class RevisionExists extends DomainError {
  readonly code = 'revision_exists'
  readonly status = 409
  readonly title = 'The quote has a revision already'
  override readonly extensions: { revision_id: string }
  constructor(revisionId: string) {
    super('issue that draft, or drop it first')
    this.extensions = { revision_id: revisionId }
  }
}

/** The customer accepted the older offer before the revision was sent. */
export class RevisedQuoteAccepted extends DomainError {
  readonly code = 'revised_quote_accepted'
  readonly status = 409
  readonly title = 'The quote that it revises was accepted'
  override readonly extensions: { revises_id: string }
  constructor(revisesId: string) {
    super('an accepted quote cannot be replaced any more')
    this.extensions = { revises_id: revisesId }
  }
}

export class ConversionExceedsQuote extends DomainError {
  readonly code = 'conversion_exceeds_quote'
  readonly status = 409
  readonly title = 'More would be invoiced than was quoted'
  override readonly extensions: { line: number; remaining: string }
  /**
   * @param line Position on the quote, from 1.
   * @param remaining The quantity that is left of it.
   */
  constructor(line: number, remaining: string) {
    super(`of line ${line} there is ${remaining} left`)
    this.extensions = { line, remaining }
  }
}

/** What was not quoted was not accepted either. */
export class LineNotQuoted extends DomainError {
  readonly code = 'line_not_quoted'
  readonly status = 409
  readonly title = 'The quote has no such line'
  override readonly extensions: { line: number }
  /** @param line Position among the lines that were given, from 1. */
  constructor(line: number) {
    super('name, unit, price and VAT are those of the quote; anything else goes on an invoice of its own')
    this.extensions = { line }
  }
}

/** An invoice that was made from a quote asks for what was agreed on. */
export class QuotedTerm extends DomainError {
  readonly code = 'quoted_term'
  readonly status = 409
  readonly title = 'The invoice would not be what was quoted'
  override readonly extensions: { field: string }
  constructor(field: string) {
    super('it follows from the quote: change quantities, or drop the draft and make an invoice without a quote')
    this.extensions = { field }
  }
}

export class UnknownLine extends DomainError {
  readonly code = 'unknown_line'
  readonly status = 422
  readonly title = 'The quote has no such line'
  constructor() {
    super('lines are counted from 1, as they stand on the quote')
  }
}

export class LineTwice extends DomainError {
  readonly code = 'line_twice'
  readonly status = 422
  readonly title = 'A line is named twice'
  constructor() {
    super('name each line once, with the whole quantity')
  }
}

export class InvalidConversionQuantity extends DomainError {
  readonly code = 'invalid_conversion_quantity'
  readonly status = 422
  readonly title = 'Such a quantity cannot be taken from the line'
  constructor() {
    super('take more than nothing, with the sign that was quoted')
  }
}

/** An acceptance that makes no invoice leaves no invoice to say something about. */
export class ConversionNotAsked extends DomainError {
  readonly code = 'conversion_not_asked'
  readonly status = 422
  readonly title = 'The request says something about an invoice that it does not ask for'
  constructor() {
    super('with convert none, leave it out; it is given when the quote is converted')
  }
}

export class InvalidAddress extends DomainError {
  readonly code = 'invalid_address'
  readonly status = 422
  readonly title = 'This is no network address'
  constructor() {
    super('give an IPv4 or IPv6 address without port or zone')
  }
}
