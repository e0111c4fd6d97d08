import type { Processor } from '@kontor/processors'
import type { MaskedInstrument } from '../vault/client.ts'
import {
  LimitNeedsCurrency,
  LimitsReversed,
  ProcessorCannotTake,
  RetriesNotAscending,
  RuleModeMismatch,
} from './errors.ts'

export type ProcessorName = Processor['name']
export type InstrumentType = MaskedInstrument['type']

/** Which charges go to which processors. What is absent is no condition. */
export interface ChargeRule {
  readonly instrument_types?: readonly InstrumentType[]
  readonly currencies?: readonly string[]
  readonly min_amount_minor?: number
  readonly max_amount_minor?: number
  /** Whom to ask, and whom if that one could not be reached or declines softly. */
  readonly processors: readonly ProcessorName[]
}

/** What a tenant has decided about its charges. */
export interface ChargeRules {
  readonly rules: readonly ChargeRule[]
  /** Counted from the first attempt. */
  readonly retry_after_hours: readonly number[]
}

export const NO_RULES: ChargeRules = { rules: [], retry_after_hours: [] }

/** What each processor takes; the same table stands in docs/processors.md. */
const TAKES: Readonly<Record<ProcessorName, readonly InstrumentType[]>> = {
  stripe: ['card', 'bank_account'],
  paypal: ['paypal_account'],
  test: ['card', 'bank_account', 'paypal_account'],
}

/** What is known of a charge before it is made. */
export interface Routed {
  readonly type: InstrumentType
  readonly currency: string
  readonly amountMinor: bigint
}

/** The kinds that a rule is for: those it names, else those that all of its processors take. */
const typesOf = ({ instrument_types, processors }: ChargeRule): readonly InstrumentType[] =>
  instrument_types ?? TAKES.test.filter((type) => processors.every((name) => TAKES[name].includes(type)))

const fits = (rule: ChargeRule, { type, currency, amountMinor }: Routed): boolean =>
  typesOf(rule).includes(type) &&
  (rule.currencies?.includes(currency) ?? true) &&
  (rule.min_amount_minor === undefined || amountMinor >= BigInt(rule.min_amount_minor)) &&
  (rule.max_amount_minor === undefined || amountMinor <= BigInt(rule.max_amount_minor))

/** The first rule that fits. */
export const ruleFor = ({ rules }: ChargeRules, charge: Routed): ChargeRule | undefined =>
  rules.find((rule) => fits(rule, charge))

const HOUR_MS = 3_600_000

/** When a charge is tried again that was first tried at `firstAt`: the next of its hours that is not over. */
export function nextRetryAt({ retry_after_hours }: ChargeRules, firstAt: Date, now: Date): Date | undefined {
  const dates = retry_after_hours.map((hours) => new Date(firstAt.getTime() + hours * HOUR_MS))
  return dates.find((date) => date > now)
}

/**
 * @throws {ProcessorCannotTake | RuleModeMismatch | LimitNeedsCurrency | LimitsReversed | RetriesNotAscending} 422, naming the field.
 */
export function checkRules({ rules, retry_after_hours }: ChargeRules, mode: 'test' | 'live'): void {
  rules.forEach((rule, index) => {
    const at = (field: string) => `/rules/${index}/${field}`
    const { processors, instrument_types, currencies, min_amount_minor: min, max_amount_minor: max } = rule
    processors.forEach((name, place) => {
      if (name === 'test' && mode !== 'test') throw new RuleModeMismatch().at(at(`processors/${place}`))
      const cannot = instrument_types?.find((type) => !TAKES[name].includes(type))
      if (cannot) throw new ProcessorCannotTake(name, cannot).at(at(`processors/${place}`))
    })
    if (typesOf(rule).length === 0) throw new ProcessorCannotTake(processors.join(', ')).at(at('processors'))
    if ((min !== undefined || max !== undefined) && currencies?.length !== 1) {
      throw new LimitNeedsCurrency().at(at('currencies'))
    }
    if (min !== undefined && max !== undefined && min > max) throw new LimitsReversed().at(at('max_amount_minor'))
  })
  const isAscending = retry_after_hours.every(
    (hours, index) => index === 0 || hours > (retry_after_hours[index - 1] ?? 0),
  )
  if (!isAscending) throw new RetriesNotAscending().at('/retry_after_hours')
}
