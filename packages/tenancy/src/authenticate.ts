import { type ApiKeyMode, type ApiKeyService, parseApiKey, sameHash } from '@kontor/api-key'
import { type Authenticate, ForwardedTenantMissing, type Principal } from '@kontor/http-api'
import { formatId, InvalidId, parseId } from '@kontor/ids'
import type { Database } from '@kontor/postgres'

/** How long a key that was found is believed without asking again: a revoked key works at most this long. */
const BELIEVED_MS = 5_000
/** Keys kept at once; beyond, the oldest is forgotten. */
const KEPT_MAX = 10_000

interface KeyRow {
  readonly id: string
  readonly secret_hash: Buffer
  readonly tenant_id: string | null
  readonly mode: ApiKeyMode
  readonly role: string
  readonly scopes: string[]
  readonly purposes: string[]
  readonly expires_at: Date | null
  readonly revoked_at: Date | null
}

/**
 * Makes the function by which a service knows its callers.
 *
 * @param service Keys of the other service are not known here.
 * @param scopesOf What a role may do. What is not listed is denied; scopes on the key itself are added.
 * @param nowMs The clock, in milliseconds since 1970.
 */
export function keyAuthenticator(deps: {
  readonly database: Database
  readonly service: ApiKeyService
  readonly scopesOf: (role: string) => readonly string[]
  readonly nowMs: () => number
}): Authenticate {
  const { database, service, scopesOf, nowMs } = deps
  const found = new Map<string, { row: KeyRow; untilMs: number }>()
  const tenants = new Map<string, { exists: boolean; untilMs: number }>()

  async function findKey(lookupId: string): Promise<KeyRow | undefined> {
    const kept = found.get(lookupId)
    if (kept && kept.untilMs > nowMs()) return kept.row
    const [row] = await database.hotSql<KeyRow>(
      'find_api_key',
      `select id, secret_hash, tenant_id, mode, role, scopes, purposes, expires_at, revoked_at
         from api_key where lookup_id = $1`,
      [lookupId],
    )
    found.delete(lookupId)
    if (row) keep(found, lookupId, { row, untilMs: nowMs() + BELIEVED_MS })
    return row
  }

  async function tenantExists(id: string): Promise<boolean> {
    const kept = tenants.get(id)
    if (kept && kept.untilMs > nowMs()) return kept.exists
    const rows = await database.hotSql('find_tenant', 'select id from tenant where id = $1', [id])
    tenants.delete(id)
    keep(tenants, id, { exists: rows.length > 0, untilMs: nowMs() + BELIEVED_MS })
    return rows.length > 0
  }

  /** A key of a tenant acts for that tenant; a service key for the one it names. */
  async function tenantOf(row: KeyRow, forwarded: string | undefined): Promise<string | undefined> {
    if (row.tenant_id !== null) {
      return forwarded === undefined || forwarded === formatId('ten', row.tenant_id) ? row.tenant_id : undefined
    }
    if (forwarded === undefined) throw new ForwardedTenantMissing()
    const id = tenantId(forwarded)
    return id !== undefined && (await tenantExists(id)) ? id : undefined
  }

  return async (bearer, forwardedTenant): Promise<Principal | undefined> => {
    const presented = parseApiKey(bearer)
    if (!presented || presented.service !== service) return undefined
    const row = await findKey(presented.lookupId)
    if (!row || !sameHash(row.secret_hash, presented.secretHash) || row.mode !== presented.mode) return undefined
    if (row.revoked_at !== null || (row.expires_at !== null && row.expires_at.getTime() <= nowMs())) return undefined
    const tenant = await tenantOf(row, forwardedTenant)
    if (tenant === undefined) return undefined
    return {
      keyId: row.id,
      tenantId: tenant,
      mode: row.mode,
      role: row.role,
      scopes: new Set([...scopesOf(row.role), ...row.scopes]),
      purposes: new Set(row.purposes),
    }
  }
}

function tenantId(text: string): string | undefined {
  try {
    return parseId('ten', text)
  } catch (error) {
    if (error instanceof InvalidId) return undefined
    throw error
  }
}

/** Keeps a bounded number of entries: a Map remembers the order of insertion, so its first key is the oldest. */
function keep<T>(entries: Map<string, T>, key: string, entry: T): void {
  if (entries.size >= KEPT_MAX) entries.delete(entries.keys().next().value as string)
  entries.set(key, entry)
}
