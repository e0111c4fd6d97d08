import type { Fonts } from './fonts.ts'
import { findMissingGlyph } from './glyphs.ts'
import { formatAmount, type NumberStyle, numberStyle, withCurrency } from './number-format.ts'
import { INK, MM, MUTED, PAGE_HEIGHT, style, type TextStyle } from './page.ts'
import type { ReportAmount, SeriesReport } from './series-report.ts'
import type { ReportLanguage } from './series-report-words.ts'

/** A report is no letter: no window, no fold, and columns that need the room. */
export const LEFT = 18 * MM
export const RIGHT = 192 * MM
export const TOP = 16 * MM
export const BOTTOM = PAGE_HEIGHT - 20 * MM
export const ALARM = '#a3262a'

/** The heads of columns, and what stands below them. */
export const HEAD = style(7.4, 'bold', MUTED, 1.4)
export const CELL = style(8.2, 'regular', INK, 1.3)
export const CELL_ALARM = style(8.2, 'bold', ALARM, 1.3)
/** Above and below the text of a row. */
export const ROW_PADDING = 2.6
export const GAP = 10

/** How a report writes days and amounts. */
export interface Printer {
  date(day: string): string
  amount(amount: ReportAmount): string
}

const SEPARATED: Readonly<Record<ReportLanguage, NumberStyle>> = {
  de: numberStyle('de', 'DE'),
  fr: { group: '\u00a0', decimal: ',', percentGap: '\u00a0', currencyFirst: false },
  it: { ...numberStyle('de', 'IT'), currencyFirst: false },
  en: numberStyle('en', 'GB'),
}

/** Switzerland and Liechtenstein write amounts in one way and dates with points in every language. */
export function printer({ language, issuer: { country } }: SeriesReport): Printer {
  const swiss = country === 'CH' || country === 'LI'
  const numbers = swiss ? numberStyle('de', country) : SEPARATED[language]
  const separator = language === 'de' || (swiss && language !== 'en') ? '.' : '/'
  return {
    // In English the order of day and month is not the same everywhere: ISO 8601 reads the same.
    date: (day) => (language === 'en' ? day : day.split('-').reverse().join(separator)),
    amount: ({ minor, currency, exponent }) => withCurrency(formatAmount(minor, exponent, numbers), currency, numbers),
  }
}

/** What no font of ours can print is a question mark: a report with one is better than none. */
export function printable(text: string): string {
  if (findMissingGlyph([{ field: '', text }]) === undefined) return text
  return [...text].map((sign) => (findMissingGlyph([{ field: '', text: sign }]) ? '?' : sign)).join('')
}

/** @returns The text, cut with an ellipsis where it is wider than `width`. */
export function cut(text: string, fonts: Fonts, { face, size }: TextStyle, width: number): string {
  const plain = printable(text)
  if (fonts[face].width(plain, size) <= width) return plain
  let kept = [...plain]
  while (kept.length > 0 && fonts[face].width(`${kept.join('')}…`, size) > width) kept = kept.slice(0, -1)
  return `${kept.join('').trimEnd()}…`
}
