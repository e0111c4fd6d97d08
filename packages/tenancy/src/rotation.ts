import type { GeneratedApiKey } from '@kontor/api-key'
import type { Db } from '@kontor/postgres'

/** A key as it stands, without anything that opens. */
export interface StoredApiKey {
  /** UUID. */
  readonly id: string
  /** `null` for a service key. */
  readonly tenantId: string | null
  readonly mode: 'test' | 'live'
  readonly name: string
  readonly role: string
  readonly scopes: readonly string[]
  readonly purposes: readonly string[]
  readonly networks: readonly string[]
  readonly requestsPerMinute: number | null
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  /** The key that took over from it. */
  readonly replacedBy: string | null
}

/** What was asked of a key cannot be done. The message is a sentence for whoever typed the command. */
export class KeyNotChanged extends Error {
  override readonly name = 'KeyNotChanged'
}

/** Everything that a key may do and is bound to. A column of this table that is not named here would be lost by a rotation. */
const RIGHTS = ['tenant_id', 'mode', 'name', 'role', 'scopes', 'purposes', 'requests_per_minute', 'networks']
const RIGHTS_IN_VAULT = [...RIGHTS, 'reveals_per_minute']

/**
 * Makes a new key with the rights, limits, networks and end of an old one, and lets the old one end after an overlap in which both work.
 *
 * @param db As owner of the service's database.
 * @param request.inVault Whether it is the vault's table, which has one column more.
 * @returns When the old key ends.
 * @throws {KeyNotChanged} There is no such key, it has ended, or it was rotated already.
 */
export function rotateApiKey(
  db: Db,
  request: {
    readonly id: string
    readonly replacement: { readonly id: string; readonly key: GeneratedApiKey }
    readonly overlapMs: number
    readonly now: Date
    readonly inVault: boolean
  },
): Promise<Date> {
  const { id, replacement, overlapMs, now, inVault } = request
  return db.transaction(async (tx) => {
    const old = await lockApiKey(tx, id)
    if (old.revokedAt) throw new KeyNotChanged('That key is revoked: make a new one.')
    if (old.expiresAt && old.expiresAt <= now) throw new KeyNotChanged('That key has expired: make a new one.')
    if (old.replacedBy) throw new KeyNotChanged('That key was rotated already: rotate the one that took over.')
    const rights = inVault ? RIGHTS_IN_VAULT : RIGHTS
    // Copied by the server, so that no value takes a way through a driver that could change it.
    const columns = rights.map(() => '??').join(', ')
    await tx.raw(
      `insert into api_key (id, lookup_id, secret_hash, expires_at, ${columns})
       select ?, ?, ?, expires_at, ${columns} from api_key where id = ?`,
      [...rights, replacement.id, replacement.key.lookupId, replacement.key.secretHash, ...rights, id],
    )
    const overlapEnds = new Date(now.getTime() + overlapMs)
    const ends = old.expiresAt && old.expiresAt < overlapEnds ? old.expiresAt : overlapEnds
    await tx('api_key').where({ id }).update({ expires_at: ends, replaced_by: replacement.id })
    return ends
  })
}

/**
 * Ends a key. Processes that have just seen it believe it for some seconds more. May be repeated.
 *
 * @returns When it was revoked, which is the first time.
 * @throws {KeyNotChanged} There is no such key.
 */
export function revokeApiKey(db: Db, id: string, now: Date): Promise<Date> {
  return db.transaction(async (tx) => {
    const { revokedAt } = await lockApiKey(tx, id)
    if (revokedAt) return revokedAt
    await tx('api_key').where({ id }).update({ revoked_at: now })
    return now
  })
}

/** @returns Every key of a tenant (`null`: the service keys), newest first, those that have ended too. */
export async function listApiKeys(db: Db, tenantId: string | null): Promise<StoredApiKey[]> {
  const rows = await selectKeys(db).where({ tenant_id: tenantId }).orderBy('created_at', 'desc').orderBy('id', 'desc')
  return rows.map(fromRow)
}

/** @throws {KeyNotChanged} There is no such key. */
export async function lockApiKey(tx: Db, id: string): Promise<StoredApiKey> {
  const row = await selectKeys(tx).where({ id }).forUpdate().first()
  if (!row) throw new KeyNotChanged('There is no such key in that service.')
  return fromRow(row)
}

const selectKeys = (db: Db) =>
  db('api_key').select(
    'id',
    'tenant_id',
    'mode',
    'name',
    'role',
    'scopes',
    'purposes',
    'requests_per_minute',
    'created_at',
    'expires_at',
    'revoked_at',
    'replaced_by',
    db.raw('networks::text[] as networks'),
  )

function fromRow(row: Record<string, unknown>): StoredApiKey {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    mode: row.mode,
    name: row.name,
    role: row.role,
    scopes: row.scopes,
    purposes: row.purposes,
    networks: row.networks ?? [],
    requestsPerMinute: row.requests_per_minute,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    replacedBy: row.replaced_by,
  } as StoredApiKey
}
