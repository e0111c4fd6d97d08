import { InvalidDecimal } from './errors.ts'

/** An exact fraction. `den` is always positive; the fraction need not be in lowest terms. */
export interface Rational {
  readonly num: bigint
  readonly den: bigint
}

/** How many digits a decimal may have on either side of its point. */
export interface DecimalLimits {
  readonly maxInteger: number
  readonly maxFraction: number
}

/** Quantities, unit prices and rates on the wire. */
export const WIRE_DECIMAL: DecimalLimits = { maxInteger: 12, maxFraction: 9 }

const DECIMAL = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/

// Looked up rather than computed: an exponentiation of bigints costs as much as the rest of a parse.
const POWERS_OF_TEN = Array.from({ length: 64 }, (_, exponent) => 10n ** BigInt(exponent))

/** @returns 10 to the power of `exponent`, a whole number that is not negative. */
export function powerOfTen(exponent: number): bigint {
  return POWERS_OF_TEN[exponent] ?? 10n ** BigInt(exponent)
}

/**
 * The form that `parseDecimal` accepts, for schemas that check it at the border.
 *
 * @returns Source of a regular expression with `^` and `$`; it means the same in ECMA-262 and in JSON Schema.
 */
export function decimalPattern({ maxInteger, maxFraction }: DecimalLimits = WIRE_DECIMAL): string {
  return `^-?(0|[1-9][0-9]{0,${maxInteger - 1}})(\\.[0-9]{1,${maxFraction}})?$`
}

/**
 * Reads a decimal number exactly.
 *
 * @param text Digits with an optional sign and point, `-12.50`. No plus, exponent, blanks, leading zeros or bare point:
 * a number that two readers could read differently is refused.
 * @throws {InvalidDecimal} Another form, or more digits than `limits` allow. The message never repeats the input.
 */
export function parseDecimal(text: string, limits: DecimalLimits = WIRE_DECIMAL): Rational {
  const match = DECIMAL.exec(text)
  if (!match) throw new InvalidDecimal('expected digits with an optional minus sign and decimal point')
  const [, sign = '', integer = '', fraction = ''] = match
  if (integer.length > limits.maxInteger) {
    throw new InvalidDecimal(`at most ${limits.maxInteger} digits before the decimal point`)
  }
  if (fraction.length > limits.maxFraction) {
    throw new InvalidDecimal(`at most ${limits.maxFraction} digits after the decimal point`)
  }
  const digits = BigInt(integer + fraction)
  return { num: sign ? -digits : digits, den: powerOfTen(fraction.length) }
}

/**
 * Writes a fraction as the shortest decimal with the same value, so that equal values have equal texts.
 *
 * @returns `19` for 19.00, `7.7` for 7.70, `0` for -0.
 * @throws {RangeError} The fraction has no finite decimal, like 1/3: that is a defect of the caller, not of the data.
 */
export function formatDecimal({ num, den }: Rational): string {
  let places = 0
  while ((num * powerOfTen(places)) % den !== 0n) {
    // A fraction that ends does so within as many places as its denominator has bits: every place takes out one 2 or 5.
    if (places > den.toString(2).length) throw new RangeError('the fraction has no finite decimal')
    places += 1
  }
  return placePoint((num * powerOfTen(places)) / den, places)
}

/** @returns `units` × 10^-places with exactly `places` digits after the point: 1050n and 2 give `10.50`. */
export function placePoint(units: bigint, places: number): string {
  if (places === 0) return units.toString()
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0')
  return `${units < 0n ? '-' : ''}${digits.slice(0, -places)}.${digits.slice(-places)}`
}

/**
 * Rounds to a whole number; a half goes away from zero, so that a credit is the mirror of its invoice.
 *
 * @param fraction Its `den` is positive.
 */
export function roundHalfAwayFromZero({ num, den }: Rational): bigint {
  const quotient = num / den // bigint division cuts towards zero
  const rest = num - quotient * den
  if (rest < 0n) return rest * -2n >= den ? quotient - 1n : quotient
  return rest * 2n >= den ? quotient + 1n : quotient
}
