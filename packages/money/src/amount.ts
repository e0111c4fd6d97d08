import { parseDecimal, placePoint, powerOfTen } from './decimal.ts'
import { AmountOverflow, TooManyDecimals, UnknownCurrency } from './errors.ts'
import { MINOR_UNIT_EXPONENTS } from './iso-4217.ts'

/** The largest amount, in minor units, that a JSON number carries exactly: 2^53 - 1. */
export const AMOUNT_MINOR_MAX = BigInt(Number.MAX_SAFE_INTEGER)

// Wide enough that an amount is called too large or too fine, not misspelt, and narrow enough to stay cheap.
const AMOUNT_DECIMAL = { maxInteger: 30, maxFraction: 30 }

/** Whether `code` is an active ISO 4217 code with a minor unit. Upper case only. */
export function isCurrency(code: string): boolean {
  return MINOR_UNIT_EXPONENTS.has(code)
}

/**
 * @returns How many decimals an amount in this currency has: 0, 2, 3 or 4.
 * @throws {UnknownCurrency} The code is not in the table.
 * @see ISO 4217, list one, column "minor unit"
 */
export function currencyExponent(code: string): number {
  const exponent = MINOR_UNIT_EXPONENTS.get(code)
  if (exponent === undefined) throw new UnknownCurrency('expected three upper-case letters that ISO 4217 lists')
  return exponent
}

/**
 * Reads an amount exactly; nothing is rounded.
 *
 * @param text A decimal such as `10.5`; zeros at the end do not count as decimals, so `10.500` is an amount in EUR.
 * @returns Minor units: 1050n for `10.50` in EUR, 10n for `10` in JPY.
 * @throws {UnknownCurrency | InvalidDecimal | TooManyDecimals | AmountOverflow}
 */
export function minorFromDecimal(text: string, code: string): bigint {
  const exponent = currencyExponent(code)
  const { num, den } = parseDecimal(text, AMOUNT_DECIMAL)
  const scaled = num * powerOfTen(exponent)
  if (scaled % den !== 0n) throw new TooManyDecimals(exponent)
  return boundedMinor(scaled / den)
}

/**
 * Writes an amount with all the decimals of its currency.
 *
 * @returns `10.50` for 1050n in EUR, `-0.005` for -5n in KWD, `10` for 10n in JPY.
 * @throws {UnknownCurrency} The code is not in the table.
 */
export function decimalFromMinor(minor: bigint, code: string): string {
  return placePoint(minor, currencyExponent(code))
}

/**
 * @returns `minor` itself.
 * @throws {AmountOverflow} It is beyond ±(2^53 - 1).
 */
export function boundedMinor(minor: bigint): bigint {
  if (minor > AMOUNT_MINOR_MAX || minor < -AMOUNT_MINOR_MAX) throw new AmountOverflow()
  return minor
}
