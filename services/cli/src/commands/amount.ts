import { currencyExponent, decimalFromMinor, isCurrency, minorFromDecimal, TooManyDecimals } from '@kontor/money'
import { DomainError } from '@kontor/problem'
import { Sentence } from '../sentence.ts'

/**
 * Reads what a person types as an amount, exactly: nothing is rounded.
 *
 * @param option Where it was typed, such as `--amount`.
 * @returns Minor units, one or more.
 * @throws {Sentence} It never repeats what was typed.
 */
export function readAmount(option: string, text: string, currency: string): bigint {
  try {
    const minor = minorFromDecimal(text, readCurrency(currency))
    if (minor > 0n) return minor
  } catch (error) {
    if (error instanceof TooManyDecimals) {
      throw new Sentence(`${option} has more decimals than ${currency}, which has ${currencyExponent(currency)}.`)
    }
    if (!(error instanceof DomainError)) throw error
  }
  throw new Sentence(`${option} takes an amount above zero, with a point for its decimals, such as 120.50.`)
}

/** @throws {Sentence} The text is no currency. */
export function readCurrency(text: string): string {
  if (!isCurrency(text)) throw new Sentence('A currency is named by its ISO 4217 code, such as CHF.')
  return text
}

/** An amount of an answer, for people: `120.50 CHF`. */
export const shownAmount = (minor: number, currency: string): string =>
  `${decimalFromMinor(BigInt(minor), currency)} ${currency}`
