import { InvalidAccountNumber, InvalidRoutingNumber } from './errors.ts'
import type { Opaque } from './opaque.ts'
import { Secret } from './secret.ts'
import { withoutSeparators } from './separators.ts'

/** Nine digits that name a bank of the United States. Public, no secret. */
export type RoutingNumber = Opaque<string, 'RoutingNumber'>

/** 4 to 17 digits that went through `parseUsAccountNumber`. */
export type UsAccountNumber = Opaque<string, 'UsAccountNumber'>

/** What may stand in clear beside a sealed account number. */
export interface UsAccountClear {
  readonly country: 'US'
  /** The last four digits; of a number with fewer than eight, only the last two. */
  readonly lastFour: string
}

const CHECK_WEIGHTS = [3, 7, 1, 3, 7, 1, 3, 7, 1] as const

/** First two digits: 00 government, 01–12 Federal Reserve districts, 21–32 thrifts, 61–72 electronic, 80 traveller's cheques. */
const DISTRICT = /^(?:0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)/

/**
 * @param input Nine digits, with spaces or hyphens anywhere.
 * @throws {InvalidRoutingNumber} Another form, a district that was never given out, or a wrong check digit.
 * @see American Bankers Association, Routing Number Policy & Procedures
 */
export function parseRoutingNumber(input: string): RoutingNumber {
  const digits = withoutSeparators(input)
  if (!/^\d{9}$/.test(digits)) throw new InvalidRoutingNumber('expected nine digits')
  if (!DISTRICT.test(digits) || digits === '000000000') throw new InvalidRoutingNumber('no bank has such a number')
  const sum = CHECK_WEIGHTS.reduce((total, weight, at) => total + weight * Number(digits[at]), 0)
  if (sum % 10 !== 0) throw new InvalidRoutingNumber('check digit does not match')
  return digits as RoutingNumber
}

/**
 * @param input 4 to 17 digits, with spaces or hyphens anywhere. There is no check digit to check.
 * @returns The digits, leading zeros kept: to the bank they belong to the number.
 * @throws {InvalidAccountNumber} Another form, or zeros only. The message never repeats the input.
 * @see Nacha Operating Rules, entry detail record, field 5 (17 characters)
 */
export function parseUsAccountNumber(input: string): Secret<UsAccountNumber> {
  const digits = withoutSeparators(input)
  if (!/^\d{4,17}$/.test(digits)) throw new InvalidAccountNumber('expected 4 to 17 digits')
  if (/^0+$/.test(digits)) throw new InvalidAccountNumber('an account number is not zero')
  return new Secret(digits as UsAccountNumber)
}

export function usAccountClear(accountNumber: UsAccountNumber): UsAccountClear {
  return { country: 'US', lastFour: accountNumber.slice(accountNumber.length < 8 ? -2 : -4) }
}
