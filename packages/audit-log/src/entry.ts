import { formatId, type IdPrefix } from '@kontor/ids'
import { contentOf, type EventOfLeaf, leafText, parseLeaf } from './leaf.ts'

/** An event as it is shown to people and programs, beside the leaf that proves it. */
export interface Entry {
  readonly id: string
  readonly type: string
  readonly mode: string
  readonly object_id: string
  readonly object_version: number
  /** Null for what the vault does by itself. */
  readonly actor_key_id: string | null
  readonly purpose: string | null
  readonly request_id: string
  readonly at: string
  readonly data: unknown
  /** The text whose hash is the leaf: all of the above, and the event's MAC. */
  readonly leaf: string
}

/** What the object of an event is, by the first word of its type. */
const OBJECTS: Readonly<Record<string, IdPrefix>> = {
  token: 'tok',
  registration: 'tok',
  account: 'acc',
  key: 'ten',
  processor: 'ten',
  job: 'job',
}
const NO_ACTOR = '00000000-0000-0000-0000-000000000000'

/** Shows an event. */
export function entryOf(event: EventOfLeaf, mac: Buffer): Entry {
  const { id, type, mode, objectId, objectVersion, actorKeyId, purpose, requestId, at, data } = event
  const prefix = OBJECTS[type.split('.')[0] ?? '']
  return {
    id: formatId('evt', id),
    type,
    mode,
    object_id: prefix ? formatId(prefix, objectId) : objectId,
    object_version: objectVersion,
    actor_key_id: actorKeyId === NO_ACTOR ? null : formatId('key', actorKeyId),
    purpose,
    request_id: requestId,
    at,
    data: data === null ? null : parsed(data),
    leaf: leafText(contentOf(event), mac),
  }
}

/** @throws {InvalidLeaf} */
export function entryOfLeaf(leaf: string): { readonly entry: Entry; readonly tenantId: string } {
  const { event, mac } = parseLeaf(leaf)
  return { entry: entryOf(event, mac), tenantId: event.tenantId }
}

/** Data that somebody has made unreadable is shown as the text that it is. */
function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return data
  }
}
