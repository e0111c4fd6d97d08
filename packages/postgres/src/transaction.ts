import type { Db, Tx } from './database.ts'
import { againWhileItLoses } from './sqlstate.ts'

export interface TransactionOptions {
  /** How long a statement may wait for a row or table that another transaction holds, in milliseconds; then 55P03. */
  readonly lockTimeoutMs?: number
}

/**
 * Runs `work` in one transaction, and again (six times at most) if the server rolled it back for a deadlock or a
 * serialization failure. So between BEGIN and COMMIT there is only SQL: anything else would be done twice.
 * Inside a running transaction it makes a savepoint and never repeats, because the outer locks are still held.
 */
export function withTransaction<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  { lockTimeoutMs }: TransactionOptions = {},
): Promise<T> {
  const once = () =>
    db.transaction(async (tx) => {
      if (lockTimeoutMs !== undefined) {
        await tx.raw("select set_config('lock_timeout', ?, true)", [String(Math.max(1, Math.trunc(lockTimeoutMs)))])
      }
      return work(tx)
    })
  return db.isTransaction ? once() : againWhileItLoses(once)
}
