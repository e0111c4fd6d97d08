import { ExpiresAtInvalid } from './errors.ts'

/** Date, time, and where it is that time; a leap second is no instant that a clock of ours shows. @see RFC 3339, 5.6 */
const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/

const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/**
 * Reads the instant at which a token ends.
 *
 * @param text RFC 3339; beyond milliseconds it is cut off.
 * @throws {ExpiresAtInvalid} Not an instant, not in the future, or one that could not be written the same way.
 */
export function parseExpiresAt(text: string, now: Date): Date {
  const [, year, month, day] = INSTANT.exec(text) ?? []
  // A month has as many days as the calendar gives it: `Date` would read the 30th of February as the 2nd of March.
  const calendar = new Date(`${year}-${month}-${day}T00:00:00Z`)
  const instant = new Date(text.toUpperCase())
  if (Number.isNaN(calendar.getTime()) || calendar.getUTCDate() !== Number(day) || Number.isNaN(instant.getTime())) {
    throw new ExpiresAtInvalid('an instant looks like 2030-01-31T12:00:00Z')
  }
  // Four digits of a year are all that RFC 3339 has: in UTC, the last day of 9999 in America is none of them any more.
  if (instant.getTime() > LAST_MS) throw new ExpiresAtInvalid('a token ends by the end of the year 9999 in UTC')
  if (instant.getTime() <= now.getTime()) throw new ExpiresAtInvalid('a token ends in the future')
  return instant
}
