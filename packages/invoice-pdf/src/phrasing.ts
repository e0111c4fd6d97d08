import { type Catalogue, catalogueFor } from './catalogue.ts'
import type { CalendarDate, Decimal, Minor, PdfDocument, Period } from './document.ts'
import { formatAmount, formatDecimal, formatMoney, formatPercent, numberStyle, withCurrency } from './number-format.ts'

/** How one document speaks: its words, and its numbers and dates as they are printed. */
export interface Phrasing {
  readonly catalogue: Catalogue
  amount(minor: Minor): string
  /** An amount with its currency. */
  money(minor: Minor): string
  /** An amount in another currency. */
  moneyIn(minor: Minor, currency: string, exponent: number): string
  /** One, or a rate, of a currency. */
  rateIn(decimal: Decimal, currency: string): string
  /** A price: at least the decimals of the currency. */
  price(decimal: Decimal): string
  quantity(decimal: Decimal): string
  percent(rate: Decimal): string
  date(date: CalendarDate): string
  period(period: Period): string
}

export function phrasingOf({ language, currency, exponent, issuer }: PdfDocument): Phrasing {
  const catalogue = catalogueFor(language, issuer.country)
  const style = numberStyle(language, issuer.country)
  return {
    catalogue,
    amount: (minor) => formatAmount(minor, exponent, style),
    money: (minor) => formatMoney(minor, exponent, currency, style),
    moneyIn: (minor, otherCurrency, otherExponent) => formatMoney(minor, otherExponent, otherCurrency, style),
    rateIn: (decimal, otherCurrency) => withCurrency(formatDecimal(decimal, style), otherCurrency, style),
    price: (decimal) => formatDecimal(decimal, style, exponent),
    quantity: (decimal) => formatDecimal(decimal, style),
    percent: (rate) => formatPercent(rate, style),
    date: (date) => catalogue.date(date),
    period: ({ from, to }) => (from === to ? catalogue.date(from) : `${catalogue.date(from)} – ${catalogue.date(to)}`),
  }
}
