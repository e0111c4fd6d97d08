import { DomainError } from '@kontor/problem'
import type { NumberedType } from './numbered-type.ts'

export class FormatInvalid extends DomainError {
  readonly code = 'format_invalid'
  readonly status = 422
  readonly title = 'The format of numbers is not one'
}

/** Two series would print the same numbers. */
export class FormatLacks extends DomainError {
  readonly code = 'format_ambiguous'
  readonly status = 422
  readonly title = 'The format does not tell the series apart'
  override readonly extensions: { missing: string }
  constructor(placeholder: 'customer' | 'year' | 'month') {
    super(`this scope and period need {${placeholder}} in the format`)
    this.extensions = { missing: placeholder }
  }
}

export class FormatTooLong extends DomainError {
  readonly code = 'format_too_long'
  readonly status = 422
  readonly title = 'The format prints numbers that are too long'
  constructor(max: number) {
    super(`a number has at most ${max} characters, with a counter of 12 digits`)
  }
}

/** Two formats of one issuer could print the same number: of the request (422), or with one that was used before (409). */
export class SeriesOverlap extends DomainError {
  readonly code = 'series_overlap'
  readonly status: number
  readonly title = 'Two formats could print the same number'
  override readonly extensions: { document_types: readonly [NumberedType, NumberedType] }
  constructor(types: readonly [NumberedType, NumberedType], withEarlier: boolean) {
    super(
      withEarlier
        ? 'documents of this issuer have numbers of a format that could print the same'
        : 'set them apart, for example by a letter in front',
    )
    this.status = withEarlier ? 409 : 422
    this.extensions = { document_types: types }
  }
}

/** Numbers were drawn, or a start was set before. */
export class SeriesInUse extends DomainError {
  readonly code = 'series_in_use'
  readonly status = 409
  readonly title = 'The series has begun'
}

/** The request names a series that the numbering of the issuer does not have. */
export class SeriesMismatch extends DomainError {
  readonly code = 'series_mismatch'
  readonly status = 422
  readonly title = 'The numbering has no such series'
  constructor(what: 'scope' | 'period') {
    super(
      what === 'scope'
        ? 'name an account where each account counts for itself, and none where the issuer counts'
        : 'name the year (2026) or the month (2026-11) that the numbering counts by, and none where it counts by none',
    )
  }
}

/** Somebody holds the series for longer than an issue waits. Nothing was drawn and nothing stored. */
export class SeriesBusy extends DomainError {
  readonly code = 'series_busy'
  readonly status = 503
  readonly title = 'The series is held by somebody else'
  /** Sent as `Retry-After`. */
  readonly retryAfterSeconds = 1
  constructor() {
    super('no number was drawn; ask again under the same key')
  }
}

/** Nobody reads that many pages, and somebody has to lay them out. */
export class ReportTooLong extends DomainError {
  readonly code = 'report_too_long'
  readonly status = 422
  readonly title = 'The report has too many numbers for a PDF'
  constructor(max: number) {
    super(`at most ${max}: narrow it by from and to, or take the CSV, which has no bound`)
  }
}

export class ReportPeriodReversed extends DomainError {
  readonly code = 'period_reversed'
  readonly status = 422
  readonly title = 'The period ends before it begins'
  constructor() {
    super('to must not be before from')
  }
}
