import { wrapKey } from '@kontor/jose-box'
import type { Database } from '@kontor/postgres'
import type { Dek, Deks, Subject } from './deks.ts'
import { failClosed } from './fail-closed.ts'
import { dekHeader } from './headers.ts'
import {
  countOlderDeks,
  deleteDeksBelow,
  findNewestDek,
  insertNextDek,
  listSubjectsOfOlderDeks,
} from './reseal-repo.ts'
import type { TenantKeys } from './tenant-keys.ts'

/** The records that are sealed under the keys of subjects. */
export interface Records {
  /**
   * Says that from now on nothing new may be sealed under a version below `version`.
   *
   * @returns False where there is no such subject: its first record may be on its way.
   */
  refuseBelow(subject: Subject, version: number): Promise<boolean>
  /** Seals at most `limit` records anew that are under a version below that of `dek`. */
  reseal(subject: Subject, dek: Dek, limit: number): Promise<Resealed>
}

export interface Resealed {
  readonly done: number
  /** Records that did not open as what their rows say. */
  readonly broken: number
  /** Some may be left. */
  readonly more: boolean
}

/** What a slice of the work came to. */
export interface ResealedSubjects {
  /** Records and subjects that were worked on. */
  readonly spent: number
  /** How many DEKs were replaced by new ones and destroyed. */
  readonly done: number
  /** Subjects with records that do not open. Their old keys stay, and their records as they are. */
  readonly broken: readonly string[]
  /** Subjects that have no record, and had none when they were looked at. Their keys stay. */
  readonly empty: readonly string[]
  readonly finished: boolean
}

/** Gives every subject of a tenant a new DEK, seals its records under that and destroys the old one. */
export interface Reseal {
  /** @returns How many DEKs are from before `before`. */
  remaining(tenantId: string, before: Date): Promise<number>
  /**
   * Works on at most `limit` records, a subject at a time. A subject that is not finished goes on with the next slice: at every
   * moment each record opens with a key that is there.
   *
   * @param except Subjects that are left out.
   */
  some(tenantId: string, before: Date, limit: number, except: readonly string[]): Promise<ResealedSubjects>
}

export interface ResealDeps {
  readonly database: Database
  readonly random: (size: number) => Uint8Array
  readonly tenants: TenantKeys
  readonly deks: Deks
  readonly records: Records
}

const ATTEMPTS_MAX = 5

export function reseal({ database, random, tenants, deks, records }: ResealDeps): Reseal {
  /** @returns The key to seal under, made if its newest is from before `before`; `undefined` if the subject has none any more. */
  async function renew(subject: Subject, before: Date): Promise<Dek | undefined> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const newest = await findNewestDek(database, subject.id, before)
      if (!newest) return undefined
      if (!newest.older) return deks.find(subject, newest.version)
      const kek = await tenants.currentKek(subject.tenantId)
      const version = newest.version + 1
      const key = Buffer.from(random(32))
      const wrapped = wrapKey(key, kek.key, dekHeader(subject, version, kek.version))
      const row = { subject_id: subject.id, tenant_id: subject.tenantId, version, kek_version: kek.version, wrapped }
      if (await insertNextDek(database, row, before)) return { version, key }
      await tenants.newestKek(subject.tenantId)
    }
    throw new Error('the next key of a subject was neither made nor found')
  }

  /** The order matters: a new key is there before it is demanded, it is demanded before the rest is sealed, and only then the old one goes. */
  async function one(subject: Subject, before: Date, limit: number) {
    const newest = await findNewestDek(database, subject.id, before)
    if (!newest) return { spent: 1, done: 0 }
    if (!(await records.refuseBelow(subject, 1))) return { spent: 1, done: 0, empty: true }
    const dek = await renew(subject, before)
    if (!dek) return { spent: 1, done: 0 }
    await records.refuseBelow(subject, dek.version)
    const { done: resealed, broken, more } = await records.reseal(subject, dek, limit)
    if (broken > 0) return { spent: resealed + broken, done: 0, broken: true }
    if (more) return { spent: resealed, done: 0 }
    deks.forget(subject)
    return { spent: resealed + 1, done: await deleteDeksBelow(database, subject.tenantId, subject.id, dek.version) }
  }

  return {
    remaining: (tenantId, before) => failClosed(() => countOlderDeks(database, tenantId, before)),
    some: (tenantId, before, limit, except) =>
      failClosed(async () => {
        const ids = await listSubjectsOfOlderDeks(database, tenantId, before, limit, except)
        const result = { spent: 0, done: 0, broken: [] as string[], empty: [] as string[], finished: ids.length === 0 }
        for (const id of ids) {
          if (result.spent >= limit) break
          const outcome = await one({ tenantId, id }, before, limit - result.spent)
          result.spent += outcome.spent
          result.done += outcome.done
          if ('broken' in outcome) result.broken.push(id)
          if ('empty' in outcome) result.empty.push(id)
        }
        return result
      }),
  }
}
