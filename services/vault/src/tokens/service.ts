import { NotFound, type Principal } from '@kontor/http-api'
import { attacher } from './attach.ts'
import { deleter } from './delete.ts'
import type { TokenDeps } from './deps.ts'
import { gone, SubjectErased } from './errors.ts'
import { findToken, listTokens } from './repo.ts'
import { revealer } from './reveal.ts'
import { sweeper } from './sweep.ts'
import type { Token } from './token.ts'
import { tokenizer } from './tokenize.ts'
import { updater } from './update.ts'

export interface ListTokens {
  readonly accountId: string
  /** 1 to 200. */
  readonly limit: number
  /** The last token of the page before. */
  readonly after: string | undefined
}

/** The use cases of stored instruments. */
export function tokens(deps: TokenDeps) {
  const { database, subjects, now } = deps

  return {
    tokenize: tokenizer(deps),
    reveal: revealer(deps),
    update: updater(deps),
    attach: attacher(deps),
    delete: deleter(deps),
    sweep: sweeper(deps),

    /** @throws {NotFound | TokenDeleted | TokenExpired | TokenMoved | SubjectErased} There is nothing to see. */
    async get(principal: Principal, tokenId: string): Promise<Token> {
      const found = await findToken(database, principal, tokenId, now())
      if (!found) throw new NotFound('token')
      if (!found.usable) throw gone(found)
      return found.token
    },

    /** @returns The account's tokens, and whether there are more; none for an account that the vault does not know. */
    async list(
      principal: Principal,
      { accountId, limit, after }: ListTokens,
    ): Promise<{ tokens: Token[]; more: boolean }> {
      const { tenantId, mode } = principal
      const subject = await subjects.find({ id: accountId, tenantId, mode })
      if (subject?.state === 'erased') throw new SubjectErased()
      const page = { limit: limit + 1, after, now: now() }
      const rows = subject ? await listTokens(database, principal, subject.id, page) : []
      return { tokens: rows.slice(0, limit), more: rows.length > limit }
    },
  }
}

export type Tokens = ReturnType<typeof tokens>
