import { IntegrityViolation, unwrapKey, wrapKey } from '@kontor/jose-box'
import { coalescer } from '@kontor/postgres'
import { SubjectErased } from '../tokens/errors.ts'
import { expiringCache } from './expiring-cache.ts'
import { failClosed } from './fail-closed.ts'
import { dekHeader } from './headers.ts'
import { claimDeks, type DekRow, deleteDeks, findDek, pingKeys } from './repo.ts'
import { HELD_MS, type KeyDeps, type TenantKeys } from './tenant-keys.ts'
import { unwrapRow } from './unwrap-row.ts'

/** The data-encryption key of a subject and which of its versions it is. */
export interface Dek {
  readonly version: number
  readonly key: Buffer
}

/** An account, or a token without account: whose data one DEK encrypts. */
export interface Subject {
  readonly tenantId: string
  /** UUID. */
  readonly id: string
}

/** The keys of data subjects. Every function fails closed (503 `keys_unavailable` or `key_provider_unavailable`). */
export interface Deks {
  /** The key to seal under, made and committed if the subject has none. Held for a while. */
  current(subject: Subject): Promise<Dek>
  /** As `current`, for a subject that was made this moment: looked up nowhere, held nowhere. */
  first(subject: Subject): Promise<Dek>
  /** The key to open with; `undefined` once it is destroyed. */
  find(subject: Subject, version: number): Promise<Dek | undefined>
  /** Forgets which version is the newest: another process made a newer one. */
  forget(subject: Subject): void
  /** Destroys the subject's keys for good. Other processes may hold a copy for up to 60 s, but no record to open with it. */
  destroy(subject: Subject): Promise<void>
  /** Forgets keys of those versions, which were destroyed. */
  forgetDestroyed(subject: Subject, versions: readonly number[]): void
  /** Throws when the database of the keys cannot be reached. */
  ping(): Promise<void>
  /** Drops what was held for too long. */
  sweep(): void
}

const DEKS_HELD = 10_000
const BATCH_MAX = 256
const ATTEMPTS_MAX = 5
const FIRST_VERSION = 1

export function deks({ database, random, monotonicMs }: KeyDeps, tenants: TenantKeys): Deks {
  const held = { maxEntries: DEKS_HELD, ttlMs: HELD_MS, monotonicMs }
  const current = expiringCache<Dek>(held)
  const byVersion = expiringCache<Dek | undefined>(held)
  const claimOne = coalescer<DekRow, DekRow | 'erased' | undefined>({
    write: (batch) => claimDeks(database, batch),
    batchMax: BATCH_MAX,
  })

  /** Offers a fresh key; the answer says which one the subject has, and that it is committed. */
  async function claim(subject: Subject): Promise<Dek> {
    const key = Buffer.from(random(32))
    let kek = await tenants.currentKek(subject.tenantId)
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const offered: DekRow = {
        subject_id: subject.id,
        tenant_id: subject.tenantId,
        version: FIRST_VERSION,
        kek_version: kek.version,
        wrapped: wrapKey(key, kek.key, dekHeader(subject, FIRST_VERSION, kek.version)),
      }
      const row = await claimOne(offered)
      if (row === 'erased') throw new SubjectErased()
      if (row?.wrapped === offered.wrapped) return { version: row.version, key }
      const dek = row && (await unwrap(subject, row))
      if (dek) return dek
      // Another process was faster, or the KEK that this one holds is no longer the current one: ask for that again.
      kek = await tenants.newestKek(subject.tenantId)
    }
    throw new Error('the key of a subject was neither found nor made')
  }

  /**
   * @returns `undefined` once the key is destroyed.
   * @throws {IntegrityViolation} The row is another tenant's, or was not wrapped for this subject.
   */
  function unwrap(subject: Subject, row: DekRow): Promise<Dek | undefined> {
    if (row.tenant_id !== subject.tenantId) throw new IntegrityViolation()
    const { version } = row
    return unwrapRow(
      row,
      () => findDek(database, subject.id, version),
      async ({ kek_version, wrapped }) => {
        const kek = await tenants.kek(subject.tenantId, kek_version)
        return { version, key: unwrapKey(wrapped, kek.key, dekHeader(subject, version, kek_version)) }
      },
    )
  }

  async function load(subject: Subject, version: number): Promise<Dek | undefined> {
    const row = await findDek(database, subject.id, version)
    return row && unwrap(subject, row)
  }

  function forgetDestroyed(subject: Subject, versions: readonly number[]): void {
    current.forget(nameOf(subject))
    for (const version of versions) byVersion.forget(`${nameOf(subject)} ${version}`)
  }

  return {
    current: (subject) => current.get(nameOf(subject), () => failClosed(() => claim(subject))),
    first: (subject) => failClosed(() => claim(subject)),
    async find(subject, version) {
      const name = `${nameOf(subject)} ${version}`
      const dek = await byVersion.get(name, () => failClosed(() => load(subject, version)))
      // That there is none is not remembered: it is the answer to a race or a loss, and asked rarely.
      if (dek === undefined) byVersion.forget(name)
      return dek
    },
    forget(subject) {
      current.forget(nameOf(subject))
    },
    forgetDestroyed,
    async destroy(subject) {
      forgetDestroyed(subject, await failClosed(() => deleteDeks(database, subject.tenantId, subject.id)))
    },
    ping: () => failClosed(() => pingKeys(database)),
    sweep() {
      current.sweep()
      byVersion.sweep()
    },
  }
}

function nameOf(subject: Subject): string {
  return `${subject.tenantId} ${subject.id}`
}
