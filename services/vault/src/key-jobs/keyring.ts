import { createHmac } from 'node:crypto'
import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId, type NewId } from '@kontor/ids'
import { type Database, withTransaction } from '@kontor/postgres'
import { failClosed } from '../keys/fail-closed.ts'
import {
  destroyKekVersion,
  findKekOfIntent,
  findKekVersion,
  insertKeyEvent,
  insertNextKek,
  type KekVersion,
  type KeyEvent,
  listKekVersions,
  lockKekVersion,
} from '../keys/rotation-repo.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import type { Signer } from '../signing/signer.ts'
import { KeyIntentMismatch, KeyInUse, KeyIsCurrent, KeyJobRunning } from './errors.ts'
import type { KeyEvents } from './events.ts'
import { findActiveJob, findJob, findJobOfIntent, insertJob, type JobKind, type KeyJob, listJobs } from './repo.ts'

/** What the keys feature is given. */
export interface KeysDeps {
  /** Of the keys. */
  readonly database: Database
  readonly tenants: TenantKeys
  readonly signer: Signer
  readonly events: KeyEvents
  readonly newId: NewId
  readonly now: () => Date
}

/** Who asks, and by which request. */
export interface Caller {
  readonly principal: Principal
  readonly requestId: string
}

/** Something that an intent made, now or the first time that it was asked for. */
export interface Made<T> {
  readonly made: T
  readonly replayed: boolean
}

const ATTEMPTS_MAX = 5

/** The use cases of a tenant's keys. Every one fails closed (503). */
export function tenantKeyring({ database, tenants, signer, events, newId, now }: KeysDeps) {
  function eventOf({ principal, requestId }: Caller, type: KeyEvent['type'], version: number): KeyEvent {
    return {
      id: newId(bucketOf(principal.tenantId)),
      tenant_id: principal.tenantId,
      mode: principal.mode,
      type,
      object_version: version,
      actor_key_id: principal.keyId,
      request_id: requestId,
      at: now(),
      data: null,
    }
  }

  /** The change is committed with its event; if the audit cannot be reached now, the event is carried there later. */
  async function carryEvents(): Promise<void> {
    await events.deliver().catch(() => undefined)
  }

  async function intentOf({ tenantId, mode }: Principal, operation: string, idempotencyKey: string): Promise<Buffer> {
    const { idempotency } = await tenants.subkeys(tenantId)
    return createHmac('sha256', idempotency)
      .update(JSON.stringify([mode, operation, null, idempotencyKey]))
      .digest()
  }

  async function get(tenantId: string, version: number): Promise<KekVersion> {
    const found = await failClosed(() => findKekVersion(database, tenantId, version))
    if (!found) throw new NotFound('key version')
    return found
  }

  /** @returns Whether the version is destroyed now; not if it changed while the certificate was signed. */
  async function destroyUnused(caller: Caller, key: KekVersion): Promise<boolean> {
    const { tenantId } = caller.principal
    const destroyedAt = now()
    const certificate = await signer.sign('kontor-key-destruction+jwt', {
      tenant: formatId('ten', tenantId),
      key: 'tenant_kek',
      version: key.version,
      root_kid: key.root_kid,
      created_at: key.created_at.toISOString(),
      destroyed_at: destroyedAt.toISOString(),
    })
    return failClosed(() =>
      withTransaction(database.knex, async (tx) => {
        const locked = await lockKekVersion(tx, tenantId, key.version)
        if (locked?.state !== 'retired' || locked.deks > 0 || locked.secret) return false
        await destroyKekVersion(tx, tenantId, key.version, { destroyedAt, certificate })
        await insertKeyEvent(tx, eventOf(caller, 'key.destroyed', key.version))
        return true
      }),
    )
  }

  return {
    /** @returns Versions below `before`, the newest first, and whether there are more. */
    async list({ tenantId }: Principal, limit: number, before: number | undefined) {
      // A tenant that never used its keys has its first one from now on.
      await tenants.currentKek(tenantId)
      const rows = await failClosed(() => listKekVersions(database, tenantId, limit + 1, before))
      return { versions: rows.slice(0, limit), more: rows.length > limit }
    },

    /**
     * Makes a new version the current one. From the moment this answers, every process wraps new keys by it.
     *
     * @param idempotencyKey Asked again with it, the answer is the version that the first request made.
     */
    async rotate(caller: Caller, idempotencyKey: string): Promise<Made<KekVersion>> {
      const { principal } = caller
      const { tenantId } = principal
      const intent = await intentOf(principal, 'POST /v1/keys/rotate', idempotencyKey)
      for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
        const earlier = await failClosed(() => findKekOfIntent(database, tenantId, intent))
        if (earlier) return { made: earlier, replayed: attempt === 1 }
        const current = await tenants.newestKek(tenantId)
        const next = await tenants.wrapNewKek(tenantId, current.version + 1)
        const event = eventOf(caller, 'key.rotated', next.version)
        const done = await failClosed(() => insertNextKek(database, tenantId, next, intent, event))
        if (!done) continue
        await tenants.newestKek(tenantId)
        await carryEvents()
        return { made: await get(tenantId, next.version), replayed: false }
      }
      throw new Error('a key could be neither rotated nor found rotated')
    },

    /**
     * Destroys a retired version that wraps nothing any more. Repeated, it answers with the same certificate.
     *
     * @throws {NotFound | KeyIsCurrent | KeyInUse}
     */
    async destroy(caller: Caller, version: number): Promise<Made<KekVersion>> {
      const { tenantId } = caller.principal
      for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
        const key = await get(tenantId, version)
        if (key.state === 'destroyed') return { made: key, replayed: true }
        if (key.state === 'current') throw new KeyIsCurrent()
        if (key.deks > 0 || key.secret) throw new KeyInUse(key.deks, key.secret)
        if (!(await destroyUnused(caller, key))) continue
        tenants.forget(tenantId, version)
        await carryEvents()
        return { made: await get(tenantId, version), replayed: false }
      }
      throw new Error('a key could be neither destroyed nor found in use')
    },

    /**
     * Asks for work on all keys of the tenant, which is done in the background.
     *
     * @throws {KeyJobRunning} Such a job is under way for another intent.
     * @throws {KeyIntentMismatch} The intent was for a job of the other kind.
     */
    async startJob({ principal, requestId }: Caller, kind: JobKind, idempotencyKey: string): Promise<Made<KeyJob>> {
      const { tenantId, mode, keyId } = principal
      const intentHmac = await intentOf(principal, 'POST /v1/key-jobs', idempotencyKey)
      const id = newId(bucketOf(tenantId))
      const job = { id, tenantId, mode, kind, intentHmac, actorKeyId: keyId, requestId }
      return failClosed(async () => {
        for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
          const inserted = await insertJob(database, job)
          const made = await findJobOfIntent(database, tenantId, intentHmac)
          if (made && made.kind !== kind) throw new KeyIntentMismatch()
          if (made) return { made, replayed: !inserted }
          const active = await findActiveJob(database, tenantId, kind)
          if (active) throw new KeyJobRunning(active.id)
        }
        throw new Error('a job could be neither made nor found')
      })
    },

    /** @throws {NotFound} */
    async job({ tenantId }: Principal, id: string): Promise<KeyJob> {
      const found = await failClosed(() => findJob(database, tenantId, id))
      if (!found) throw new NotFound('key job')
      return found
    },

    /** @returns Jobs before `before`, the newest first, and whether there are more. */
    async jobs({ tenantId }: Principal, limit: number, before: string | undefined) {
      const rows = await failClosed(() => listJobs(database, tenantId, limit + 1, before))
      return { jobs: rows.slice(0, limit), more: rows.length > limit }
    },
  }
}

export type TenantKeyring = ReturnType<typeof tenantKeyring>
