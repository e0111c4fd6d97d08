import { sqlstate } from '@kontor/postgres'

/** Somebody was faster, or holds what is needed: nothing is written, and the way that waits finds out what is so. */
const LOST: ReadonlySet<string | undefined> = new Set(['23505', '23514', '40001', '40P01', '55P03'])

export function lostToAnother(error: unknown): false {
  if (LOST.has(sqlstate(error))) return false
  throw error
}
