import type { CalendarDate, Decimal, Language, Minor } from './document.ts'

/** How numbers look. Tables of our own: the runtime's locale data changes between versions, a stored document does not. */
export interface NumberStyle {
  readonly group: string
  readonly decimal: string
  /** Between a number and its per cent sign. */
  readonly percentGap: string
  /** `EUR 10.50` rather than `10,50 EUR`. */
  readonly currencyFirst: boolean
}

const NO_BREAK_SPACE = '\u00a0'
const MINUS = '\u2212'

const SWISS: NumberStyle = { group: '\u2019', decimal: '.', percentGap: NO_BREAK_SPACE, currencyFirst: true }
const STYLES: Readonly<Record<Language, NumberStyle>> = {
  de: { group: '.', decimal: ',', percentGap: NO_BREAK_SPACE, currencyFirst: false },
  en: { group: ',', decimal: '.', percentGap: '', currencyFirst: true },
}

/** @param country The issuer's, ISO 3166-1 alpha-2: Switzerland and Liechtenstein write 1’234.50 in every language. */
export function numberStyle(language: Language, country: string): NumberStyle {
  return country === 'CH' || country === 'LI' ? SWISS : STYLES[language]
}

/** @param exponent Decimal places of the currency (ISO 4217). */
export function formatAmount(minor: Minor, exponent: number, style: NumberStyle): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0')
  const cut = digits.length - exponent
  return assemble(minor < 0n, digits.slice(0, cut), digits.slice(cut), style)
}

/** @returns `EUR 10.50` or `10,50 EUR`, which no line break separates. */
export function formatMoney(minor: Minor, exponent: number, currency: string, style: NumberStyle): string {
  return withCurrency(formatAmount(minor, exponent, style), currency, style)
}

/** @param number As it is printed. */
export function withCurrency(number: string, currency: string, style: NumberStyle): string {
  return style.currencyFirst ? `${currency}${NO_BREAK_SPACE}${number}` : `${number}${NO_BREAK_SPACE}${currency}`
}

/**
 * @param decimal All its digits are printed, but for trailing zeros.
 * @param decimalsMin Trailing zeros that stay: 2 prints a price of 9.9 as 9,90.
 * @throws {RangeError} When `decimal` is not a decimal number.
 */
export function formatDecimal(decimal: Decimal, style: NumberStyle, decimalsMin = 0): string {
  const parts = /^(-?)0*(\d+)(?:\.(\d+))?$/.exec(decimal)
  if (!parts) throw new RangeError('expected a decimal number')
  const [, sign, whole = '0', given = ''] = parts
  const fraction = given.replace(/0+$/, '').padEnd(decimalsMin, '0')
  const isZero = /^0*$/.test(whole + fraction)
  return assemble(sign === '-' && !isZero, whole, fraction, style)
}

export function formatPercent(rate: Decimal, style: NumberStyle): string {
  return `${formatDecimal(rate, style)}${style.percentGap}%`
}

function assemble(negative: boolean, whole: string, fraction: string, style: NumberStyle): string {
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, style.group)
  return (negative ? MINUS : '') + (fraction === '' ? grouped : grouped + style.decimal + fraction)
}

/** @returns Year, month and day as digits, checked to be a date of the form YYYY-MM-DD. */
export function dateParts(date: CalendarDate): { year: string; month: string; day: string } {
  const parts = /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/.exec(date)
  if (!parts) throw new RangeError('expected a date of the form YYYY-MM-DD')
  const [, year = '', month = '', day = ''] = parts
  return { year, month, day }
}
