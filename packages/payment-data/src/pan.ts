import { InvalidPan } from './errors.ts'
import { schemeOf } from './iin-ranges.ts'
import { luhnHolds } from './luhn.ts'
import type { Opaque } from './opaque.ts'
import { Secret } from './secret.ts'
import { withoutSeparators } from './separators.ts'

/** A primary account number that went through `parsePan`. */
export type Pan = Opaque<string, 'Pan'>

/** What may stand in clear beside a sealed card number. */
export interface PanClear {
  /** 8 digits of a number with 16 or more, 6 of one with 14 or 15; absent for a shorter one. */
  readonly bin?: string
  readonly lastFour: string
  readonly length: number
}

/**
 * Reads a card number as a person types it.
 *
 * A number that no published range holds is taken as it is: there are more schemes than lists of them.
 *
 * @param input Digits, with spaces or hyphens anywhere.
 * @returns 12 to 19 digits without separators, wrapped so that they cannot be logged.
 * @throws {InvalidPan} Wrong length (also for the brand), a non-digit, a leading zero or a wrong check digit. The message never repeats the input.
 * @see ISO/IEC 7812-1, Annex B (Luhn)
 */
export function parsePan(input: string): Secret<Pan> {
  const digits = withoutSeparators(input)
  if (!/^\d{12,19}$/.test(digits)) throw new InvalidPan('expected 12 to 19 digits')
  // Major industry identifier 0 is not given to payment cards, and a field full of zeros would pass Luhn.
  if (digits.startsWith('0')) throw new InvalidPan('a card number does not start with 0')
  if (!luhnHolds(digits)) throw new InvalidPan('check digit does not match')
  const scheme = schemeOf(digits)
  if (scheme && !scheme.lengths.includes(digits.length)) {
    throw new InvalidPan('cards of this brand have another number of digits')
  }
  return new Secret(digits as Pan)
}

/**
 * Cuts a card number down to what may be stored in clear: four digits or more always stay hidden.
 *
 * @see PCI DSS 4.0, 3.5.1 and the FAQ on truncation formats
 */
export function panClear(pan: Pan): PanClear {
  const { length } = pan
  const lastFour = pan.slice(-4)
  if (length >= 16) return { bin: pan.slice(0, 8), lastFour, length }
  if (length >= 14) return { bin: pan.slice(0, 6), lastFour, length }
  return { lastFour, length }
}
