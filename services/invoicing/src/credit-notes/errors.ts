import { DomainError } from '@kontor/problem'

/** Earlier credit notes, drafts among them, leave less than was asked for. */
export class CreditExceedsInvoice extends DomainError {
  readonly code = 'credit_exceeds_invoice'
  readonly status = 409
  readonly title = 'The credit note is larger than what is left on the invoice'
  override readonly extensions: { remaining_minor: number; line?: number }
  /** @param line The line of the invoice that has so much left, from 1; without it the invoice as a whole. */
  constructor(remainingMinor: bigint, line?: number) {
    super(`${remainingMinor} minor units are left to be credited${line === undefined ? '' : ` on line ${line}`}`)
    this.extensions = { remaining_minor: Number(remainingMinor), ...(line === undefined ? {} : { line }) }
  }
}

export class LineTwice extends DomainError {
  readonly code = 'line_twice'
  readonly status = 422
  readonly title = 'A line is to be credited twice'
  constructor() {
    super('name each line of the invoice once')
  }
}

export class CreditAmbiguous extends DomainError {
  readonly code = 'credit_ambiguous'
  readonly status = 422
  readonly title = 'A line says in two ways how much of it is credited'
  constructor() {
    super('give either quantity or amount_minor; neither credits what is left of the line')
  }
}

/** Zero, or of the other sign than the line: that would not take it back. */
export class CreditNotTakingBack extends DomainError {
  readonly code = 'credit_not_taking_back'
  readonly status = 422
  readonly title = 'A line would not be taken back but added to'
  constructor() {
    super('give more than zero, or less than zero where the line of the invoice is negative')
  }
}

/** A credit note that is about nothing: its buyer could not correct the tax that he deducted. */
export class OriginalMissing extends DomainError {
  readonly code = 'original_missing'
  readonly status = 422
  readonly title = 'A credit note says which invoice it credits, or what of'
  constructor() {
    super('name the invoice in preceding_invoice, or give the period whose supplies are credited')
  }
}

export class CreditNegative extends DomainError {
  readonly code = 'credit_negative'
  readonly status = 422
  readonly title = 'A credit note would ask for money'
  constructor() {
    super('amounts of a credit note are positive; write an invoice instead')
  }
}
