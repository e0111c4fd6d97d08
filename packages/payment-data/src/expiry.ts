import { ExpiredCard, InvalidExpiry } from './errors.ts'

/** A card may be used until the last day of this month. */
export interface Expiry {
  /** 1 to 12. */
  readonly month: number
  /** Four digits. */
  readonly year: number
}

/** Further ahead it is a typing error; card schemes issue for at most 20 years, we leave room. */
const YEARS_AHEAD_MAX = 50

/**
 * @param month 1 to 12.
 * @param year Four digits: 2030, not 30.
 * @param today The calendar date on which the card is presented, `YYYY-MM-DD`. Which time zone that date is taken in is the caller's decision.
 * @throws {InvalidExpiry} No such month, or a year more than 50 years ahead or of other than four digits.
 * @throws {ExpiredCard} The last day of that month is before `today`.
 */
export function parseExpiry(month: number, year: number, today: string): Expiry {
  const [, yearOfToday, monthOfToday] = /^(\d{4})-(\d{2})-\d{2}$/.exec(today) ?? []
  if (yearOfToday === undefined || monthOfToday === undefined) throw new RangeError('today is a date YYYY-MM-DD')
  if (!Number.isInteger(month) || month < 1 || month > 12) throw new InvalidExpiry('the month is 1 to 12')
  if (!Number.isInteger(year) || year < 1000 || year > 9999) throw new InvalidExpiry('the year has four digits')
  if (year > Number(yearOfToday) + YEARS_AHEAD_MAX) throw new InvalidExpiry('the year is too far ahead')
  if (monthsSinceYearZero(year, month) < monthsSinceYearZero(Number(yearOfToday), Number(monthOfToday))) {
    throw new ExpiredCard('the last day on which the card could be used has passed')
  }
  return { month, year }
}

function monthsSinceYearZero(year: number, month: number): number {
  return year * 12 + month
}
