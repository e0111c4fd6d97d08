import type { CalendarDate, Minor } from './document.ts'
import { type Fonts, openFonts } from './fonts.ts'
import { dateParts } from './number-format.ts'
import { paint } from './paint.ts'
import type { RenderOptions } from './render-pdf.ts'
import { layOutReport, rangeOf } from './series-report-layout.ts'
import { type ReportLanguage, reportWords } from './series-report-words.ts'

export type ReportedType = 'quote' | 'proforma' | 'invoice' | 'credit_note' | 'receipt'
export type ReportedState =
  | 'issued'
  | 'lost'
  | 'accepted'
  | 'declined'
  | 'expired'
  | 'cancelled'
  | 'superseded'
  | 'converted'
  | 'settled'
  | 'void'
  | 'credited'
  | 'written_off'
export type ReportRemark = 'altered' | 'date_inversion' | 'duplicate' | 'misprinted'

/** One line of the table: a number, or numbers that are missing. */
export type ReportEntry =
  | {
      readonly kind: 'number'
      readonly number: string
      readonly issuedOn: CalendarDate
      /** Number and name; undefined where the document cannot be read. */
      readonly customer: string | undefined
      readonly gross: ReportAmount | undefined
      readonly state: ReportedState
      /** The day it came to that, where something happened since the issue. */
      readonly stateOn: CalendarDate | undefined
      readonly remarks: readonly ReportRemark[]
    }
  | { readonly kind: 'gap'; readonly from: bigint; readonly to: bigint }

export interface ReportAmount {
  readonly minor: Minor
  readonly currency: string
  /** Decimal places of the currency (ISO 4217). */
  readonly exponent: number
}

/** All the numbers of one state, in one currency. */
export interface ReportTotal {
  readonly state: ReportedState
  readonly count: number
  readonly gross: ReportAmount | undefined
}

/** What is to be said about a series: every number that was drawn, and what became of it. */
export interface SeriesReport {
  readonly language: ReportLanguage
  readonly issuer: {
    readonly name: string
    /** Street, city, country: one after the other. */
    readonly address: readonly string[]
    /** VAT id, register entry, tax number: those there are. */
    readonly ids: readonly string[]
    /** ISO 3166-1 alpha-2. */
    readonly country: string
  }
  readonly type: ReportedType
  /** How its numbers read, with `{seq}` left open. */
  readonly format: string
  /** Number of the customer whose series it is; undefined where the issuer counts for all. */
  readonly customerNumber: string | undefined
  /** The year or month that the series counts; empty where it goes on for ever. */
  readonly seriesPeriod: string
  readonly firstSeq: bigint
  readonly nextSeq: bigint
  /** Set where the series goes on from another system: since when, and by whose key. */
  readonly started: { readonly on: CalendarDate; readonly by: string } | undefined
  /** The days that the report is about; the whole series where both are missing. */
  readonly from: CalendarDate | undefined
  readonly to: CalendarDate | undefined
  readonly madeOn: CalendarDate
  /** Hours and minutes with the zone, such as `11:00 CET`. */
  readonly madeAtTime: string
  readonly madeBy: string
  readonly entries: readonly ReportEntry[]
  readonly totals: readonly ReportTotal[]
}

/**
 * Prints the report of a series for a tax inspector.
 *
 * Pages are painted a few at a time, so that a long report does not keep the process from everything else.
 *
 * @param fonts From `openFonts`; without them the fonts of the process are used.
 * @returns A PDF/A-3b file. The same report gives the same bytes. A character without glyph is printed as a question mark.
 */
export async function renderSeriesReport(
  report: SeriesReport,
  fonts?: Fonts,
  { compress = true }: RenderOptions = {},
): Promise<Buffer> {
  const faces = fonts ?? (await openFonts())
  const words = reportWords(report.language)
  const { year, month, day } = dateParts(report.madeOn)
  return paint(layOutReport(report, words, faces), faces, undefined, {
    title: `${words.title} ${words.types[report.type]} ${rangeOf(report)}`,
    author: report.issuer.name,
    locale: report.language,
    createdAt: new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))),
    compress,
  })
}
