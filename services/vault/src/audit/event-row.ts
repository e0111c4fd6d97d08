import { timingSafeEqual } from 'node:crypto'
import { contentOf, type EventOfLeaf, hashOfLeaf, leafText } from '@kontor/audit-log'
import type { Mode } from '@kontor/http-api'
import type { EventType } from '../events/catalogue.ts'
import { macOfContent } from '../events/event.ts'

/** An event as the audit reads it. */
export interface EventRow {
  readonly id: string
  readonly tenant_id: string
  readonly mode: Mode
  readonly type: EventType
  readonly subject_id: string
  readonly object_id: string
  readonly object_version: number
  readonly actor_key_id: string
  readonly purpose: string | null
  readonly request_id: string
  /** UTC with microseconds, so that nothing of the column is overlooked. */
  readonly at: string
  readonly data: string | null
  readonly mac: Buffer
}

const AS_THEY_ARE = [
  'id',
  'tenant_id',
  'mode',
  'type',
  'subject_id',
  'object_id',
  'object_version',
  'actor_key_id',
].concat(['purpose', 'request_id', 'data', 'mac'])

/** The columns of `EventRow`, out of a table or alias `event`. */
export const EVENT_COLUMNS = `${AS_THEY_ARE.map((column) => `event.${column}`).join(', ')},
  to_char(event.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`

/** The same as they are in the table. */
export const EVENT_TABLE_COLUMNS = [...AS_THEY_ARE, 'at', 'tx'].map((column) => `event.${column}`).join(', ')

/** The same out of a subquery `found` that has selected them. */
export const FOUND_COLUMNS = [...AS_THEY_ARE, 'at'].map((column) => `found.${column}`).join(', ')

/** The event of a row, as it is audited. */
export function eventOfRow(row: EventRow): EventOfLeaf {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    mode: row.mode,
    type: row.type,
    subjectId: row.subject_id,
    objectId: row.object_id,
    objectVersion: row.object_version,
    actorKeyId: row.actor_key_id,
    purpose: row.purpose,
    requestId: row.request_id,
    at: instantOf(row),
    data: row.data,
  }
}

/** As `toISOString` writes it: events are made with milliseconds, and anything finer was put in by somebody else. */
function instantOf({ at }: Pick<EventRow, 'at'>): string {
  return at.endsWith('000Z') ? `${at.slice(0, -4)}Z` : at
}

/** @returns The text of the event's leaf, whoever made its MAC. */
export const leafOfRow = (row: EventRow): string => leafText(contentOf(eventOfRow(row)), row.mac)

/**
 * @param key The tenant's event key.
 * @returns The hash of the event's leaf, `undefined` where its MAC is not that of the vault.
 */
export function authenticLeafHash(row: EventRow, key: Buffer): Buffer | undefined {
  const content = contentOf(eventOfRow(row))
  const expected = macOfContent(content, key)
  if (row.mac.length !== expected.length || !timingSafeEqual(expected, row.mac)) return undefined
  return hashOfLeaf(leafText(content, row.mac))
}
