import type { Mode } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { VaultEvent } from '../events/event.ts'
import { fromRow, type Token, type TokenRow } from './token.ts'

/** Whose data: every statement names both, so that another tenant's or mode's row is never found. */
export interface Owner {
  readonly tenantId: string
  readonly mode: Mode
}

interface States {
  readonly state: 'active' | 'deleted'
  /** Of the account; a guest's token is its own subject, which only its own row can end. */
  readonly subject_state: 'active' | 'erased'
}

/** A token with its own state and its subject's, from one read. */
export type Found<Extra extends object = object> =
  | ({ readonly usable: true; readonly token: Token } & Extra)
  | {
      readonly usable: false
      readonly because: 'deleted' | 'erased'
      readonly id: string
      readonly accountId: string | null
    }

const MASKED = `token.id, token.tenant_id, token.mode, token.account_id, token.type, token.brand, token.bin,
  token.last_four, token.expiry_month, token.expiry_year, token.bank_country, token.routing_number,
  token.bank_account_type, token.masked_email, token.metadata, token.version, token.created_at`
// A subquery, and not a join: with a join the planner may look for the account in the whole bucket while the table is small,
// and a prepared plan stays while it grows.
const STATES = `token.state, coalesce((select data_subject.state from data_subject
  where data_subject.bucket = token.bucket and data_subject.id = token.account_id), 'active') as subject_state`

function found<Row extends TokenRow & States, Extra extends object>(
  row: Row | undefined,
  extra: (row: Row) => Extra,
): Found<Extra> | undefined {
  if (!row) return undefined
  const { id, account_id: accountId } = row
  if (row.subject_state === 'erased') return { usable: false, because: 'erased', id, accountId }
  if (row.state === 'deleted') return { usable: false, because: 'deleted', id, accountId }
  return { usable: true, token: fromRow(row), ...extra(row) }
}

/** @returns `undefined` where the owner has no such token. */
export async function findToken(database: Database, owner: Owner, id: string): Promise<Found | undefined> {
  const [row] = await database.hotSql<TokenRow & States>(
    'find_token',
    `select ${MASKED}, ${STATES} from token
     where token.bucket = $1 and token.id = $2 and token.tenant_id = $3 and token.mode = $4`,
    [bucketOf(id), id, owner.tenantId, owner.mode],
  )
  return found(row, () => ({}))
}

/** The sealed record beside the token, read together with the state of its subject. */
export interface WithRecord {
  readonly record: string
  readonly dekVersion: number
}

/** @returns `undefined` where the owner has no such token. */
export async function findRecord(database: Database, owner: Owner, id: string): Promise<Found<WithRecord> | undefined> {
  const [row] = await database.hotSql<TokenRow & States & { record: string; dek_version: number }>(
    'find_record',
    `select ${MASKED}, ${STATES}, token.record, token.dek_version from token
     where token.bucket = $1 and token.id = $2 and token.tenant_id = $3 and token.mode = $4`,
    [bucketOf(id), id, owner.tenantId, owner.mode],
  )
  return found(row, ({ record, dek_version }) => ({ record, dekVersion: dek_version }))
}

/** What an intent was for, to be compared with what is asked now; `undefined` once the token is deleted. */
export interface WithRequest {
  readonly requestHmac: Buffer
}

/** @returns The token that was made for an intent, `undefined` if there is none. */
export async function findIntent(
  database: Database,
  bucket: number,
  intentHmac: Buffer,
): Promise<Found<WithRequest> | undefined> {
  const [row] = await database.hotSql<TokenRow & States & { request_hmac: Buffer }>(
    'find_intent',
    `select ${MASKED}, ${STATES}, token.request_hmac from token
     where token.bucket = $1 and token.idempotency_hmac = $2`,
    [bucket, intentHmac],
  )
  return found(row, ({ request_hmac }) => ({ requestHmac: request_hmac }))
}

/** @returns The account's tokens after the id `after`, in the order of their ids, at most `limit`. */
export async function listTokens(
  database: Database,
  owner: Owner,
  accountId: string,
  limit: number,
  after: string | undefined,
): Promise<Token[]> {
  const rows = await database.hotSql<TokenRow>(
    'list_tokens',
    `select ${MASKED} from token
     where token.bucket = $1 and token.account_id = $2 and token.tenant_id = $3 and token.mode = $4
       and token.state = 'active' and ($5::uuid is null or token.id > $5)
     order by token.id limit $6`,
    [bucketOf(accountId), accountId, owner.tenantId, owner.mode, after ?? null, limit],
  )
  return rows.map(fromRow)
}

/**
 * Holds a token until commit, its account before it: everyone who locks both takes them in this order.
 *
 * @returns The version and states under the lock.
 */
export async function lockToken(
  tx: Tx,
  id: string,
  accountId: string | null,
): Promise<{ version: number; state: 'active' | 'deleted'; subjectState: 'active' | 'erased' } | undefined> {
  const subject =
    accountId === null
      ? undefined
      : await tx('data_subject')
          .select('state')
          .where({ bucket: bucketOf(accountId), id: accountId })
          .forShare()
          .first()
  const row = await tx('token')
    .select('version', 'state')
    .where({ bucket: bucketOf(id), id })
    .forUpdate()
    .first()
  return row && { version: row.version, state: row.state, subjectState: subject?.state ?? 'active' }
}

/** Leaves of a token its id, its owner and the HMAC of its Idempotency-Key, so that a late retry is told that it was deleted. */
export async function destroyToken(tx: Tx, id: string, version: number, deletedAt: Date): Promise<void> {
  await tx('token')
    .where({ bucket: bucketOf(id), id })
    .update({
      state: 'deleted',
      brand: null,
      bin: null,
      last_four: null,
      expiry_month: null,
      expiry_year: null,
      bank_country: null,
      routing_number: null,
      bank_account_type: null,
      masked_email: null,
      metadata: '{}',
      record: null,
      number_fingerprint: null,
      full_fingerprint: null,
      request_hmac: null,
      version,
      deleted_at: deletedAt,
    })
}

/** Writes what happened in the transaction in which it happens. */
export async function insertEvent(tx: Tx, event: VaultEvent, mac: Buffer): Promise<void> {
  await tx('event').insert({
    bucket: bucketOf(event.id),
    id: event.id,
    tenant_id: event.tenantId,
    mode: event.mode,
    type: event.type,
    subject_id: event.subjectId,
    object_id: event.objectId,
    object_version: event.objectVersion,
    actor_key_id: event.actorKeyId,
    purpose: event.purpose,
    request_id: event.requestId,
    at: event.at,
    mac,
  })
}
