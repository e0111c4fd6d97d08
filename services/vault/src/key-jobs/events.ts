import { bucketOf } from '@kontor/ids'
import { type Database, type Tx, withTransaction } from '@kontor/postgres'
import { macOf, type VaultEvent } from '../events/event.ts'
import { insertEvent } from '../events/repo.ts'
import type { KeyEvent } from '../keys/rotation-repo.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'

/** Carries events of keys, which are committed with their change in the database of the keys, to the audit of the vault. */
export interface KeyEvents {
  /** Carries what waits. What cannot be carried now waits for the next time. */
  deliver(): Promise<void>
}

export interface KeyEventDeps {
  /** Of the vault. */
  readonly vault: Database
  readonly keys: Database
  readonly tenants: TenantKeys
}

const BATCH_MAX = 100

/**
 * An event leaves the database of the keys after it is in the other one. Killed in between, it is carried again, and found there
 * by its id: each event comes to the audit once.
 */
export function keyEvents({ vault, keys, tenants }: KeyEventDeps): KeyEvents {
  async function waiting(tx: Tx): Promise<KeyEvent[]> {
    return tx('key_event')
      .select('id', 'tenant_id', 'mode', 'type', 'object_version', 'actor_key_id', 'request_id', 'at', 'data')
      .orderBy('id')
      .limit(BATCH_MAX)
      .forUpdate()
      .skipLocked()
  }

  async function carry(row: KeyEvent): Promise<void> {
    const event: VaultEvent = {
      id: row.id,
      tenantId: row.tenant_id,
      mode: row.mode,
      type: row.type,
      subjectId: row.tenant_id,
      objectId: row.tenant_id,
      objectVersion: row.object_version,
      actorKeyId: row.actor_key_id,
      purpose: null,
      requestId: row.request_id,
      at: row.at,
      data: row.data,
    }
    const { event: key } = await tenants.subkeys(row.tenant_id)
    await withTransaction(vault.knex, async (tx) => {
      const there = await tx('event')
        .select('id')
        .where({ bucket: bucketOf(event.id), id: event.id })
        .first()
      if (!there) await insertEvent(tx, event, macOf(event, key))
    })
  }

  /** The rows are held while they are carried, so that two processes do not carry the same ones. */
  const deliver = () =>
    withTransaction(keys.knex, async (tx) => {
      for (const row of await waiting(tx)) {
        await carry(row)
        await tx('key_event').where({ id: row.id }).delete()
      }
    })
  // One after the other: each holds a connection while it may need another one for the key of the MAC.
  let last: Promise<void> = Promise.resolve()
  return {
    deliver() {
      last = last.then(deliver, deliver)
      return last
    },
  }
}
