import type { Principal } from '@kontor/http-api'
import { bucketOf, type NewId } from '@kontor/ids'
import { type Database, type Tx, withTransaction } from '@kontor/postgres'
import type { EventType } from '../events/catalogue.ts'
import { eventData, macOf, type VaultEvent } from '../events/event.ts'
import { insertEvent } from '../events/repo.ts'
import type { Deks } from '../keys/deks.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import { noteOrphans, type Orphan } from '../registration-ledger/ending.ts'
import type { AccountRef } from '../subjects/repo.ts'
import type { Subjects } from '../subjects/subjects.ts'
import { SubjectErased } from '../tokens/errors.ts'
import type { Completed, Erasure, Hold } from './account.ts'
import type { Completer } from './complete.ts'
import { HoldNotInFuture, KeysNotYetDestroyed, LegalHold } from './errors.ts'
import { findErasure, findHold, insertErasure, type LockedSubject, lockSubject, markErased, setHold } from './repo.ts'
import { holds } from './rules.ts'

/** What the accounts feature is given. */
export interface AccountDeps {
  readonly database: Database
  readonly tenantKeys: TenantKeys
  readonly deks: Deks
  readonly subjects: Subjects
  readonly completer: Completer
  /** Destroys every token of a subject whose row is locked. @returns How many there were, and what processors may still keep. */
  readonly destroyTokens: (
    tx: Tx,
    erased: { readonly subjectId: string; readonly at: Date },
  ) => Promise<{ readonly tokens: number; readonly orphans: readonly Orphan[] }>
  readonly newId: NewId
  readonly now: () => Date
}

/** A request about one account. */
export interface OfAccount {
  readonly principal: Principal
  readonly requestId: string
  /** UUID. */
  readonly accountId: string
}

export interface PlaceHold extends OfAccount {
  readonly reason: string
  readonly until: Date | null
}

const ATTEMPTS_MAX = 3

/** The use cases of accounts as data subjects: erasure and legal hold. */
export function accounts(deps: AccountDeps) {
  const { database, tenantKeys, deks, subjects, completer, destroyTokens, newId, now } = deps

  /** Works on the account's row, which is locked, and made if there is none. Nothing but SQL happens meanwhile. */
  async function withSubject<T>(account: AccountRef, work: (tx: Tx, subject: LockedSubject) => Promise<T>): Promise<T> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      await subjects.claim(account)
      const done = await withTransaction(database.knex, async (tx) => {
        const subject = await lockSubject(tx, account)
        return subject && { result: await work(tx, subject) }
      })
      if (done) return done.result
      // The row was there a moment ago: this process remembers a database that is gone.
      subjects.forget(account)
    }
    throw new Error('the row of an account was neither found nor made')
  }

  const accountOf = ({ principal: { tenantId, mode }, accountId }: OfAccount) => ({ id: accountId, tenantId, mode })

  function draft(command: OfAccount, type: EventType, subject: LockedSubject, data: string | null): VaultEvent {
    const { principal, requestId, accountId } = command
    return {
      id: newId(bucketOf(accountId)),
      tenantId: principal.tenantId,
      mode: principal.mode,
      type,
      subjectId: subject.id,
      objectId: accountId,
      objectVersion: subject.version + 1,
      actorKeyId: principal.keyId,
      purpose: null,
      requestId,
      at: now(),
      data,
    }
  }

  /** Destroys the data of a locked subject, or finds what was destroyed before. */
  async function eraseLocked(tx: Tx, subject: LockedSubject, command: OfAccount, key: Buffer): Promise<Erasure | null> {
    if (subject.state === 'erased') return null
    const at = now()
    if (holds(subject.hold, at)) throw new LegalHold(subject.hold.until)
    const { tokens: tokensDestroyed, orphans } = await destroyTokens(tx, { subjectId: subject.id, at })
    await markErased(tx, subject.id, subject.version + 1)
    const { tenantId, mode } = command.principal
    const { accountId } = command
    const erasure = { subjectId: subject.id, tenantId, mode, accountId, erasedAt: at, tokensDestroyed, done: null }
    await insertErasure(tx, erasure)
    const event = draft(command, 'account.erased', subject, eventData({ tokens_destroyed: tokensDestroyed }))
    await insertEvent(tx, event, macOf(event, key))
    const { actorKeyId: keyId, requestId } = event
    const author = { tenantId, mode, subjectId: subject.id, keyId, requestId, at }
    await noteOrphans(tx, orphans, 'erased', author, { newId, eventKey: key })
    return erasure
  }

  async function known(account: AccountRef): Promise<Erasure | undefined> {
    const subject = await subjects.find(account)
    return subject?.state === 'erased' ? findErasure(database, subject.id) : undefined
  }

  async function changeHold(command: OfAccount, wanted: Hold | null): Promise<Hold | null> {
    const { event: key } = await tenantKeys.subkeys(command.principal.tenantId)
    return withSubject(accountOf(command), async (tx, subject) => {
      if (subject.state === 'erased') throw new SubjectErased()
      const { hold } = subject
      if (isSame(hold, wanted)) return hold
      await setHold(tx, subject.id, subject.version + 1, wanted)
      const type = wanted === null ? 'account.hold_released' : 'account.hold_placed'
      const data = wanted && eventData({ reason: wanted.reason, until: wanted.until?.toISOString() ?? null })
      const event = draft(command, type, subject, data)
      await insertEvent(tx, event, macOf(event, key))
      return wanted
    })
  }

  return {
    /**
     * Destroys everything of a customer; repeating it answers the same. An account that the vault never saw is erased as
     * well, so that nothing is stored under it later.
     *
     * @throws {LegalHold} 423: nothing was changed.
     * @throws {KeysNotYetDestroyed} 504: the data are erased; repeating it completes the rest.
     */
    async erase(command: OfAccount): Promise<{ erasure: Erasure; done: Completed }> {
      const account = accountOf(command)
      const before = await known(account)
      if (before?.done) return { erasure: before, done: before.done }
      const { event: key } = await tenantKeys.subkeys(account.tenantId)
      // Asked first, so that a refusal because of the keys finds everything as it was.
      await deks.ping()
      const made = await withSubject(account, (tx, subject) => eraseLocked(tx, subject, command, key))
      subjects.forget(account)
      const erasure = made ?? (await known(account))
      if (!erasure) throw new Error('an erased account has no erasure')
      try {
        return { erasure, done: await completer.complete(erasure) }
      } catch (cause) {
        throw new KeysNotYetDestroyed(cause)
      }
    },

    /** @returns The hold that stands now, `null` for none. @throws {SubjectErased} */
    async findHold(command: OfAccount): Promise<Hold | null> {
      const found = await findHold(database, accountOf(command))
      if (found?.state === 'erased') throw new SubjectErased()
      return found && holds(found.hold, now()) ? found.hold : null
    },

    /**
     * Keeps the data of a customer from being erased, or changes why and until when. An account that the vault never saw
     * can be held too.
     *
     * @throws {HoldNotInFuture} 422. @throws {SubjectErased} 410: there is nothing to keep.
     */
    async placeHold(command: PlaceHold): Promise<Hold> {
      const { reason, until } = command
      const placedAt = now()
      if (until !== null && until <= placedAt) throw new HoldNotInFuture()
      return (await changeHold(command, { reason, until, placedAt })) as Hold
    },

    /** Lifts the hold; repeating it is no error. @throws {SubjectErased} */
    async releaseHold(command: OfAccount): Promise<void> {
      const found = await findHold(database, accountOf(command))
      if (found?.state === 'erased') throw new SubjectErased()
      if (found?.hold) await changeHold(command, null)
    },
  }
}

export type Accounts = ReturnType<typeof accounts>

function isSame(one: Hold | null, other: Hold | null): boolean {
  return one?.reason === other?.reason && one?.until?.getTime() === other?.until?.getTime()
}
