import { IntegrityViolation, unwrapKey, wrapKey } from '@kontor/jose-box'
import type { KeyProvider } from '@kontor/keystore'
import type { Database } from '@kontor/postgres'
import { expiringCache } from './expiring-cache.ts'
import { failClosed } from './fail-closed.ts'
import { kekHeader, PROBE_HEADER, secretHeader } from './headers.ts'
import { findCurrentKek, findKek, findSecret, insertTenantKeys, type KekRow } from './repo.ts'
import { deriveSubkeys, type Subkeys } from './subkeys.ts'
import { unwrapRow } from './unwrap-row.ts'

/** A tenant's key-encryption key and which of its versions it is. */
export interface Kek {
  readonly version: number
  readonly key: Buffer
}

/**
 * The keys of tenants, made when a tenant first uses the vault. Every function fails closed (503 `keys_unavailable` or
 * `key_provider_unavailable`).
 */
export interface TenantKeys {
  /** The KEK that wraps new DEKs. Held for a while; a statement that stores what it wrapped proves that it still is current. */
  currentKek(tenantId: string): Promise<Kek>
  /** As `currentKek`, asked of the database again. */
  newestKek(tenantId: string): Promise<Kek>
  /** Makes a KEK that could become this version, wrapped by the current root KEK. Nothing is stored. */
  wrapNewKek(tenantId: string, version: number): Promise<KekRow>
  /** Forgets a version that was destroyed. Other processes may hold it for up to 60 s, but nothing that it opens. */
  forget(tenantId: string, version: number): void
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
const ATTEMPTS_MAX = 3

export function tenantKeys({ database, provider, random, monotonicMs }: KeyDeps): TenantKeys {
  const held = { maxEntries: TENANTS_HELD, ttlMs: HELD_MS, monotonicMs }
  const current = expiringCache<Kek>(held)
  const byVersion = expiringCache<Kek>(held)
  const secrets = expiringCache<Subkeys>(held)

  async function wrapNew(tenantId: string, version: number): Promise<KekRow & { readonly kek: Buffer }> {
    const kek = Buffer.from(random(32))
    const { kid, wrapped } = await provider.wrap(kek, kekHeader(tenantId, version))
    return { version, root_kid: kid, wrapped, kek }
  }

  async function make(tenantId: string): Promise<void> {
    const { kek, ...row } = await wrapNew(tenantId, FIRST_VERSION)
    const secret = wrapKey(Buffer.from(random(32)), kek, secretHeader(tenantId, FIRST_VERSION))
    await insertTenantKeys(database, tenantId, row, secret)
  }

  async function unwrapKek(tenantId: string, row: KekRow): Promise<Kek> {
    const header = kekHeader(tenantId, row.version)
    return { version: row.version, key: await provider.unwrap(row.root_kid, row.wrapped, header) }
  }

  async function loadCurrent(tenantId: string): Promise<Kek> {
    // Whoever is first decides: what is read back may be another process's key. None is there after all where the root KEK that
    // wrapped it was destroyed at that very moment.
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const row = await findCurrentKek(database, tenantId)
      const kek =
        row &&
        (await unwrapRow(
          row,
          () => findKek(database, tenantId, row.version),
          (it) => unwrapKek(tenantId, it),
        ))
      if (kek) return kek
      await make(tenantId)
    }
    throw new IntegrityViolation()
  }

  async function loadVersion(tenantId: string, version: number): Promise<Kek> {
    const row = await findKek(database, tenantId, version)
    // A destroyed version has nothing to unwrap any more: what says that it is wrapped by it was put back by somebody.
    const reread = () => findKek(database, tenantId, version)
    const kek = row && (await unwrapRow(row, reread, (it) => unwrapKek(tenantId, it)))
    if (!kek) throw new IntegrityViolation()
    return kek
  }

  async function loadSubkeys(tenantId: string): Promise<Subkeys> {
    let row = await findSecret(database, tenantId)
    if (!row) {
      await keys.currentKek(tenantId)
      row = await findSecret(database, tenantId)
    }
    const secret =
      row &&
      (await unwrapRow(
        row,
        () => findSecret(database, tenantId),
        async ({ kek_version, wrapped }) => {
          const { key } = await keys.kek(tenantId, kek_version)
          return unwrapKey(wrapped, key, secretHeader(tenantId, kek_version))
        },
      ))
    if (!secret) throw new IntegrityViolation()
    return deriveSubkeys(secret, tenantId)
  }

  const keys: TenantKeys = {
    currentKek: (tenantId) => current.get(tenantId, () => failClosed(() => loadCurrent(tenantId))),
    newestKek(tenantId) {
      current.forget(tenantId)
      return keys.currentKek(tenantId)
    },
    wrapNewKek: (tenantId, version) =>
      failClosed(async () => {
        const { kek: _, ...row } = await wrapNew(tenantId, version)
        return row
      }),
    forget(tenantId, version) {
      byVersion.forget(`${tenantId} ${version}`)
    },
    kek: (tenantId, version) =>
      byVersion.get(`${tenantId} ${version}`, () => failClosed(() => loadVersion(tenantId, version))),
    subkeys: (tenantId) => secrets.get(tenantId, () => failClosed(() => loadSubkeys(tenantId))),
    ping: () =>
      failClosed(async () => {
        const probe = Buffer.from(random(32))
        const { kid, wrapped } = await provider.wrap(probe, PROBE_HEADER)
        const unwrapped = await provider.unwrap(kid, wrapped, PROBE_HEADER)
        if (!unwrapped.equals(probe)) throw new Error('the key provider gave back another key')
      }),
    sweep() {
      for (const cache of [current, byVersion, secrets]) cache.sweep()
    },
  }
  return keys
}
