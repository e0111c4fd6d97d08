import type { Mode } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { type Tx, withTransaction } from '@kontor/postgres'
import { macOf, NO_ACTOR } from '../events/event.ts'
import { insertEvent } from '../events/repo.ts'
import { noteOrphans } from '../registration-ledger/ending.ts'
import { holdFreeClaims } from './claims.ts'
import type { TokenDeps } from './deps.ts'
import { endToken } from './destroy.ts'
import { destroyGuestKey } from './guest-key.ts'
import { tokenEvent } from './token-event.ts'

/** Tokens that are ended in one transaction. */
const BATCH_MAX = 100
/** Counts of reveals are read within their minute and kept a while for whoever looks into them. */
const COUNTS_KEPT_MS = 3_600_000
/** How long whoever ended a guest's token has for destroying its key, before the sweep does it. */
const KEY_PENDING_MS = 30_000
const NIL = '00000000-0000-0000-0000-000000000000'

interface Due {
  readonly id: string
  readonly tenant_id: string
  readonly mode: Mode
  readonly subject_id: string
  readonly account_id: string | null
  readonly version: number
  readonly number_fingerprint: Buffer
  readonly expires_at: Date
}

const COLUMNS = ['id', 'tenant_id', 'mode', 'subject_id', 'account_id', 'version', 'number_fingerprint', 'expires_at']

/** What a sweep did. */
export interface Swept {
  /** Tokens that were destroyed because their time had come. */
  readonly expired: number
  /** Keys of guests' tokens that were left over and are destroyed now. */
  readonly keys: number
}

/**
 * Makes the job that destroys what has expired. Any number of processes may run it at once: each takes what no other holds.
 *
 * @returns A function that sweeps once.
 */
export function sweeper(deps: Pick<TokenDeps, 'database' | 'tenantKeys' | 'deks' | 'newId' | 'now'>) {
  const { database, tenantKeys, newId, now } = deps

  /** The tokens whose time has come, a page at a time, in the order of their time. */
  function due(after: Pick<Due, 'id' | 'expires_at'>, at: Date): Promise<Due[]> {
    return database
      .knex<Due>('token')
      .select(COLUMNS)
      .where('expires_at', '<=', at)
      .whereRaw('(expires_at, id) > (?, ?)', [after.expires_at, after.id])
      .orderBy(['expires_at', 'id'])
      .limit(BATCH_MAX) as unknown as Promise<Due[]>
  }

  /** Destroys tokens that nobody else is about to change or destroy, nor those of their number; it waits for no one. */
  async function endAll(tx: Tx, page: readonly Due[], keys: ReadonlyMap<string, Buffer>, at: Date): Promise<Due[]> {
    const found = (await tx('token')
      .select(COLUMNS)
      .whereIn(
        ['bucket', 'id'],
        page.map(({ id }) => [bucketOf(id), id] as [number, string]),
      )
      .where({ state: 'active' })
      .where('expires_at', '<=', at)
      .orderBy(['bucket', 'id'])
      .forUpdate()
      .skipLocked()) as Due[]
    const claimOf = (token: Due) => ({ fingerprint: token.number_fingerprint, subjectId: token.subject_id })
    const isBusy = await holdFreeClaims(tx, found.map(claimOf))
    const held = found.filter((token) => !isBusy(claimOf(token)))
    for (const token of held) {
      const { id, subject_id: subjectId, number_fingerprint: numberFingerprint } = token
      const ended = { id, subjectId, version: token.version + 1, numberFingerprint }
      const principal = { tenantId: token.tenant_id, mode: token.mode, keyId: NO_ACTOR }
      const event = tokenEvent(newId, 'token.expired', ended, { principal, requestId: 'sweep', at })
      const orphans = await endToken(tx, ended, { state: 'expired', at })
      const eventKey = keys.get(token.tenant_id) as Buffer
      await insertEvent(tx, event, macOf(event, eventKey))
      const orphanAuthor = { ...principal, subjectId, requestId: 'sweep', at }
      await noteOrphans(tx, orphans, 'expired', orphanAuthor, { newId, eventKey })
    }
    return held
  }

  /** Keys are fetched before the transaction; a tenant whose keys cannot be had is passed over, and does not hold up others. */
  async function eventKeys(page: readonly Due[], failures: unknown[]): Promise<Map<string, Buffer>> {
    const keys = new Map<string, Buffer>()
    for (const tenantId of new Set(page.map((token) => token.tenant_id))) {
      try {
        keys.set(tenantId, (await tenantKeys.subkeys(tenantId)).event)
      } catch (failure) {
        failures.push(failure)
      }
    }
    return keys
  }

  async function endExpired(failures: unknown[]): Promise<number> {
    const at = now()
    let ended = 0
    let last: Pick<Due, 'id' | 'expires_at'> = { id: NIL, expires_at: new Date(0) }
    for (;;) {
      const page = await due(last, at)
      const keys = await eventKeys(page, failures)
      const ours = page.filter((token) => keys.has(token.tenant_id))
      if (ours.length > 0) {
        const gone = await withTransaction(database.knex, (tx) => endAll(tx, ours, keys, at))
        ended += gone.length
        for (const token of gone) {
          if (token.account_id === null) await dropKey(token, failures)
        }
      }
      const end = page.at(-1)
      if (page.length < BATCH_MAX || !end) return ended
      last = end
    }
  }

  async function dropKey(token: { readonly id: string; readonly tenant_id: string }, failures: unknown[]) {
    try {
      await destroyGuestKey(deps, { id: token.id, tenantId: token.tenant_id })
      return 1
    } catch (failure) {
      failures.push(failure)
      return 0
    }
  }

  /** Whoever ended a guest's token destroys its key after it. Should that have failed, it is done here. */
  async function destroyLeftOverKeys(failures: unknown[]): Promise<number> {
    const left: { id: string; tenant_id: string }[] = await database
      .knex('token')
      .select('id', 'tenant_id')
      .where({ key_pending: true })
      .where('deleted_at', '<=', new Date(now().getTime() - KEY_PENDING_MS))
      .orderBy('deleted_at')
      .limit(BATCH_MAX)
    let destroyed = 0
    for (const token of left) destroyed += await dropKey(token, failures)
    return destroyed
  }

  /** @throws {AggregateError} Of what could not be done; the rest is done, and the next sweep tries again. */
  return async function sweep(): Promise<Swept> {
    const failures: unknown[] = []
    const expired = await endExpired(failures)
    const keys = await destroyLeftOverKeys(failures)
    await database
      .knex('reveal_count')
      .where('minute_at', '<', new Date(now().getTime() - COUNTS_KEPT_MS))
      .delete()
    if (failures.length > 0) throw new AggregateError(failures, 'not everything that has expired could be destroyed')
    return { expired, keys }
  }
}
