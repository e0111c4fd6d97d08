/** The SQLSTATE of an error that the server reported; undefined for anything else. @see PostgreSQL, Appendix A */
export function sqlstate(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as Error) ? code : undefined
}

/**
 * Whether a transaction failed only because another one ran beside it: deadlock (40P01) or serialization failure (40001).
 * It was rolled back whole, and doing it again is what the server asks for.
 */
export function lostToAnother(error: unknown): boolean {
  const code = sqlstate(error)
  return code === '40P01' || code === '40001'
}

/** Whether a unique constraint or index refused a row (23505); with `constraint`, whether it was that one. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlstate(error) !== '23505') return false
  return constraint === undefined || (error as { constraint?: unknown }).constraint === constraint
}

/**
 * Whether a statement may or may not have been committed: the connection broke, or the server was shut down, before its
 * answer arrived. Such a statement must not be sent again by anyone who does not know how to recognise its effect.
 */
export function outcomeUnknown(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = sqlstate(error)
  // 08: connection exceptions; 40003: completion unknown; 57P01, 57P02: ended by an administrator or a crash.
  if (code !== undefined) return code.startsWith('08') || ['40003', '57P01', '57P02'].includes(code)
  const system = (error as Error & { code?: unknown }).code
  // The driver's own words; Knex puts the statement and a dash before them.
  const terminated = /(^| - )Connection terminated/.test(error.message)
  return ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(system as string) || terminated
}

/** How often work that lost to another transaction is done again before its caller hears of it. */
export const ATTEMPTS_MAX = 6

/**
 * Does `work` again while it loses to other transactions. Without a pause: the server has already let one of the two through.
 *
 * @throws What `work` threw last.
 */
export async function againWhileItLoses<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === ATTEMPTS_MAX || !lostToAnother(error)) throw error
    }
  }
}
