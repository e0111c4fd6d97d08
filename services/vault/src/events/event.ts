import { createHmac } from 'node:crypto'
import { contentOf } from '@kontor/audit-log'
import type { Mode } from '@kontor/http-api'
import canonicalize from 'canonicalize'
import type { EventType } from './catalogue.ts'

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
  /** UUID of the API key; `NO_ACTOR` for what the vault does by itself. */
  readonly actorKeyId: string
  readonly purpose: string | null
  readonly requestId: string
  readonly at: Date
  /** Canonical JSON (RFC 8785), null for an event that says no more than its type. */
  readonly data: string | null
}

/** Stands where an event has no API key behind it: a sweep, a job, a replay after a restore. */
export const NO_ACTOR = '00000000-0000-0000-0000-000000000000'

/** @returns What an event says beyond its type, as it is stored and authenticated. */
export function eventData(data: Readonly<Record<string, unknown>>): string {
  return canonicalize(data) ?? '{}'
}

/**
 * Authenticates an event by the process that wrote it: whoever can only write to the database cannot make one up or change one.
 *
 * @param key 32 bytes, the tenant's event key.
 * @returns HMAC-SHA-256, 32 bytes.
 */
export function macOf(event: VaultEvent, key: Buffer): Buffer {
  return macOfContent(contentOf(event), key)
}

/** The same for a content that was written down already (see `contentOf`). */
export function macOfContent(content: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(content).digest()
}
