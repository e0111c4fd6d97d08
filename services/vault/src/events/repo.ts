import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { VaultEvent } from './event.ts'

/** Writes what happened in the transaction in which it happens. */
export async function insertEvent(tx: Tx, event: VaultEvent, mac: Buffer): Promise<void> {
  await tx('event').insert({
    bucket: bucketOf(event.id),
    id: event.id,
    tenant_id: event.tenantId,
    mode: event.mode,
    type: event.type,
    subject_id: event.subjectId,
    object_id: event.objectId,
    object_version: event.objectVersion,
    actor_key_id: event.actorKeyId,
    purpose: event.purpose,
    request_id: event.requestId,
    at: event.at,
    data: event.data,
    mac,
  })
}
