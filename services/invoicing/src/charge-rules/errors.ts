import { DomainError } from '@kontor/problem'

export class ProcessorCannotTake extends DomainError {
  readonly code = 'processor_cannot_take'
  readonly status = 422
  readonly title = 'A rule names a processor that cannot take the instrument'
  /** @param type Absent where the processors of a rule have no kind of instrument in common. */
  constructor(name: string, type?: string) {
    super(type === undefined ? `no kind of instrument is taken by each of ${name}` : `${name} does not take a ${type}`)
  }
}

/** Test money and real money never meet. */
export class RuleModeMismatch extends DomainError {
  readonly code = 'mode_mismatch'
  readonly status = 422
  readonly title = 'The processor is one of the other mode'
  constructor() {
    super('the test processor moves no money, and is none for live mode')
  }
}

export class LimitNeedsCurrency extends DomainError {
  readonly code = 'limit_needs_currency'
  readonly status = 422
  readonly title = 'An amount without a currency says nothing'
  constructor() {
    super('a rule with min_amount_minor or max_amount_minor names one currency')
  }
}

export class LimitsReversed extends DomainError {
  readonly code = 'limits_reversed'
  readonly status = 422
  readonly title = 'The rule fits no amount'
  constructor() {
    super('max_amount_minor must not be below min_amount_minor')
  }
}

export class RetriesNotAscending extends DomainError {
  readonly code = 'retries_not_ascending'
  readonly status = 422
  readonly title = 'Each retry comes later than the one before'
  constructor() {
    super('hours are counted from the first attempt: give each of them once, in order')
  }
}
