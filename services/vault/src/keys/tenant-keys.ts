import { IntegrityViolation, unwrapKey, wrapKey } from '@kontor/jose-box'
import type { KeyProvider } from '@kontor/keystore'
import type { Database } from '@kontor/postgres'
import { expiringCache } from './expiring-cache.ts'
import { failClosed } from './fail-closed.ts'
import { findCurrentKek, findKek, findSecret, insertTenantKeys, type KekRow } from './repo.ts'
import { deriveSubkeys, type Subkeys } from './subkeys.ts'

/** A tenant's key-encryption key and which of its versions it is. */
export interface Kek {
  readonly version: number
  readonly key: Buffer
}

/** The keys of tenants, made when a tenant first uses the vault. Every function fails closed (503 `keys_unavailable`). */
export interface TenantKeys {
  /** The KEK that wraps new DEKs. */
  currentKek(tenantId: string): Promise<Kek>
  /** @throws {IntegrityViolation} There is none of that version, though something says that it is wrapped by it. */
  kek(tenantId: string, version: number): Promise<Kek>
  /** What fingerprints, digests and MACs are computed with; the same for ever. */
  subkeys(tenantId: string): Promise<Subkeys>
  /** Throws when the key provider cannot wrap and unwrap. */
  ping(): Promise<void>
  /** Drops what was held for too long. */
  sweep(): void
}

export interface KeyDeps {
  readonly database: Database
  /** Holds the root KEKs. */
  readonly provider: KeyProvider
  readonly random: (size: number) => Uint8Array
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicMs: () => number
}

/** Architecture allows 60 s; a sweep every 10 s takes out what nobody asks for any more. */
export const HELD_MS = 50_000
const TENANTS_HELD = 1_000
const FIRST_VERSION = 1

export function tenantKeys({ database, provider, random, monotonicMs }: KeyDeps): TenantKeys {
  const held = { maxEntries: TENANTS_HELD, ttlMs: HELD_MS, monotonicMs }
  const current = expiringCache<Kek>(held)
  const byVersion = expiringCache<Kek>(held)
  const secrets = expiringCache<Subkeys>(held)

  async function make(tenantId: string): Promise<void> {
    const kek = Buffer.from(random(32))
    const kid = provider.currentKid()
    const wrapped = await provider.wrap(kid, kek, kekHeader(tenantId, FIRST_VERSION))
    const secret = wrapKey(Buffer.from(random(32)), kek, secretHeader(tenantId, FIRST_VERSION))
    await insertTenantKeys(database, tenantId, { version: FIRST_VERSION, root_kid: kid, wrapped }, secret)
  }

  async function unwrapKek(tenantId: string, row: KekRow): Promise<Kek> {
    const header = kekHeader(tenantId, row.version)
    return { version: row.version, key: await provider.unwrap(row.root_kid, row.wrapped, header) }
  }

  async function loadCurrent(tenantId: string): Promise<Kek> {
    let row = await findCurrentKek(database, tenantId)
    if (!row) {
      // Whoever is first decides: what is read back may be another process's key.
      await make(tenantId)
      row = await findCurrentKek(database, tenantId)
    }
    if (!row) throw new IntegrityViolation()
    return unwrapKek(tenantId, row)
  }

  async function loadVersion(tenantId: string, version: number): Promise<Kek> {
    const row = await findKek(database, tenantId, version)
    if (!row) throw new IntegrityViolation()
    return unwrapKek(tenantId, row)
  }

  async function loadSubkeys(tenantId: string): Promise<Subkeys> {
    let row = await findSecret(database, tenantId)
    if (!row) {
      await keys.currentKek(tenantId)
      row = await findSecret(database, tenantId)
    }
    if (!row) throw new IntegrityViolation()
    const { key } = await keys.kek(tenantId, row.kek_version)
    return deriveSubkeys(unwrapKey(row.wrapped, key, secretHeader(tenantId, row.kek_version)), tenantId)
  }

  const keys: TenantKeys = {
    currentKek: (tenantId) => current.get(tenantId, () => failClosed(() => loadCurrent(tenantId))),
    kek: (tenantId, version) =>
      byVersion.get(`${tenantId} ${version}`, () => failClosed(() => loadVersion(tenantId, version))),
    subkeys: (tenantId) => secrets.get(tenantId, () => failClosed(() => loadSubkeys(tenantId))),
    ping: () =>
      failClosed(async () => {
        const probe = Buffer.from(random(32))
        const kid = provider.currentKid()
        const unwrapped = await provider.unwrap(kid, await provider.wrap(kid, probe, PROBE_HEADER), PROBE_HEADER)
        if (!unwrapped.equals(probe)) throw new Error('the key provider gave back another key')
      }),
    sweep() {
      for (const cache of [current, byVersion, secrets]) cache.sweep()
    },
  }
  return keys
}

/** Of a key that is wrapped only to see whether it can be, and stored nowhere. */
const PROBE_HEADER = { typ: 'probe' }

const kekHeader = (tenantId: string, version: number) => ({ typ: 'kek', ten: tenantId, ver: version })

/** The secret is bound to the KEK that wraps it, so that an older wrapping cannot stand in for a newer one. */
const secretHeader = (tenantId: string, kekVersion: number) => ({ typ: 'secret', ten: tenantId, kek: kekVersion })
