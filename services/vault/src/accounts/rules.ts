import type { Hold } from './account.ts'

const DAY_MS = 86_400_000

/** Whether a hold keeps the data at this instant; it ends by itself at `until`. */
export function holds(hold: Hold | null, now: Date): hold is Hold {
  return hold !== null && (hold.until === null || hold.until > now)
}

/** @returns When a backup that was made the moment before is gone. */
export function finalAt(keysDestroyedAt: Date, backupRetentionDays: number): Date {
  return new Date(keysDestroyedAt.getTime() + backupRetentionDays * DAY_MS)
}

/**
 * Reads an instant as RFC 3339 writes it in UTC.
 *
 * @returns `undefined` for what the calendar does not have, such as 30 February.
 */
export function readInstant(text: string): Date | undefined {
  const instant = new Date(text)
  if (Number.isNaN(instant.getTime())) return undefined
  return instant.toISOString().slice(0, 19) === text.slice(0, 19) ? instant : undefined
}
