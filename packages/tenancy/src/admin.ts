import type { GeneratedApiKey } from '@kontor/api-key'
import type { Db } from '@kontor/postgres'

export interface Tenant {
  /** UUID. */
  readonly id: string
  /** Short name for commands, `[a-z0-9-]`; unique. */
  readonly slug: string
  readonly name: string
}

export interface NewApiKey {
  /** UUID of the row. */
  readonly id: string
  readonly key: GeneratedApiKey
  /** `null` makes a service key, which only the vault takes. */
  readonly tenantId: string | null
  readonly mode: 'test' | 'live'
  /** For people: what the key is used by. */
  readonly name: string
  readonly role: string
  /** Scopes beyond those of the role, such as `token.reveal:card:number`. */
  readonly scopes: readonly string[]
  /** What the key may give as the reason of a reveal. */
  readonly purposes: readonly string[]
  readonly expiresAt: Date | null
  /** Without it, the default of the server. */
  readonly requestsPerMinute?: number | undefined
  /** Of the vault only. */
  readonly revealsPerMinute?: number | undefined
  /** Addresses or networks that the key may be used from, as `parseNetwork` reads them; without any, from anywhere. */
  readonly networks?: readonly string[] | undefined
}

/**
 * Makes a tenant, or finds the one that has the slug: the command can be repeated.
 *
 * @param db Of one service, as its owner; each service has its own tenant table.
 * @returns The tenant as it stands, which has its first id and name if it existed before.
 */
export async function createTenant(db: Db, tenant: Tenant): Promise<Tenant> {
  await db('tenant').insert({ id: tenant.id, slug: tenant.slug, name: tenant.name }).onConflict('slug').ignore()
  const [row] = await db<Tenant>('tenant').select('id', 'slug', 'name').where({ slug: tenant.slug })
  if (!row) throw new Error('a tenant that was just written is not there')
  return row
}

/** Stores a key: its lookup id and the hash of its secret, never the key. */
export async function createApiKey(db: Db, apiKey: NewApiKey): Promise<void> {
  await db('api_key').insert({
    id: apiKey.id,
    lookup_id: apiKey.key.lookupId,
    secret_hash: apiKey.key.secretHash,
    tenant_id: apiKey.tenantId,
    mode: apiKey.mode,
    name: apiKey.name,
    role: apiKey.role,
    scopes: [...apiKey.scopes],
    purposes: [...apiKey.purposes],
    expires_at: apiKey.expiresAt,
    requests_per_minute: apiKey.requestsPerMinute ?? null,
    networks: apiKey.networks?.length ? [...apiKey.networks] : null,
    ...(apiKey.revealsPerMinute !== undefined && { reveals_per_minute: apiKey.revealsPerMinute }),
  })
}
