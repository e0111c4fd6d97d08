import { DomainError } from '@kontor/problem'

export class DueBeforeIssue extends DomainError {
  readonly code = 'due_before_issue'
  readonly status = 422
  readonly title = 'The document would be due before it is issued'
  constructor() {
    super('the due date must not be before the issue date')
  }
}

export class DateInFuture extends DomainError {
  readonly code = 'date_in_future'
  readonly status = 422
  readonly title = 'The issue date lies in the future'
  override readonly extensions: { today: string }
  constructor(today: string) {
    super(`in the issuer's time zone today is ${today}`)
    this.extensions = { today }
  }
}

export class InvalidDate extends DomainError {
  readonly code = 'invalid_date'
  readonly status = 422
  readonly title = 'There is no such day'
  constructor() {
    super('the calendar has no such day')
  }
}

export class PeriodReversed extends DomainError {
  readonly code = 'period_reversed'
  readonly status = 422
  readonly title = 'The period ends before it begins'
  constructor() {
    super('the last day must not be before the first')
  }
}

export class PayeeAmbiguous extends DomainError {
  readonly code = 'payee_ambiguous'
  readonly status = 422
  readonly title = 'A payment names two payee accounts'
  constructor() {
    super('give either iban or account_number')
  }
}

export class UnknownReference extends DomainError {
  readonly code: string
  readonly status = 422
  readonly title = 'The request names something that does not exist'
  constructor(what: 'account' | 'issuer' | 'token') {
    super(`there is no such ${what}`)
    this.code = `unknown_${what}`
  }
}

export class GlyphMissing extends DomainError {
  readonly code = 'glyph_missing'
  readonly status = 422
  readonly title = 'A text has a character that cannot be printed'
  override readonly extensions: { codepoint: string; field: string }
  constructor(codepoint: string, field: string) {
    super(`no font of ours has ${codepoint}`)
    this.extensions = { codepoint, field }
  }
}

/** The draft was issued or changed by somebody else in the meantime. */
export class InvalidTransition extends DomainError {
  readonly code = 'invalid_transition'
  readonly status = 409
  readonly title = 'The document is not in a state that allows this'
  override readonly extensions: { from: string; to: string; allowed: readonly string[] }
  constructor(from: string, to: string, allowed: readonly string[]) {
    super(`it is ${from} and cannot become ${to}`)
    this.extensions = { from, to, allowed }
  }
}

export class DateBeforePrevious extends DomainError {
  readonly code = 'date_before_previous'
  readonly status = 409
  readonly title = 'An earlier number of the series has a later date'
  override readonly extensions: { earliest: string }
  constructor(earliest: string) {
    super(`the earliest issue date that this series still takes is ${earliest}`)
    this.extensions = { earliest }
  }
}

/** Somebody changed the draft between reading it and drawing its number. */
export class DraftChanged extends DomainError {
  readonly code = 'draft_changed'
  readonly status = 409
  readonly title = 'The draft changed while it was being issued'
  constructor() {
    super('read it again and issue what you read')
  }
}

export class NotIssued extends DomainError {
  readonly code = 'not_issued'
  readonly status = 409
  readonly title = 'A draft has no number and no PDF yet'
  constructor() {
    super('issue the document first')
  }
}
