import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { withTransaction } from '@kontor/postgres'
import { macOf, type VaultEvent } from '../events/event.ts'
import type { TokenDeps } from './deps.ts'
import { gone, KeyNotYetDestroyed, SubjectErased } from './errors.ts'
import { destroyToken, findToken, insertEvent, listTokens, lockToken } from './repo.ts'
import { revealer } from './reveal.ts'
import { subjectOf, type Token } from './token.ts'
import { tokenizer } from './tokenize.ts'

export interface DeleteToken {
  readonly principal: Principal
  readonly requestId: string
  /** UUID. */
  readonly tokenId: string
}

export interface ListTokens {
  readonly accountId: string
  /** 1 to 200. */
  readonly limit: number
  /** The last token of the page before. */
  readonly after: string | undefined
}

/** The use cases of stored instruments. */
export function tokens(deps: TokenDeps) {
  const { database, tenantKeys, deks, subjects, newId, now } = deps

  /** Leaves nothing of the instrument on its row. @returns False when another request was faster. */
  async function destroyRow({ principal, requestId }: DeleteToken, token: Pick<Token, 'id' | 'accountId'>) {
    const { event: key } = await tenantKeys.subkeys(principal.tenantId)
    await withTransaction(database.knex, async (tx) => {
      const locked = await lockToken(tx, token.id, token.accountId)
      if (!locked || locked.state === 'deleted') return
      if (locked.subjectState === 'erased') throw new SubjectErased()
      const event: VaultEvent = {
        id: newId(bucketOf(token.id)),
        tenantId: principal.tenantId,
        mode: principal.mode,
        type: 'token.deleted',
        subjectId: subjectOf(token),
        objectId: token.id,
        objectVersion: locked.version + 1,
        actorKeyId: principal.keyId,
        purpose: null,
        requestId,
        at: now(),
      }
      await destroyToken(tx, token.id, event.objectVersion, event.at)
      await insertEvent(tx, event, macOf(event, key))
    })
  }

  return {
    tokenize: tokenizer(deps),
    reveal: revealer(deps),

    /** @throws {NotFound | TokenDeleted | SubjectErased} There is nothing to see. */
    async get(principal: Principal, tokenId: string): Promise<Token> {
      const found = await findToken(database, principal, tokenId)
      if (!found) throw new NotFound('token')
      if (!found.usable) throw gone(found.because)
      return found.token
    },

    /** @returns The account's tokens, and whether there are more; none for an account that the vault does not know. */
    async list(
      principal: Principal,
      { accountId, limit, after }: ListTokens,
    ): Promise<{ tokens: Token[]; more: boolean }> {
      const { tenantId, mode } = principal
      if (await subjects.isErased({ id: accountId, tenantId, mode })) throw new SubjectErased()
      const rows = await listTokens(database, principal, accountId, limit + 1, after)
      return { tokens: rows.slice(0, limit), more: rows.length > limit }
    },

    /**
     * Destroys an instrument; repeating it is no error. A guest's key goes after its row: the other way round, a reveal in
     * between would find a record without a key and raise an alarm.
     *
     * @throws {KeyNotYetDestroyed} The row is destroyed, the key perhaps not: repeating destroys it.
     */
    async delete(command: DeleteToken): Promise<void> {
      const { principal, tokenId } = command
      const found = await findToken(database, principal, tokenId)
      if (!found) throw new NotFound('token')
      const { id, accountId } = found.usable ? found.token : found
      // Asked first, so that a refusal because of the keys finds everything as it was.
      if (accountId === null) await deks.ping()
      if (found.usable) await destroyRow(command, { id, accountId })
      else if (found.because === 'erased') throw new SubjectErased()
      if (accountId !== null) return
      await deks.destroy({ tenantId: principal.tenantId, id }).catch((cause: unknown) => {
        throw Object.assign(new KeyNotYetDestroyed(), { cause })
      })
    },
  }
}

export type Tokens = ReturnType<typeof tokens>
