import { type ApiKeyMode, type ApiKeyService, type PresentedApiKey, parseApiKey, sameHash } from '@kontor/api-key'
import { type Authenticate, ForwardedTenantMissing, type Principal, type SourceNetworks } from '@kontor/http-api'
import { formatId, InvalidId, parseId } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import { sourceNetworks } from './networks.ts'

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
  readonly requests_per_minute: number | null
  readonly reveals_per_minute: number | null
  readonly networks: string[] | null
}

const rightsOf = (row: Pick<KeyRow, 'role' | 'scopes'>, scopesOf: (role: string) => readonly string[]) =>
  new Set([...scopesOf(row.role), ...row.scopes])

const hasEnded = (row: Pick<KeyRow, 'revoked_at' | 'expires_at'>, nowMs: number) =>
  row.revoked_at !== null || (row.expires_at !== null && row.expires_at.getTime() <= nowMs)

/** A key that was found, with what follows from its row. */
interface KnownKey {
  readonly row: KeyRow
  readonly untilMs: number
  readonly networks: SourceNetworks | undefined
  /** By tenant: a service key acts for many. */
  readonly principals: Map<string, Principal>
}

/** Invoicing reveals nothing, so its keys have no such limit. */
const REVEALS = { vault: 'reveals_per_minute', invoicing: 'null::int as reveals_per_minute' }

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
  const found = new Map<string, KnownKey>()
  const tenants = new Map<string, { exists: boolean; untilMs: number }>()

  async function findKey(lookupId: string): Promise<KnownKey | undefined> {
    const [row] = await database.hotSql<KeyRow>(
      'find_api_key',
      `select id, secret_hash, tenant_id, mode, role, scopes, purposes, expires_at, revoked_at, requests_per_minute,
         ${REVEALS[service]}, networks::text[] as networks
         from api_key where lookup_id = $1`,
      [lookupId],
    )
    found.delete(lookupId)
    if (!row) return undefined
    const known: KnownKey = {
      row,
      untilMs: nowMs() + BELIEVED_MS,
      networks: row.networks ? sourceNetworks(row.networks) : undefined,
      principals: new Map(),
    }
    keep(found, lookupId, known)
    return known
  }

  async function tenantExists(id: string): Promise<boolean> {
    const rows = await database.hotSql('find_tenant', 'select id from tenant where id = $1', [id])
    tenants.delete(id)
    keep(tenants, id, { exists: rows.length > 0, untilMs: nowMs() + BELIEVED_MS })
    return rows.length > 0
  }

  /** A key of a tenant acts for that tenant; a service key for the one it names. Asks nothing for the former. */
  function tenantOf(row: KeyRow, forwarded: string | undefined): string | undefined | Promise<string | undefined> {
    if (row.tenant_id !== null) {
      return forwarded === undefined || forwarded === formatId('ten', row.tenant_id) ? row.tenant_id : undefined
    }
    if (forwarded === undefined) throw new ForwardedTenantMissing()
    const id = tenantId(forwarded)
    if (id === undefined) return undefined
    const kept = tenants.get(id)
    if (kept && kept.untilMs > nowMs()) return kept.exists ? id : undefined
    return tenantExists(id).then((exists) => (exists ? id : undefined))
  }

  /** @returns The same object each time while the row is believed, so that a request makes none. */
  function principalOf(key: KnownKey, tenant: string): Principal {
    const kept = key.principals.get(tenant)
    if (kept) return kept
    const { row, networks } = key
    const principal: Principal = {
      keyId: row.id,
      tenantId: tenant,
      mode: row.mode,
      role: row.role,
      scopes: rightsOf(row, scopesOf),
      purposes: new Set(row.purposes),
      ...(row.requests_per_minute !== null && { requestsPerMinute: row.requests_per_minute }),
      ...(row.reveals_per_minute !== null && { revealsPerMinute: row.reveals_per_minute }),
      ...(networks && { networks }),
    }
    keep(key.principals, tenant, principal)
    return principal
  }

  function judge(
    key: KnownKey | undefined,
    presented: PresentedApiKey,
    forwarded: string | undefined,
  ): Principal | undefined | Promise<Principal | undefined> {
    if (!key) return undefined
    const { row } = key
    if (!sameHash(row.secret_hash, presented.secretHash) || row.mode !== presented.mode) return undefined
    if (hasEnded(row, nowMs())) return undefined
    const tenant = tenantOf(row, forwarded)
    if (tenant instanceof Promise) return tenant.then((id) => (id === undefined ? undefined : principalOf(key, id)))
    return tenant === undefined ? undefined : principalOf(key, tenant)
  }

  return (bearer, forwardedTenant, onlyKnown = false) => {
    const presented = parseApiKey(bearer)
    if (!presented || presented.service !== service) return undefined
    const kept = found.get(presented.lookupId)
    if (kept && kept.untilMs > nowMs()) return judge(kept, presented, forwardedTenant)
    if (onlyKnown && !(kept && sameHash(kept.row.secret_hash, presented.secretHash))) return undefined
    return findKey(presented.lookupId).then((key) => judge(key, presented, forwardedTenant))
  }
}

/**
 * Makes the function that finds who a key acts for without the key itself: for work that was asked for under it and is done later.
 *
 * @returns `undefined` once the key is revoked or has expired. The function asks anew each time.
 */
export function principalFinder(deps: {
  readonly database: Database
  readonly scopesOf: (role: string) => readonly string[]
  readonly nowMs: () => number
}): (keyId: string, tenantId: string) => Promise<Principal | undefined> {
  return async (keyId, tenantId) => {
    const [row] = await deps.database.hotSql<
      Pick<KeyRow, 'id' | 'mode' | 'role' | 'scopes' | 'purposes' | 'expires_at' | 'revoked_at'>
    >(
      'find_api_key_by_id',
      `select id, mode, role, scopes, purposes, expires_at, revoked_at from api_key
        where id = $1 and (tenant_id = $2 or tenant_id is null)`,
      [keyId, tenantId],
    )
    if (!row || hasEnded(row, deps.nowMs())) return undefined
    const { id, mode, role, purposes } = row
    return { keyId: id, tenantId, mode, role, scopes: rightsOf(row, deps.scopesOf), purposes: new Set(purposes) }
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
