import { ExpiresAtInvalid } from './errors.ts'

/** Date, time, and where it is that time; a leap second is no instant that a clock of ours shows. @see RFC 3339, 5.6 */
const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/

/**
 * Reads the instant at which a token ends.
 *
 * @param text RFC 3339; beyond milliseconds it is cut off.
 * @throws {ExpiresAtInvalid} Not an instant, or not in the future.
 */
export function parseExpiresAt(text: string, now: Date): Date {
  const [, year, month, day] = INSTANT.exec(text) ?? []
  // A month has as many days as the calendar gives it: `Date` would read the 30th of February as the 2nd of March.
  const calendar = new Date(`${year}-${month}-${day}T00:00:00Z`)
  const instant = new Date(text.toUpperCase())
  if (Number.isNaN(calendar.getTime()) || calendar.getUTCDate() !== Number(day) || Number.isNaN(instant.getTime())) {
    throw new ExpiresAtInvalid('an instant looks like 2030-01-31T12:00:00Z')
  }
  if (instant.getTime() <= now.getTime()) throw new ExpiresAtInvalid('a token ends in the future')
  return instant
}
