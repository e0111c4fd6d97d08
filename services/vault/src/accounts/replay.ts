import { bucketOf, type NewId } from '@kontor/ids'
import { type Database, withTransaction } from '@kontor/postgres'
import { eventData, macOf, NO_ACTOR, type VaultEvent } from '../events/event.ts'
import { insertEvent } from '../events/repo.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import { noteOrphans } from '../registration-ledger/ending.ts'
import type { Erasure, Tombstone } from './account.ts'
import type { Completer } from './complete.ts'
import {
  insertErasure,
  insertSubject,
  listErasures,
  listNewestErasures,
  lockSubject,
  markErased,
  notErased,
} from './repo.ts'
import type { AccountDeps } from './service.ts'
import { listNewestTombstones, listTombstones, notBuried } from './tombstones.ts'

export interface ReplayDeps extends Pick<AccountDeps, 'destroyTokens'> {
  /** `kontor_vault`. */
  readonly vault: Database
  /** `kontor_keys`. */
  readonly keys: Database
  readonly tenantKeys: TenantKeys
  readonly completer: Completer
  readonly newId: NewId
  readonly now: () => Date
}

/** What a comparison had to do again. */
export interface Replayed {
  /** Subjects whose data an old backup had brought back. */
  readonly subjects: number
  /** Subjects whose keys an old backup had brought back, or which waited to be destroyed. */
  readonly keys: number
}

const PAGE = 500
const NEWEST = 100
/** Stands in events where there is no request. */
const NO_REQUEST = 'replay'

/** Makes what compares the two databases, each of which may have been restored from a backup without the other. */
export function replayer({ vault, keys, tenantKeys, completer, destroyTokens, newId, now }: ReplayDeps) {
  /** Erases again what a backup brought back; a hold that it brought back with it was released long ago. */
  async function eraseAgain(tombstone: Tombstone): Promise<void> {
    const { tenantId, mode, accountId } = tombstone
    const { event: key } = await tenantKeys.subkeys(tenantId)
    await withTransaction(vault.knex, async (tx) => {
      await insertSubject(tx, tombstone)
      const subject = await lockSubject(tx, { id: accountId, tenantId, mode })
      if (!subject || subject.state === 'erased') return
      const at = now()
      const { tokens, orphans } = await destroyTokens(tx, { subjectId: subject.id, at })
      await markErased(tx, subject.id, subject.version + 1)
      await insertErasure(tx, erasureOf(tombstone, subject.id, { tokens, at }))
      const event = replayEvent(tombstone, subject.id, subject.version + 1, tokens, at)
      await insertEvent(tx, event, macOf(event, key))
      const author = { tenantId, mode, subjectId: subject.id, keyId: NO_ACTOR, requestId: NO_REQUEST, at }
      await noteOrphans(tx, orphans, 'erased', author, { newId, eventKey: key })
    })
  }

  function replayEvent(erased: Tombstone, subjectId: string, version: number, tokens: number, at: Date): VaultEvent {
    return {
      id: newId(bucketOf(erased.accountId)),
      tenantId: erased.tenantId,
      mode: erased.mode,
      type: 'account.erased',
      subjectId,
      objectId: erased.accountId,
      objectVersion: version,
      actorKeyId: NO_ACTOR,
      purpose: null,
      requestId: NO_REQUEST,
      at,
      data: eventData({ replayed: true, tokens_destroyed: tokens }),
    }
  }

  async function eraseAllAgain(tombstones: readonly Tombstone[]): Promise<number> {
    const alive = await notErased(vault, tombstones)
    for (const tombstone of alive) await eraseAgain(tombstone)
    return alive.length
  }

  async function buryAllAgain(erasures: readonly Erasure[]): Promise<number> {
    const unburied = await notBuried(keys, erasures)
    for (const erasure of unburied) await completer.complete(erasure)
    return unburied.length
  }

  return {
    /** Compares everything, in pages, both ways; first the data, whose new erasures then need their keys destroyed. */
    async compareAll(): Promise<Replayed> {
      const subjects = await everyPage((after) => listTombstones(keys, PAGE, after), eraseAllAgain)
      const half = await completer.completeAll()
      const buried = await everyPage((after) => listErasures(vault, PAGE, after), buryAllAgain)
      return { subjects, keys: half + buried }
    },

    /**
     * Looks at the newest erasures only, both ways: an older backup, however it got into the place of a database, lacks
     * these first.
     *
     * @returns Whether one side has an erasure that the other lacks.
     */
    async differs(): Promise<boolean> {
      // Each side is read before the other is asked: an erasure under way is written to the vault first.
      const tombstones = await listNewestTombstones(keys, NEWEST)
      if ((await notErased(vault, tombstones)).length > 0) return true
      const erasures = await listNewestErasures(vault, NEWEST)
      return (await notBuried(keys, erasures)).length > 0
    },
  }
}

export type Replayer = ReturnType<typeof replayer>

/**
 * What the vault writes down of an erasure that it had forgotten. A subject that was made anew after the restore is another
 * one: its keys are still to be destroyed, and its receipt to be signed.
 */
function erasureOf(tombstone: Tombstone, subjectId: string, again: { tokens: number; at: Date }): Erasure {
  const { receipt, keysDestroyedAt, finalAt, ...erased } = tombstone
  if (subjectId !== tombstone.subjectId) {
    return { ...erased, subjectId, erasedAt: again.at, tokensDestroyed: again.tokens, done: null }
  }
  return { ...erased, done: receipt === null ? null : { keysDestroyedAt, finalAt, receipt } }
}

async function everyPage<T extends { readonly subjectId: string }>(
  list: (after: string | undefined) => Promise<T[]>,
  work: (page: T[]) => Promise<number>,
): Promise<number> {
  let count = 0
  let after: string | undefined
  for (;;) {
    const page = await list(after)
    count += page.length === 0 ? 0 : await work(page)
    after = page.at(-1)?.subjectId
    if (page.length < PAGE) return count
  }
}
