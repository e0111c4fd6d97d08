import type { ReportedState, ReportedType, ReportRemark } from './series-report.ts'
import { ENGLISH, GERMAN } from './series-report-words-de-en.ts'
import { FRENCH, ITALIAN } from './series-report-words-fr-it.ts'

export type ReportLanguage = 'de' | 'fr' | 'it' | 'en'

/** The words of a report. `{…}` is filled in. */
export interface ReportWords {
  readonly title: string
  readonly types: Readonly<Record<ReportedType, string>>
  readonly series: string
  readonly counted: string
  readonly countedByAccount: string
  readonly countedByIssuer: string
  readonly seriesPeriod: string
  readonly forEver: string
  readonly days: string
  readonly allDays: string
  readonly since: string
  readonly until: string
  readonly begins: string
  readonly beginsAtOne: string
  /** With {seq}, {date} and {by}. */
  readonly beginsAt: string
  readonly made: string
  /** With {date}, {time} and {by}. */
  readonly madeBy: string
  readonly number: string
  readonly date: string
  readonly customer: string
  readonly gross: string
  readonly state: string
  readonly states: Readonly<Record<ReportedState, string>>
  readonly remarks: Readonly<Record<ReportRemark, string>>
  readonly missing: string
  /** With {from} and {to}. */
  readonly missingRange: string
  readonly missingMeans: string
  readonly remarkMeans: Readonly<Record<ReportRemark | 'lost', string>>
  /** With {count}. */
  readonly complete: string
  /** With {count}, {missing} and {faults}. */
  readonly incomplete: string
  readonly empty: string
  readonly totals: string
  readonly count: string
  readonly notes: string
  readonly page: string
  readonly of: string
}

const WORDS: Readonly<Record<ReportLanguage, ReportWords>> = { de: GERMAN, fr: FRENCH, it: ITALIAN, en: ENGLISH }

export function reportWords(language: ReportLanguage): ReportWords {
  return WORDS[language]
}

/** @param values Stand in for the names in braces. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '')
}
