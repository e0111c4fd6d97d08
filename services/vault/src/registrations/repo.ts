import type { Mode } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Database, Db, Tx } from '@kontor/postgres'
import {
  type AttemptId,
  type ProcessorName,
  type Told,
  type ToldColumns,
  toColumns,
  toldBy,
  toUntoldColumns,
  type Untold,
} from '../registration-ledger/registration.ts'
import type { Attempt } from './rules.ts'

interface AttemptRow extends ToldColumns {
  readonly id: string
  readonly ord: number
  readonly expiry: string | null
  readonly tenant_id: string
  readonly mode: Mode
  readonly token_id: string
  readonly processor: ProcessorName
  readonly idempotency_hmac: Buffer
  readonly request_hmac: Buffer
  readonly sent_at: Date | null
  readonly at_work: boolean
  readonly updated_at: Date
}

const COLUMNS = `registration.id, registration.tenant_id, registration.mode, registration.token_id, registration.processor,
  registration.ord, registration.expiry, registration.state, registration.idempotency_hmac, registration.request_hmac, registration.sent_at, registration.waiting_as,
  registration.reference_type, registration.instrument, registration.customer, registration.mandate,
  registration.decline_reason, registration.mac, registration.updated_at,
  coalesce(registration.lease_until > clock_timestamp(), false) as at_work`

/** A request that is at work says so again and again; a process that was killed says nothing, and holds its attempt so long. */
const LEASE = `clock_timestamp() + interval '6 seconds'`
/** How often a request that is at work says so. */
export const LEASE_RENEWED_EVERY_MS = 2_000

function fromRow(row: AttemptRow, key: Buffer): Attempt {
  const id: AttemptId = {
    id: row.id,
    tenantId: row.tenant_id,
    mode: row.mode,
    tokenId: row.token_id,
    processor: row.processor,
  }
  return {
    ...id,
    ord: row.ord,
    expiry: row.expiry,
    intentHmac: row.idempotency_hmac,
    requestHmac: row.request_hmac,
    told: toldBy(id, row, key),
    state: row.state,
    sentAt: row.sent_at,
    atWork: row.at_work,
    updatedAt: row.updated_at,
  }
}

/**
 * @param key HMAC key of the MACs of registrations.
 * @returns Every attempt of a token, the oldest first.
 * @throws {IntegrityViolation} A row is not what it says it is.
 */
export async function listAttempts(db: Db, tokenId: string, key: Buffer): Promise<Attempt[]> {
  const { rows } = await db.raw<{ rows: AttemptRow[] }>(
    `select ${COLUMNS} from registration where registration.bucket = ? and registration.token_id = ?
     order by registration.ord`,
    [bucketOf(tokenId), tokenId],
  )
  return rows.map((row) => fromRow(row, key))
}

/** Who is at work on an attempt. */
export interface Worker {
  /** UUID of the request. */
  readonly owner: string
  readonly at: Date
}

/** Makes an attempt that is at work, of a token that is held. */
export async function insertAttempt(
  tx: Tx,
  id: AttemptId,
  { intent, request, expiry }: { readonly intent: Buffer; readonly request: Buffer; readonly expiry: string | null },
  { owner, at }: Worker,
): Promise<void> {
  await tx('registration').insert({
    bucket: bucketOf(id.id),
    id: id.id,
    tenant_id: id.tenantId,
    mode: id.mode,
    token_id: id.tokenId,
    processor: id.processor,
    ord: tx.raw('(select coalesce(max(ord), 0) + 1 from registration where bucket = ? and token_id = ?)', [
      bucketOf(id.tokenId),
      id.tokenId,
    ]),
    expiry,
    idempotency_hmac: intent,
    request_hmac: request,
    ...toUntoldColumns('sending'),
    sent_at: at,
    lease_owner: owner,
    lease_until: tx.raw(LEASE),
    created_at: at,
    updated_at: at,
  })
}

const rowOf = ({ id }: Pick<AttemptId, 'id'>) => ({ bucket: bucketOf(id), id })

/** Takes an attempt that nobody is at work on. What it tells stays until it tells something else. */
export async function takeAttempt(tx: Tx, attempt: Attempt, { owner, at }: Worker): Promise<void> {
  await tx('registration')
    .where(rowOf(attempt))
    .update({
      ...(attempt.told === undefined && { state: 'sending', sent_at: attempt.sentAt ?? at }),
      lease_owner: owner,
      lease_until: tx.raw(LEASE),
      updated_at: at,
    })
}

/** Keeps an attempt for whoever is at work on it. */
export async function renewLease(database: Database, { id }: AttemptId, owner: string): Promise<void> {
  await database.hotSql(
    'renew_registration_lease',
    `update registration set lease_until = ${LEASE} where bucket = $1 and id = $2 and lease_owner = $3`,
    [bucketOf(id), id, owner],
  )
}

/** What a request that was at work leaves behind. */
export interface Left {
  /** `undefined` leaves what the attempt tells as it is. */
  readonly told: Told | Untold | undefined
  /** Since when nobody knows what became of it; null where it is known. */
  readonly sentAt: Date | null
}

/** @returns False where the attempt is somebody else's by now, or gone with its token. */
export async function leaveAttempt(
  tx: Tx,
  id: AttemptId,
  { owner, at }: Worker,
  { told, sentAt }: Left,
  key: Buffer,
): Promise<boolean> {
  const columns = told === undefined ? {} : typeof told === 'string' ? toUntoldColumns(told) : toColumns(id, told, key)
  const changed = await tx('registration')
    .where({ ...rowOf(id), lease_owner: owner })
    .update({ ...columns, sent_at: sentAt, lease_owner: null, lease_until: null, updated_at: at })
  return changed > 0
}

/** Ends an attempt without an outcome whose place another one takes. */
export async function supersede(tx: Tx, attempt: AttemptId, at: Date): Promise<void> {
  await tx('registration')
    .where(rowOf(attempt))
    .update({ ...toUntoldColumns('superseded'), lease_owner: null, lease_until: null, updated_at: at })
}
