import { createHmac } from 'node:crypto'
import type { Mode } from '@kontor/http-api'

/** What can happen in the vault. */
export type EventType = 'token.created' | 'token.revealed' | 'token.deleted'

/** An event, which is the audit as well: what happened, to what, by which key and why; never the data itself. */
export interface VaultEvent {
  readonly id: string
  readonly tenantId: string
  readonly mode: Mode
  readonly type: EventType
  readonly subjectId: string
  readonly objectId: string
  /** The version of the object after what happened, taken under the lock of its row. */
  readonly objectVersion: number
  readonly actorKeyId: string
  readonly purpose: string | null
  readonly requestId: string
  readonly at: Date
}

/**
 * Authenticates an event by the process that wrote it: whoever can only write to the database cannot make one up or change one.
 *
 * Every column but `tx` goes in, which only the database knows; the form is a JSON array with its own version in front.
 *
 * @param key 32 bytes, the tenant's event key.
 * @returns HMAC-SHA-256, 32 bytes.
 */
export function macOf(event: VaultEvent, key: Buffer): Buffer {
  const content = JSON.stringify([
    1,
    event.id,
    event.tenantId,
    event.mode,
    event.type,
    event.subjectId,
    event.objectId,
    event.objectVersion,
    event.actorKeyId,
    event.purpose,
    event.requestId,
    event.at.toISOString(),
  ])
  return createHmac('sha256', key).update(content).digest()
}
