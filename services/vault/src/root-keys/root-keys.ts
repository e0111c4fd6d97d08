import type { KeyProvider, RootKeyAdministration, RootKeyInfo } from '@kontor/keystore'
import { RootKeyMissing } from '@kontor/keystore'
import { type Database, withTransaction } from '@kontor/postgres'
import { kekHeader } from '../keys/headers.ts'
import { type Signer, signingKeyHeader } from '../signing/signer.ts'
import {
  countWrappedByOthers,
  countWrappedByRoot,
  findDestroyedRootKey,
  insertDestroyedRootKey,
  listKeksByOthers,
  listSigningKeysByOthers,
  lockWrapped,
  replaceKek,
  replaceSigningKey,
  type WrappedByRoot,
} from './repo.ts'

/** A root KEK and what it wraps. */
export interface RootKeyUse extends RootKeyInfo, WrappedByRoot {}

/** Keys are wrapped by this root KEK, which destroying it would lose. */
export class RootKeyInUse extends Error {
  override readonly name = 'RootKeyInUse'
  constructor({ tenantKeks, signingKeys }: WrappedByRoot) {
    super(`${tenantKeks} keys of tenants and ${signingKeys} signing keys are still wrapped by this root key.`)
  }
}

/** The current root KEK wraps what is new. */
export class RootKeyStillCurrent extends Error {
  override readonly name = 'RootKeyStillCurrent'
  constructor() {
    super('The current root key is never destroyed: rotate first.')
  }
}

export interface RootKeyDeps {
  /** Of the keys, as its owner: the service itself may not take the locks that destroying needs. */
  readonly database: Database
  readonly provider: KeyProvider
  readonly administration: RootKeyAdministration
  readonly signer: Signer
  readonly now: () => Date
}

/** What the custodian of an installation does with root KEKs, on its host. The vault may be running. */
export interface RootKeys {
  /** The current one first. */
  list(): Promise<RootKeyUse[]>
  /** Makes a new root KEK the current one; everything stays wrapped as it is. @returns Its id. */
  rotate(): Promise<string>
  /**
   * Wraps everything by the current root KEK that is wrapped by another. Interrupted, it goes on when it is called again.
   *
   * @returns How many keys were wrapped anew.
   */
  rewrap(onProgress?: (done: number, total: number) => void): Promise<number>
  /**
   * Destroys a root KEK that wraps nothing any more. Repeated, it answers with the same certificate.
   *
   * @returns Compact JWS.
   * @throws {RootKeyInUse | RootKeyStillCurrent | RootKeyMissing | RootKeyNotOldest}
   */
  destroy(kid: string): Promise<string>
}

const BATCH_MAX = 100

export function rootKeys({ database, provider, administration, signer, now }: RootKeyDeps): RootKeys {
  async function rewrapKeks(current: string): Promise<number> {
    const rows = await listKeksByOthers(database, current, BATCH_MAX)
    for (const row of rows) {
      const header = kekHeader(row.tenant_id, row.version)
      const again = await provider.wrap(await provider.unwrap(row.root_kid, row.wrapped, header), header)
      await replaceKek(database, row, again)
    }
    return rows.length
  }

  async function rewrapSigningKeys(current: string): Promise<number> {
    const rows = await listSigningKeysByOthers(database, current, BATCH_MAX)
    for (const row of rows) {
      const header = signingKeyHeader(row.kid)
      const again = await provider.wrap(await provider.unwrap(row.root_kid, row.wrapped, header), header)
      await replaceSigningKey(database, row, again)
    }
    return rows.length
  }

  async function certify(kid: string, destroyedAt: Date): Promise<string> {
    const info = (await provider.kids()).find((held) => held.kid === kid)
    if (info === undefined) throw new RootKeyMissing()
    if (info.state === 'current') throw new RootKeyStillCurrent()
    return signer.sign('kontor-key-destruction+jwt', {
      key: 'root_kek',
      kid,
      created_at: info.createdAt,
      destroyed_at: destroyedAt.toISOString(),
    })
  }

  /** From here on nothing new is stored under the key: whoever does so looks for it in the same statement. */
  async function condemn(kid: string): Promise<string> {
    const used = await countWrappedByRoot(database.knex, kid)
    if (used.tenantKeks + used.signingKeys > 0) throw new RootKeyInUse(used)
    const destroyedAt = now()
    const certificate = await certify(kid, destroyedAt)
    await withTransaction(database.knex, async (tx) => {
      await lockWrapped(tx)
      const left = await countWrappedByRoot(tx, kid)
      if (left.tenantKeks + left.signingKeys > 0) throw new RootKeyInUse(left)
      await insertDestroyedRootKey(tx, { kid, destroyedAt, certificate })
    })
    return (await findDestroyedRootKey(database, kid)) ?? certificate
  }

  return {
    list: async () =>
      Promise.all(
        (await provider.kids()).map(async (info) => ({
          ...info,
          ...(await countWrappedByRoot(database.knex, info.kid)),
        })),
      ),
    rotate: () => administration.rotate(),
    async rewrap(onProgress = () => undefined) {
      let done = 0
      for (;;) {
        const current = await provider.currentKid()
        const total = done + (await countWrappedByOthers(database, current))
        onProgress(done, total)
        const slice = (await rewrapKeks(current)) + (await rewrapSigningKeys(current))
        if (slice === 0) return done
        done += slice
      }
    },
    async destroy(kid) {
      const known = await findDestroyedRootKey(database, kid)
      const certificate = known ?? (await condemn(kid))
      await administration.destroy(kid).catch((error: unknown) => {
        // Condemned before, and destroyed by then: only saying so was left.
        if (!(known !== undefined && error instanceof RootKeyMissing)) throw error
      })
      return certificate
    },
  }
}
