import { type Bucket, bucketOf } from '@kontor/ids'
import type { Database, Db, Tx } from '@kontor/postgres'
import { type Found, found, MASKED, type States, statesAt } from './repo.ts'
import type { Token, TokenRow } from './token.ts'

/** What an intent was for, to be compared with what is asked now, and how it was answered. */
export interface WithRequest {
  readonly requestHmac: Buffer
  readonly status: 200 | 201
  /** As it was answered; `undefined` where that is what the token's row says. */
  readonly answer: string | undefined
}

/**
 * @returns The tokens by which an intent was answered: none for an intent that is not known. There are two where its token
 *   has changed since: the stored answer comes first.
 */
export async function findIntent(
  database: Database,
  bucket: Bucket,
  intentHmac: Buffer,
  now: Date,
): Promise<Found<WithRequest>[]> {
  type Row = TokenRow & States & { request_hmac: Buffer; status: 200 | 201; answer: string | null }
  const rows = await database.hotSql<Row>(
    'find_intent',
    `select ${MASKED}, ${statesAt('$3')}, intent.request_hmac, intent.status, intent.answer
     from (
       select intent_answer.token_id, intent_answer.request_hmac, intent_answer.status, intent_answer.answer
       from intent_answer where intent_answer.bucket = $1 and intent_answer.idempotency_hmac = $2
       union all
       select token.id, token.request_hmac, 201, null
       from token where token.bucket = $1 and token.idempotency_hmac = $2) as intent
     join token on token.bucket = $1 and token.id = intent.token_id
     order by intent.answer is null`,
    [bucket, intentHmac, now],
  )
  return rows.flatMap((row) => {
    const each = found(row, ({ request_hmac, status, answer }) => ({
      requestHmac: request_hmac,
      status,
      answer: answer ?? undefined,
    }))
    return each ? [each] : []
  })
}

/** @returns Whether an intent has been answered already; asked within a transaction that holds what it is about. */
export async function intentIsKnown(tx: Tx, bucket: Bucket, intentHmac: Buffer): Promise<boolean> {
  const { rows } = await tx.raw(
    `select exists (select from token where bucket = ? and idempotency_hmac = ?)
         or exists (select from intent_answer where bucket = ? and idempotency_hmac = ?) as known`,
    [bucket, intentHmac, bucket, intentHmac],
  )
  return rows[0].known
}

/** @returns Whether a token was made for that very intent. */
export async function isMadeFor(db: Db, tokenId: string, intentHmac: Buffer): Promise<boolean> {
  const row = await db('token')
    .select('id')
    .where({ bucket: bucketOf(tokenId), id: tokenId, idempotency_hmac: intentHmac })
    .first()
  return row !== undefined
}

/**
 * Stores how an intent was answered. What is stored already stays: it is what was answered first.
 *
 * @returns Whether it was this answer that was stored.
 */
export async function insertAnswer(
  tx: Tx,
  token: Pick<Token, 'id' | 'tenantId' | 'mode'>,
  answered: {
    readonly intentHmac: Buffer
    readonly requestHmac: Buffer
    readonly status: 200 | 201
    readonly answer: string
    readonly at: Date
  },
): Promise<boolean> {
  const stored = await tx('intent_answer')
    .insert({
      bucket: bucketOf(token.id),
      idempotency_hmac: answered.intentHmac,
      tenant_id: token.tenantId,
      mode: token.mode,
      token_id: token.id,
      request_hmac: answered.requestHmac,
      status: answered.status,
      answer: answered.answer,
      created_at: answered.at,
    })
    .onConflict(['bucket', 'idempotency_hmac'])
    .ignore()
    .returning('token_id')
  return stored.length > 0
}

/** Lets whoever writes a token for a subject, and began before this commits, know that an intent was answered meanwhile. */
export async function noteAnswered(tx: Tx, subjectId: string): Promise<void> {
  await tx('data_subject')
    .where({ bucket: bucketOf(subjectId), id: subjectId })
    .update({ answered_tx: tx.raw('pg_current_xact_id()') })
}
