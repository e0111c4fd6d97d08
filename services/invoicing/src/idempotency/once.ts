import { type Database, sqlstate, type Tx, withTransaction } from '@kontor/postgres'
import type { IntentDigest } from './command.ts'
import { IdempotencyInProgress, IdempotencyMismatch } from './errors.ts'

/** What a write answers: the body is kept as text, so that a replay is the same to the byte. */
export interface Answer {
  readonly status: number
  readonly body: string
  readonly replayed: boolean
}

/** How long a concurrent twin waits for the first of the two. */
const TWIN_WAIT_MS = 2_000
/** How long any other statement waits for a row that somebody holds, before the write gives its connection back. */
export const LOCK_WAIT_MS = 10_000

interface StoredRow {
  readonly request_hmac: Buffer
  readonly status: number
  readonly answer: string
}

/** What a write consists of. */
export interface Write<Judged> {
  /**
   * Reads and checks whatever needs no lock: other rows, the vault. It runs before the transaction, so that nothing
   * inside asks the pool for a second connection, and not at all where the answer is stored: a repetition is answered
   * even when what it names is gone by now.
   */
  readonly judge: () => Promise<Judged>
  /** Makes the change inside the transaction and says what to answer. Only SQL over `tx`: it may run again. */
  readonly write: (tx: Tx, judged: Judged) => Promise<{ status: number; body: unknown }>
}

/**
 * Does a write once, whoever repeats it: the one write path of the service.
 *
 * The key is claimed first, in the same transaction as the write; a refusal rolls both back, so that it is judged anew.
 *
 * @returns The answer of `write`, or the stored one with `replayed`.
 * @throws {IdempotencyMismatch} The key was used for another request.
 * @throws {IdempotencyInProgress} The first request did not finish within two seconds.
 */
export async function once<Judged>(
  database: Database,
  tenantId: string,
  digest: IntentDigest,
  { judge, write }: Write<Judged>,
): Promise<Answer> {
  const stored = await findAnswer(database, digest)
  if (stored) return stored
  const judged = await judge()
  return withTransaction(database.knex, async (tx) => {
    if (!(await claim(tx, tenantId, digest))) {
      const twin: StoredRow | undefined = await tx('idempotency')
        .select('request_hmac', 'status', 'answer')
        .where({ bucket: digest.bucket, key_hmac: digest.keyHmac })
        .first()
      if (!twin) throw new IdempotencyInProgress()
      return replay(twin, digest)
    }
    const { status, body } = await write(tx, judged)
    const text = JSON.stringify(body)
    await tx('idempotency').where({ bucket: digest.bucket, key_hmac: digest.keyHmac }).update({ status, answer: text })
    return { status, body: text, replayed: false }
  })
}

/**
 * @returns The answer that was stored under the key, or `undefined`.
 * @throws {IdempotencyMismatch} The key was used for another request.
 */
export async function findAnswer(database: Database, digest: IntentDigest): Promise<Answer | undefined> {
  const [row] = await database.hotSql<StoredRow>(
    'find_answer',
    'select request_hmac, status, answer from idempotency where bucket = $1 and key_hmac = $2',
    [digest.bucket, digest.keyHmac],
  )
  return row && replay(row, digest)
}

/** @throws {IdempotencyMismatch} The stored request was another one. */
export function replay(row: StoredRow, digest: IntentDigest): Answer {
  if (!row.request_hmac.equals(digest.requestHmac)) throw new IdempotencyMismatch()
  return { status: row.status, body: row.answer, replayed: true }
}

/** @returns False when a twin has claimed the key and committed. Waits for a twin that is still at work. */
async function claim(tx: Tx, tenantId: string, digest: IntentDigest): Promise<boolean> {
  await tx.raw("select set_config('lock_timeout', ?, true)", [String(TWIN_WAIT_MS)])
  try {
    const rows = await tx('idempotency')
      .insert({
        bucket: digest.bucket,
        key_hmac: digest.keyHmac,
        tenant_id: tenantId,
        request_hmac: digest.requestHmac,
        status: 0,
        answer: '',
      })
      .onConflict(['bucket', 'key_hmac'])
      .ignore()
      .returning('status')
    return rows.length > 0
  } catch (error) {
    if (sqlstate(error) === '55P03') throw new IdempotencyInProgress()
    throw error
  } finally {
    // A failed transaction needs no reset.
    await tx.raw("select set_config('lock_timeout', ?, true)", [String(LOCK_WAIT_MS)]).catch(() => undefined)
  }
}
