import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import { insertAnswer } from './intent-repo.ts'
import type { Token } from './token.ts'
import { toWire } from './wire.ts'

/**
 * Keeps how the intent that made a token was answered, before the token is changed for the first time. Until then its own
 * row says it, so that a token that never changes costs one row.
 */
export async function keepFirstAnswer(tx: Tx, token: Token, at: Date): Promise<void> {
  const row = await tx('token')
    .select('idempotency_hmac', 'request_hmac')
    .where({ bucket: bucketOf(token.id), id: token.id })
    .first()
  await insertAnswer(tx, token, {
    intentHmac: row.idempotency_hmac,
    requestHmac: row.request_hmac,
    status: 201,
    answer: JSON.stringify(toWire(token)),
    at,
  })
}
