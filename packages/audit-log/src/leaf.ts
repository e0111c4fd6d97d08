import { leafHash } from '@kontor/merkle-log'

/** An event as it is audited. Ids are UUIDs; there is no personal data in it. */
export interface AuditedEvent {
  readonly id: string
  readonly tenantId: string
  readonly mode: string
  readonly type: string
  readonly subjectId: string
  readonly objectId: string
  readonly objectVersion: number
  readonly actorKeyId: string
  readonly purpose: string | null
  readonly requestId: string
  /** An instant; as text in the form of `toISOString`. */
  readonly at: Date | string
  /** Canonical JSON (RFC 8785), null for an event that says no more than its type. */
  readonly data: string | null
}

/** An event read back out of a leaf. */
export type EventOfLeaf = AuditedEvent & { readonly at: string }

/** The text is no leaf. The message does not repeat it. */
export class InvalidLeaf extends Error {
  override readonly name = 'InvalidLeaf'
}

/**
 * The content of an event in its one form: a JSON array with its own version in front. Every column but `tx` goes in, which
 * only the database knows. Version 2 differs from 1 by the event's data at the end; which one it is follows from the data.
 */
export function contentOf(event: AuditedEvent): string {
  return JSON.stringify([
    event.data === null ? 1 : 2,
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
    typeof event.at === 'string' ? event.at : event.at.toISOString(),
    ...(event.data === null ? [] : [event.data]),
  ])
}

/**
 * What a leaf stands for: the content of the event, a full stop, and the MAC of that content in base64url. The MAC goes in so
 * that nobody who knows an event can guess its leaf, and so that the log can be verified without a secret.
 */
export function leafText(content: string, mac: Buffer): string {
  return `${content}.${mac.toString('base64url')}`
}

/** @returns The hash under which the tree has it. */
export function hashOfLeaf(text: string): Buffer {
  return leafHash(Buffer.from(text, 'utf8'))
}

/**
 * Reads a leaf. Only the one form is accepted: what is read writes itself as the same characters again.
 *
 * @throws {InvalidLeaf}
 */
export function parseLeaf(text: string): { readonly event: EventOfLeaf; readonly mac: Buffer } {
  const end = text.lastIndexOf('.')
  const values = parseArray(text.slice(0, end))
  const [, id, tenantId, mode, type, subjectId, objectId, objectVersion, actorKeyId, purpose, requestId, at, data] =
    values
  const event = {
    ...{ id, tenantId, mode, type, subjectId, objectId, objectVersion, actorKeyId, purpose, requestId, at },
    data: data ?? null,
  } as EventOfLeaf
  const texts = [id, tenantId, mode, type, subjectId, objectId, actorKeyId, requestId, at, purpose ?? '', data ?? '']
  const mac = Buffer.from(text.slice(end + 1), 'base64url')
  const wellFormed = texts.every((value) => typeof value === 'string') && Number.isSafeInteger(objectVersion)
  if (!wellFormed || mac.length !== 32 || leafText(contentOf(event), mac) !== text) {
    throw new InvalidLeaf('a leaf is the content of an event and its MAC')
  }
  return { event, mac }
}

function parseArray(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value
  } catch {
    // JSON.parse quotes its input in the message, so the reason stays here.
  }
  throw new InvalidLeaf('a leaf begins with a JSON array')
}
