import {
  generateSigningKey,
  IntegrityViolation,
  type SignedPayload,
  type SigningPrivateJwk,
  type SigningPublicJwk,
  signCompact,
  signingPublicJwk,
} from '@kontor/jose-box'
import type { KeyProvider } from '@kontor/keystore'
import type { Database } from '@kontor/postgres'
import { expiringCache } from '../keys/expiring-cache.ts'
import { failClosed } from '../keys/fail-closed.ts'
import { HELD_MS } from '../keys/tenant-keys.ts'
import { unwrapRow } from '../keys/unwrap-row.ts'
import { findCurrentSigningKey, insertSigningKey, listSigningKeys, type SigningKeyRow } from './repo.ts'

/** The kinds of statement that the vault signs; each is the `typ` of its JWS. */
export type StatementType = 'kontor-erasure+jwt' | 'kontor-key-destruction+jwt' | 'kontor-checkpoint+jwt'

/** Signs what the vault states, so that it can be shown to others and verified without it. */
export interface Signer {
  /**
   * @returns A compact JWS (RFC 7515), ES256.
   * @throws {Unavailable} 503 when the key cannot be had.
   */
  sign(typ: StatementType, payload: SignedPayload): Promise<string>
  /** @returns Every key that ever signed, the newest first, to be published. */
  publicKeys(): Promise<SigningPublicJwk[]>
  /** Drops what was held for too long. */
  sweep(): void
}

export interface SignerDeps {
  /** Of the keys. */
  readonly database: Database
  readonly provider: KeyProvider
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicMs: () => number
}

const ONLY = 'current'

export function signer({ database, provider, monotonicMs }: SignerDeps): Signer {
  const held = expiringCache<SigningPrivateJwk>({ maxEntries: 1, ttlMs: HELD_MS, monotonicMs })

  async function make(): Promise<void> {
    const key = await generateSigningKey()
    const { kid, x, y } = key
    const { kid: rootKid, wrapped } = await provider.wrap(Buffer.from(key.d, 'base64url'), signingKeyHeader(kid))
    await insertSigningKey(database, { kid, x, y, root_kid: rootKid, wrapped })
  }

  async function unwrap(row: SigningKeyRow): Promise<SigningPrivateJwk> {
    const scalar = await provider.unwrap(row.root_kid, row.wrapped, signingKeyHeader(row.kid))
    const publicJwk = await signingPublicJwk(row.x, row.y)
    if (publicJwk.kid !== row.kid) throw new IntegrityViolation()
    return { ...publicJwk, d: scalar.toString('base64url') }
  }

  async function load(): Promise<SigningPrivateJwk> {
    let row = await findCurrentSigningKey(database)
    if (!row) {
      // Whoever is first decides: what is read back may be another process's key.
      await make()
      row = await findCurrentSigningKey(database)
    }
    const key = row && (await unwrapRow(row, () => findCurrentSigningKey(database), unwrap))
    if (!key) throw new IntegrityViolation()
    return key
  }

  return {
    async sign(typ, payload) {
      return signCompact(typ, payload, await held.get(ONLY, () => failClosed(load)))
    },
    publicKeys: () =>
      failClosed(async () => {
        const rows = await listSigningKeys(database)
        return Promise.all(rows.map(({ x, y }) => signingPublicJwk(x, y)))
      }),
    sweep: () => held.sweep(),
  }
}

/** Bound to its public key, so that a wrapped scalar cannot be moved under another one. */
export const signingKeyHeader = (kid: string) => ({ typ: 'signing-key', sig: kid })
