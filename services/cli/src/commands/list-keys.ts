import { listApiKeys, type StoredApiKey } from '@kontor/tenancy'
import { type KeyService, showKeyId, tenantIdOf, withKeys } from './api-keys.ts'
import type { Command } from './command.ts'

export interface ListKeysOptions {
  readonly service: KeyService
  /** Slug or id; without one, the service keys are listed. */
  readonly tenant?: string
}

/** `kontor key list`: who may do what, and until when; never a key itself. */
export async function listKeys(command: Command, { service, tenant }: ListKeysOptions): Promise<number> {
  const keys = await withKeys(command, service, 'kontor key list', async (db) =>
    listApiKeys(db, tenant === undefined ? null : await tenantIdOf(db, tenant)),
  )
  const now = new Date()
  const data = keys.map((key) => toWire(key, now))
  const lines = data.map(({ id, state, mode, role, name, scopes, purposes, networks, expires_at }) =>
    [
      id,
      state.padEnd(8),
      mode,
      role.padEnd(10),
      name,
      scopes.length > 0 ? `with ${scopes.join(' ')}` : '',
      purposes.length > 0 ? `for ${purposes.join(' ')}` : '',
      networks.length > 0 ? `from ${networks.join(' ')}` : '',
      expires_at ? `until ${expires_at}` : '',
    ]
      .filter((cell) => cell !== '')
      .join('  '),
  )
  command.screen.result({ data }, lines.length > 0 ? lines : ['There is none.'])
  return 0
}

function toWire(key: StoredApiKey, now: Date) {
  return {
    id: showKeyId(key.id),
    state: stateOf(key, now),
    mode: key.mode,
    role: key.role,
    name: key.name,
    scopes: key.scopes,
    purposes: key.purposes,
    networks: key.networks,
    requests_per_minute: key.requestsPerMinute,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    revoked_at: key.revokedAt?.toISOString() ?? null,
    replaced_by: key.replacedBy === null ? null : showKeyId(key.replacedBy),
  }
}

function stateOf({ revokedAt, expiresAt, replacedBy }: StoredApiKey, now: Date): string {
  if (revokedAt) return 'revoked'
  if (expiresAt && expiresAt <= now) return 'expired'
  return replacedBy ? 'rotated' : 'active'
}
