import { NotFound, type Principal } from '@kontor/http-api'
import { formatId } from '@kontor/ids'
import { withTransaction } from '@kontor/postgres'
import { macOf } from '../events/event.ts'
import { insertEvent } from '../events/repo.ts'
import { noteOrphans } from '../registration-ledger/ending.ts'
import { holdClaims } from './claims.ts'
import type { TokenDeps } from './deps.ts'
import { endToken } from './destroy.ts'
import { gone, KeyNotYetDestroyed, SubjectErased, TokenMoved } from './errors.ts'
import { destroyGuestKey } from './guest-key.ts'
import { findNumberFingerprint, findToken, holdSubject, lockToken } from './repo.ts'
import type { Token } from './token.ts'
import { tokenEvent } from './token-event.ts'

export interface DeleteToken {
  readonly principal: Principal
  readonly requestId: string
  /** UUID. */
  readonly tokenId: string
}

/** Makes the use case of deleting. */
export function deleter({ database, tenantKeys, deks, newId, now }: TokenDeps) {
  /** Leaves nothing of the instrument on its row, unless another request was faster. */
  async function destroyRow({ principal, requestId }: DeleteToken, token: Pick<Token, 'id' | 'subjectId'>) {
    const { event: key } = await tenantKeys.subkeys(principal.tenantId)
    await withTransaction(database.knex, async (tx) => {
      if ((await holdSubject(tx, token.subjectId))?.state === 'erased') throw new SubjectErased()
      const fingerprint = await findNumberFingerprint(tx, token.id)
      if (fingerprint) await holdClaims(tx, [{ fingerprint, subjectId: token.subjectId }])
      const locked = await lockToken(tx, token.id)
      // Attached since it was looked at: the instrument lives on, and nobody may believe it destroyed.
      if (locked?.state === 'moved') throw new TokenMoved(formatId('tok', locked.movedTo as string))
      if (locked?.state !== 'active' || !locked.numberFingerprint) return
      const at = now()
      // Whoever deletes what has expired does only what the sweep would have done.
      const state = locked.expiresAt && locked.expiresAt <= at ? 'expired' : 'deleted'
      const held = { ...token, version: locked.version + 1, numberFingerprint: locked.numberFingerprint }
      const event = tokenEvent(newId, `token.${state}`, held, { principal, requestId, at })
      const orphans = await endToken(tx, held, { state, at })
      await insertEvent(tx, event, macOf(event, key))
      const { tenantId, mode, keyId } = principal
      const author = { tenantId, mode, subjectId: token.subjectId, keyId, requestId, at }
      await noteOrphans(tx, orphans, state, author, { newId, eventKey: key })
    })
  }

  /**
   * Destroys an instrument; repeating it is no error. A guest's key goes after its row: the other way round, a reveal in
   * between would find a record without a key and raise an alarm.
   *
   * @throws {TokenMoved} The instrument is not destroyed: it has another id.
   * @throws {KeyNotYetDestroyed} The row is destroyed, the key perhaps not: repeating destroys it, and so does the sweep.
   */
  return async function destroy(command: DeleteToken): Promise<void> {
    const { principal, tokenId } = command
    const found = await findToken(database, principal, tokenId, now())
    if (!found) throw new NotFound('token')
    if (!found.usable && (found.because === 'erased' || found.because === 'moved')) throw gone(found)
    const { id, accountId, subjectId } = found.usable ? found.token : found
    // Asked first, so that a refusal because of the keys finds everything as it was.
    if (accountId === null) await deks.ping()
    await destroyRow(command, { id, subjectId })
    if (accountId !== null) return
    await destroyGuestKey({ database, deks }, { tenantId: principal.tenantId, id }).catch((cause: unknown) => {
      throw Object.assign(new KeyNotYetDestroyed(), { cause })
    })
  }
}
