import { IntegrityViolation, unwrapKey, wrapKey } from '@kontor/jose-box'
import type { Database } from '@kontor/postgres'
import { failClosed } from './fail-closed.ts'
import { dekHeader, secretHeader } from './headers.ts'
import { type DekRow, findSecret } from './repo.ts'
import {
  countDeksUnderOthers,
  listDeksUnderOthers,
  type RewrappedDek,
  replaceDeks,
  replaceSecret,
} from './rotation-repo.ts'
import type { Kek, TenantKeys } from './tenant-keys.ts'

/** What a slice of the work came to. */
export interface Rewrapped {
  /** How many DEKs came under the current KEK. */
  readonly done: number
  /** Subjects whose DEKs did not open as what their rows say. They stay as they are. */
  readonly broken: readonly string[]
  /** Nothing is left under an older KEK, but for what is broken. */
  readonly finished: boolean
}

/** Wraps a tenant's secret and DEKs by its current KEK. */
export interface Rewrap {
  /** @returns How many DEKs are under an older KEK. */
  remaining(tenantId: string): Promise<number>
  /**
   * Wraps at most `limit` DEKs anew. No DEK is changed, so nothing that is sealed has to be opened.
   *
   * @param except Subjects that are left out.
   */
  some(tenantId: string, limit: number, except: readonly string[]): Promise<Rewrapped>
}

export function rewrap(database: Database, tenants: TenantKeys): Rewrap {
  /** @returns `undefined` for a row that does not open. */
  async function again(row: DekRow, kek: Kek): Promise<RewrappedDek | undefined> {
    const subject = { tenantId: row.tenant_id, id: row.subject_id }
    try {
      const former = await tenants.kek(row.tenant_id, row.kek_version)
      const key = unwrapKey(row.wrapped, former.key, dekHeader(subject, row.version, row.kek_version))
      const wrapped = wrapKey(key, kek.key, dekHeader(subject, row.version, kek.version))
      return { subject_id: row.subject_id, version: row.version, old_kek_version: row.kek_version, wrapped }
    } catch (error) {
      if (error instanceof IntegrityViolation) return undefined
      throw error
    }
  }

  async function secretAgain(tenantId: string, kek: Kek): Promise<void> {
    const row = await findSecret(database, tenantId)
    if (!row || row.kek_version === kek.version) return
    const former = await tenants.kek(tenantId, row.kek_version)
    const secret = unwrapKey(row.wrapped, former.key, secretHeader(tenantId, row.kek_version))
    await replaceSecret(
      database,
      tenantId,
      kek.version,
      row,
      wrapKey(secret, kek.key, secretHeader(tenantId, kek.version)),
    )
  }

  /** @returns False if another KEK has become the current one, under which everything is to be wrapped now. */
  async function finish(tenantId: string, kek: Kek): Promise<boolean> {
    await secretAgain(tenantId, kek)
    return (await tenants.newestKek(tenantId)).version === kek.version
  }

  return {
    remaining: (tenantId) =>
      failClosed(async () => {
        const { version } = await tenants.newestKek(tenantId)
        return countDeksUnderOthers(database, tenantId, version)
      }),
    some: (tenantId, limit, except) =>
      failClosed(async () => {
        const kek = await tenants.currentKek(tenantId)
        const rows = await listDeksUnderOthers(database, tenantId, kek.version, limit, except)
        if (rows.length === 0) return { done: 0, broken: [], finished: await finish(tenantId, kek) }
        const made = await Promise.all(rows.map((row) => again(row, kek)))
        const sound = made.filter((row) => row !== undefined)
        const done = sound.length === 0 ? 0 : await replaceDeks(database, tenantId, kek.version, sound)
        // Rows were changed by somebody else, or the KEK is no longer the current one.
        if (done < sound.length) await tenants.newestKek(tenantId)
        const broken = rows.filter((_, n) => made[n] === undefined).map((row) => row.subject_id)
        return { done, broken, finished: false }
      }),
  }
}
