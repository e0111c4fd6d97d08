const SECONDS = /^\d{1,15}$/
/** The three forms of a date that RFC 9110 has a recipient take: the fixed one, and those of RFC 850 and of asctime. */
const FIXED = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
const RFC_850 = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/

/**
 * Reads how long whoever answered wants to be left alone.
 *
 * @param now When it was answered.
 * @returns Milliseconds, 0 for a date that is over; `undefined` for what says nothing.
 * @see RFC 9110, 10.2.3 and 5.6.7
 */
export function retryAfterMs(value: string | undefined, now: Date): number | undefined {
  const text = value?.trim() ?? ''
  if (SECONDS.test(text)) return Number(text) * 1_000
  if (!FIXED.test(text) && !RFC_850.test(text) && !ASCTIME.test(text)) return undefined
  // A date of asctime names no zone, and means the same one.
  const at = Date.parse(ASCTIME.test(text) ? `${text} GMT` : text)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime())
}
