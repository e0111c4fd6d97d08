import { InvalidDate } from './errors.ts'

/** Zones are few, yet their names may be written in many ways, so that what is kept has a bound. */
const FORMATS_MAX = 1_000

/** Making a format costs 50 µs and holds nothing of the caller's, so each zone's is kept. */
const formats = new Map<string, Intl.DateTimeFormat>()

/**
 * The calendar date that an instant has in a time zone.
 *
 * @param timeZone IANA name.
 * @returns `YYYY-MM-DD`.
 */
export function dayIn(timeZone: string, instant: Date): string {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    if (formats.size >= FORMATS_MAX) formats.clear()
    formats.set(timeZone, format)
  }
  return format.format(instant)
}

/** The latest day that anybody has by now: for what names no issuer whose calendar counts. UTC+14 is ahead of everybody. */
export const latestDay = (instant: Date): string => dayIn('Pacific/Kiritimati', instant)

/** The day that many days after another. Calendar days have no time zone, and no summer time. */
export function daysAfter(day: string, days: number): string {
  const instant = new Date(`${day}T00:00:00Z`)
  instant.setUTCDate(instant.getUTCDate() + days)
  return instant.toISOString().slice(0, 10)
}

/**
 * Checks that the calendar has a day. The schema checks its form alone: 2026-02-30 passes there, and so does a day of
 * the year 0, which no calendar has and the database refuses.
 *
 * @param day `YYYY-MM-DD`; absent is fine.
 * @param path JSON pointer to the field.
 * @throws {InvalidDate} There is no such day.
 */
export function checkDay(day: string | null | undefined, path: string): void {
  if (day == null) return
  const instant = new Date(`${day}T00:00:00Z`)
  const exists = !Number.isNaN(instant.getTime()) && instant.toISOString().slice(0, 10) === day
  if (!exists || day.startsWith('0000')) throw new InvalidDate().at(path)
}
