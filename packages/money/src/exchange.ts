import { boundedMinor, currencyExponent } from './amount.ts'
import { parseDecimal, powerOfTen, roundHalfAwayFromZero } from './decimal.ts'
import { CurrencyMismatch, InvalidExchangeRate } from './errors.ts'

/** One unit of `from` is `rate` units of `to`. */
export interface ExchangeRate {
  /** ISO 4217. */
  readonly from: string
  /** ISO 4217. */
  readonly to: string
  /** A decimal of up to 12 + 9 digits, greater than zero. */
  readonly rate: string
}

/**
 * Converts an amount, rounded once to the minor unit of the other currency. The currencies may have different exponents.
 *
 * @param minor Minor units of `currency`.
 * @returns Minor units of `exchange.to`.
 * @throws {CurrencyMismatch} The rate does not begin at `currency`, or leads back to it.
 * @throws {UnknownCurrency | InvalidDecimal | InvalidExchangeRate | AmountOverflow}
 * @see EN 16931-1, BT-111: BT-110 in the currency of BT-6
 */
export function convert(minor: bigint, currency: string, exchange: ExchangeRate): bigint {
  if (exchange.from !== currency) throw new CurrencyMismatch(`the amount is in ${currency}`)
  if (exchange.to === currency) throw new CurrencyMismatch('name two currencies')
  const rate = parseDecimal(exchange.rate)
  if (rate.num <= 0n) throw new InvalidExchangeRate('say how many units of the one are one unit of the other')
  const num = minor * rate.num * powerOfTen(currencyExponent(exchange.to))
  return boundedMinor(roundHalfAwayFromZero({ num, den: rate.den * powerOfTen(currencyExponent(currency)) }))
}
