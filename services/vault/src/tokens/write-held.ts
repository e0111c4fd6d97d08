import { type Database, withTransaction } from '@kontor/postgres'
import { type NewToken, type Written, writeToken } from './batches.ts'
import { holdSubject } from './repo.ts'

/**
 * Writes one token while its subject is held, so that whatever was answered about the subject before is seen: the statement
 * begins after the lock is there, and not before it as in a batch.
 */
export function writeHeld(database: Database, item: NewToken): Promise<Written> {
  return withTransaction(database.knex, async (tx) => {
    await holdSubject(tx, item.token.subjectId)
    return writeToken(tx, item)
  })
}
