import type { Database } from '@kontor/postgres'

/** One for the whole vault. */
const SEALER_LOCK = 0x7365_616c // "seal"

/**
 * Does work while no other process does the same, and nothing where one does.
 *
 * The transaction holds the lock and nothing else: it reads no row and has no transaction id, so nobody waits for it, while
 * what is done meanwhile commits by itself. Its connection's end frees the lock, so that a killed process holds up nobody;
 * should the connection break in the middle of a round, the keys of the tables keep two sealers apart.
 */
export async function alone(database: Database, work: () => Promise<void>): Promise<void> {
  await database.knex.transaction(async (tx) => {
    const { rows } = await tx.raw<{ rows: { locked: boolean }[] }>('select pg_try_advisory_xact_lock(?) as locked', [
      SEALER_LOCK,
    ])
    if (rows[0]?.locked) await work()
  })
}
