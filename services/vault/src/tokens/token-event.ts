import type { Principal } from '@kontor/http-api'
import { bucketOf, type NewId } from '@kontor/ids'
import type { EventType } from '../events/catalogue.ts'
import type { VaultEvent } from '../events/event.ts'
import type { Token } from './token.ts'

/** Who does something to a token, by what request, and when. */
export interface Author {
  /** A key, or `NO_ACTOR` in the place of one. */
  readonly principal: Pick<Principal, 'tenantId' | 'mode' | 'keyId'>
  readonly requestId: string
  readonly at: Date
}

/**
 * @param token As it is after what happened; its version is the event's.
 * @param more Purpose and data, for a type that has them.
 * @returns The event of what is done to a token.
 */
export function tokenEvent(
  newId: NewId,
  type: EventType,
  token: Pick<Token, 'id' | 'subjectId' | 'version'>,
  { principal: { tenantId, mode, keyId }, requestId, at }: Author,
  { purpose = null, data = null }: Partial<Pick<VaultEvent, 'purpose' | 'data'>> = {},
): VaultEvent {
  return {
    id: newId(bucketOf(token.id)),
    tenantId,
    mode,
    type,
    subjectId: token.subjectId,
    objectId: token.id,
    objectVersion: token.version,
    actorKeyId: keyId,
    purpose,
    requestId,
    at,
    data,
  }
}
