import { NotFound, type Principal } from '@kontor/http-api'
import { IntegrityViolation } from '@kontor/jose-box'
import { type Tx, withTransaction } from '@kontor/postgres'
import { eventData, macOf } from '../events/event.ts'
import { insertEvent } from '../events/repo.ts'
import type { Dek } from '../keys/deks.ts'
import type { Subkeys } from '../keys/subkeys.ts'
import type { TokenDeps } from './deps.ts'
import { gone, SubjectErased, VersionConflict } from './errors.ts'
import { keepFirstAnswer } from './first-answer.ts'
import { applyPatch } from './patch.ts'
import { openInstrument, sealInstrument } from './record.ts'
import { findRecords, holdSubject, lockToken, updateToken, type WithRecord } from './repo.ts'
import type { UpdateTokenBody } from './request-schema.ts'
import { type Revision, revise } from './revise.ts'
import type { Token } from './token.ts'
import { type Author, tokenEvent } from './token-event.ts'

export interface UpdateToken {
  readonly principal: Principal
  readonly requestId: string
  /** UUID. */
  readonly tokenId: string
  /** The version that the caller read, 0 for one that is none. */
  readonly version: number
  readonly patch: UpdateTokenBody
}

const ATTEMPTS_MAX = 3

/**
 * Writes the next version of a token whose row is held, with its event.
 *
 * @param before As the row is now: how its intent was answered is kept, so that a retry is answered the same.
 */
export async function writeRevision(
  tx: Tx,
  before: Token,
  { token, instrument, fullFingerprint, changed }: Revision,
  { dek, subkeys, newId }: { readonly dek: Dek; readonly subkeys: Subkeys; readonly newId: TokenDeps['newId'] },
  author: Author,
): Promise<void> {
  await keepFirstAnswer(tx, before, author.at)
  const record = sealInstrument(instrument.sealed, dek, token)
  await updateToken(tx, token, { record, dekVersion: dek.version, fullFingerprint })
  const event = tokenEvent(newId, 'token.updated', token, author, { data: eventData({ changed }) })
  await insertEvent(tx, event, macOf(event, subkeys.event))
}

/** Makes the use case of changing a token: opened and sealed anew inside the vault, which is no reveal. */
export function updater({ database, tenantKeys, deks, newId, now }: TokenDeps) {
  async function open({ token, record, dekVersion }: { token: Token } & WithRecord) {
    const dek = await deks.find({ tenantId: token.tenantId, id: token.subjectId }, dekVersion)
    return dek && { dek, sealed: openInstrument(record, dek, token).reveal() }
  }

  /** @returns False when the token is no longer as it was read, or the key no longer the one to seal under. */
  function write(before: Token, revision: Revision, keys: { dek: Dek; subkeys: Subkeys }, author: Author) {
    return withTransaction(database.knex, async (tx) => {
      const subject = await holdSubject(tx, before.subjectId)
      if (subject?.state === 'erased') throw new SubjectErased()
      if (subject && keys.dek.version < subject.dekVersionMin) return false
      const locked = await lockToken(tx, before.id)
      const ended = locked?.state !== 'active' || (locked.expiresAt !== null && locked.expiresAt <= now())
      if (ended || locked.version !== before.version) return false
      // Sealed anew since it was read: the key that it was read with may be destroyed by now.
      if (keys.dek.version < locked.dekVersion) return false
      await writeRevision(tx, before, revision, { ...keys, newId }, author)
      return true
    })
  }

  /**
   * @returns The token as it is now; the same version when nothing was to change.
   * @throws {NotFound | VersionConflict | DomainError} 404, 410, 412, 422.
   */
  return async function update({ principal, requestId, tokenId, version, patch }: UpdateToken): Promise<Token> {
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      const [found] = await findRecords(database, [{ ...principal, id: tokenId, now: now() }])
      if (!found) throw new NotFound('token')
      if (!found.usable) throw gone(found)
      const { token } = found
      if (token.version !== version) throw new VersionConflict()
      const opened = await open(found)
      if (!opened) continue
      const at = now()
      const subkeys = await tenantKeys.subkeys(principal.tenantId)
      const revision = revise(token, opened.sealed, applyPatch(token, opened.sealed, patch, at), subkeys)
      if (!revision) return token
      // A guest's key is never made anew: should the token be deleted now, there must be no key after it.
      const subject = { tenantId: token.tenantId, id: token.subjectId }
      const dek = token.accountId === null ? opened.dek : await deks.current(subject)
      if (await write(token, revision, { dek, subkeys }, { principal, requestId, at })) return revision.token
      deks.forget(subject)
    }
    // Read as it is and without its key, again and again: the key is lost.
    throw new IntegrityViolation()
  }
}
