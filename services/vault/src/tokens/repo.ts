import type { Mode } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { ClearInstrument } from './instrument.ts'
import { clearToRow, fromRow, type Token, type TokenRow } from './token.ts'

/** Whose data: every statement names both, so that another tenant's or mode's row is never found. */
export interface Owner {
  readonly tenantId: string
  readonly mode: Mode
}

/** Why a token is no longer there. */
export type Gone = 'deleted' | 'expired' | 'moved' | 'erased'

export interface States {
  /** By the clock of who asks: a token whose time has come is expired, whether it was swept or not. */
  readonly state: 'active' | Exclude<Gone, 'erased'>
  /** Of the account; a guest's token is its own subject, which only its own row can end. */
  readonly subject_state: 'active' | 'erased'
  readonly moved_to: string | null
}

/** What is left to say of a token that is gone. */
export interface Ended {
  readonly usable: false
  readonly because: Gone
  readonly id: string
  readonly accountId: string | null
  readonly subjectId: string
  readonly type: ClearInstrument['type']
  /** Of a token that moved: the UUID of the new one. */
  readonly movedTo: string | null
}

/** A token with its own state and its subject's, from one read. */
export type Found<Extra extends object = object> = ({ readonly usable: true; readonly token: Token } & Extra) | Ended

export const MASKED = `token.id, token.tenant_id, token.mode, token.account_id, token.subject_id, token.type, token.brand, token.bin,
  token.last_four, token.expiry_month, token.expiry_year, token.bank_country, token.routing_number,
  token.bank_account_type, token.masked_email, token.metadata, token.version, token.created_at, token.expires_at`
// A subquery, and not a join: with a join the planner may look for the account in the whole bucket while the table is small,
// and a prepared plan stays while it grows.
/** @param now The parameter or column that holds the clock. */
export const statesAt = (now: string) => `case when token.state = 'active' and token.expires_at <= ${now} then 'expired'
    else token.state end as state, token.moved_to,
  coalesce((select data_subject.state from data_subject
    where data_subject.bucket = token.bucket and data_subject.id = token.subject_id), 'active') as subject_state`

/** @returns A row as a token that can be used, or why it cannot. */
export function found<Row extends TokenRow & States, Extra extends object>(
  row: Row | undefined,
  extra: (row: Row) => Extra,
): Found<Extra> | undefined {
  if (!row) return undefined
  const { id, account_id: accountId, subject_id: subjectId, type, moved_to: movedTo } = row
  const because = row.subject_state === 'erased' ? 'erased' : row.state
  if (because !== 'active') return { usable: false, because, id, accountId, subjectId, type, movedTo }
  return { usable: true, token: fromRow(row), ...extra(row) }
}

/** @returns `undefined` where the owner has no such token. */
export async function findToken(database: Database, owner: Owner, id: string, now: Date): Promise<Found | undefined> {
  const [row] = await database.hotSql<TokenRow & States>(
    'find_token',
    `select ${MASKED}, ${statesAt('$5')} from token
     where token.bucket = $1 and token.id = $2 and token.tenant_id = $3 and token.mode = $4`,
    [bucketOf(id), id, owner.tenantId, owner.mode, now],
  )
  return found(row, () => ({}))
}

/** The sealed record beside the token, read together with the state of its subject. */
export interface WithRecord {
  readonly record: string
  readonly dekVersion: number
}

/** A token that somebody asks for. */
export interface Wanted extends Owner {
  readonly id: string
  readonly now: Date
}

// Looked up one by one (`lateral` and `limit`): as a join, the planner could read a whole bucket.
const FIND_RECORDS = `
with item as (
  select * from json_to_recordset($1::json) as item (
    ord int, bucket smallint, id uuid, tenant_id uuid, mode text, now timestamptz)
)
select item.ord, held.* from item cross join lateral (
  select ${MASKED}, ${statesAt('item.now')}, token.record, token.dek_version from token
  where token.bucket = item.bucket and token.id = item.id and token.tenant_id = item.tenant_id and token.mode = item.mode
  limit 1) as held`

/** @returns For each whether the owner has such a token, and what it is. */
export async function findRecords(
  database: Database,
  batch: readonly Wanted[],
): Promise<(Found<WithRecord> | undefined)[]> {
  const items = batch.map(({ id, tenantId, mode, now }, ord) => ({
    ord,
    bucket: bucketOf(id),
    id,
    tenant_id: tenantId,
    mode,
    now,
  }))
  type Row = TokenRow & States & { ord: number; record: string; dek_version: number }
  const rows = await database.hotSql<Row>('find_records', FIND_RECORDS, [JSON.stringify(items)])
  const answers: (Found<WithRecord> | undefined)[] = batch.map(() => undefined)
  for (const row of rows) {
    answers[row.ord] = found(row, ({ record, dek_version }) => ({ record, dekVersion: dek_version }))
  }
  return answers
}

/** @returns The subject's tokens after the id `after`, in the order of their ids, at most `limit`. */
export async function listTokens(
  database: Database,
  owner: Owner,
  subjectId: string,
  page: { readonly limit: number; readonly after: string | undefined; readonly now: Date },
): Promise<Token[]> {
  const rows = await database.hotSql<TokenRow>(
    'list_tokens',
    `select ${MASKED} from token
     where token.bucket = $1 and token.subject_id = $2 and token.account_id is not null and token.tenant_id = $3 and token.mode = $4
       and token.state = 'active' and (token.expires_at is null or token.expires_at > $7)
       and ($5::uuid is null or token.id > $5)
     order by token.id limit $6`,
    [bucketOf(subjectId), subjectId, owner.tenantId, owner.mode, page.after ?? null, page.limit, page.now],
  )
  return rows.map(fromRow)
}

/** A token's row under its lock. */
export interface LockedToken {
  readonly version: number
  readonly state: 'active' | Exclude<Gone, 'erased'>
  readonly expiresAt: Date | null
  /** What is known of its number; `undefined` once it has ended. */
  readonly numberFingerprint: Buffer | undefined
  /** The version of the subject's key under which its record is sealed. */
  readonly dekVersion: number
  /** The token that it has become. */
  readonly movedTo: string | null
}

/** The row of an account's subject, held. */
export interface HeldSubject {
  readonly state: 'active' | 'erased'
  /** The oldest version of its key under which a record may still be sealed. */
  readonly dekVersionMin: number
}

/**
 * Holds a subject against erasure until commit.
 *
 * @param alone Nobody else writes for the subject meanwhile.
 * @returns `undefined` for a guest's, who has no row.
 */
export async function holdSubject(
  tx: Tx,
  subjectId: string,
  { alone = false }: { readonly alone?: boolean } = {},
): Promise<HeldSubject | undefined> {
  const query = tx('data_subject')
    .select('state', 'dek_version_min')
    .where({ bucket: bucketOf(subjectId), id: subjectId })
  const row = await (alone ? query.forNoKeyUpdate() : query.forShare()).first()
  return row && { state: row.state, dekVersionMin: row.dek_version_min }
}

/** Holds a token until commit; its subject and its claim are held before it by whoever needs them. */
export async function lockToken(tx: Tx, id: string): Promise<LockedToken | undefined> {
  const row = await tx('token')
    .select('version', 'state', 'expires_at', 'number_fingerprint', 'dek_version', 'moved_to')
    .where({ bucket: bucketOf(id), id })
    .forUpdate()
    .first()
  if (!row) return undefined
  return {
    version: row.version,
    state: row.state,
    expiresAt: row.expires_at,
    numberFingerprint: row.number_fingerprint ?? undefined,
    dekVersion: row.dek_version,
    movedTo: row.moved_to,
  }
}

/** @returns What a token's claim is found by: it never changes while the token lives. */
export async function findNumberFingerprint(tx: Tx, id: string): Promise<Buffer | undefined> {
  const row = await tx('token')
    .select('number_fingerprint')
    .where({ bucket: bucketOf(id), id })
    .first()
  return row?.number_fingerprint ?? undefined
}

/** Writes the row of a token anew, which is held. */
export async function updateToken(
  tx: Tx,
  token: Token,
  sealed: WithRecord & { readonly fullFingerprint: Buffer },
): Promise<void> {
  // The type never changes, and the service has no right to change it.
  const { type: _, ...clear } = clearToRow(token.clear)
  await tx('token')
    .where({ bucket: bucketOf(token.id), id: token.id })
    .update({
      ...clear,
      metadata: JSON.stringify(token.metadata),
      record: sealed.record,
      dek_version: sealed.dekVersion,
      full_fingerprint: sealed.fullFingerprint,
      version: token.version,
      expires_at: token.expiresAt,
    })
}
