import { DomainError } from '@kontor/problem'

export class ExportPeriodReversed extends DomainError {
  readonly code = 'period_reversed'
  readonly status = 422
  readonly title = 'The period ends before it begins'
  constructor() {
    super('until is the first day that no longer belongs to it, so it must not be before from')
  }
}
