import { NotFound } from '@kontor/http-api'
import { IntegrityViolation } from '@kontor/jose-box'
import type { Tx } from '@kontor/postgres'
import type { TokenDeps } from './deps.ts'
import { gone, SubjectErased, TokenExpired } from './errors.ts'
import type { SealedInstrument } from './instrument.ts'
import { openInstrument } from './record.ts'
import { findRecords, findToken, holdSubject, lockToken, type Owner } from './repo.ts'
import type { Token } from './token.ts'

/** A token whose instrument can be sent somewhere. */
export interface Registrable {
  readonly token: Token
  /** Opens the instrument: called at the moment at which it is sent, and not before. */
  readonly open: () => SealedInstrument
}

/** What others need to know of tokens whose instruments they send. */
export interface RegistrableTokens {
  /** @throws {NotFound | TokenDeleted | TokenExpired | TokenMoved | SubjectErased} */
  find(owner: Owner, tokenId: string): Promise<Token>
  /** As `find`, with the instrument. @throws {IntegrityViolation} Its key is gone. */
  get(owner: Owner, tokenId: string): Promise<Registrable>
  /**
   * Holds the token and its subject until commit, against deletion and erasure.
   *
   * @returns Whether it is as it was read.
   * @throws As `find`: it has ended.
   */
  hold(tx: Tx, token: Token): Promise<boolean>
}

const ATTEMPTS_MAX = 3

export function registrableTokens({
  database,
  deks,
  now,
}: Pick<TokenDeps, 'database' | 'deks' | 'now'>): RegistrableTokens {
  return {
    async find(owner, tokenId) {
      const found = await findToken(database, owner, tokenId, now())
      if (!found) throw new NotFound('token')
      if (!found.usable) throw gone(found)
      return found.token
    },

    async get({ tenantId, mode }, tokenId) {
      for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
        const [found] = await findRecords(database, [{ tenantId, mode, id: tokenId, now: now() }])
        if (!found) throw new NotFound('token')
        if (!found.usable) throw gone(found)
        const { token, record, dekVersion } = found
        const dek = await deks.find({ tenantId, id: token.subjectId }, dekVersion)
        if (dek) return { token, open: () => openInstrument(record, dek, token).reveal() }
      }
      throw new IntegrityViolation()
    },

    async hold(tx, token) {
      const { id, accountId, subjectId, clear } = token
      if ((await holdSubject(tx, subjectId))?.state === 'erased') throw new SubjectErased()
      const locked = await lockToken(tx, id)
      if (!locked) throw new NotFound('token')
      const { state: because, movedTo } = locked
      if (because !== 'active') {
        throw gone({ usable: false, because, id, accountId, subjectId, type: clear.type, movedTo })
      }
      if (locked.expiresAt !== null && locked.expiresAt <= now()) throw new TokenExpired()
      return locked.version === token.version
    },
  }
}
