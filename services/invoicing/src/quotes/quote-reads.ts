import { NotFound, type Principal } from '@kontor/http-api'
import type { Db, Tx } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Account } from '../accounts/account.ts'
import { findAccount } from '../accounts/repo.ts'
import type { Deps } from '../deps.ts'
import type { Document } from '../documents/document.ts'
import { findDocument, lockDocument } from '../documents/repo.ts'
import type { Issuer } from '../issuers/issuer.ts'
import { findIssuer } from '../issuers/repo.ts'
import { type QuoteLife, UNTOUCHED } from './life.ts'
import { livesOf } from './repo.ts'
import type { QuoteWire } from './schema.ts'
import { quoteToWire } from './wire.ts'

/** Whom a quote concerns. */
export interface Parties {
  readonly account: Account
  readonly issuer: Issuer
}

/** How quotes are read, for everything that is done with them. */
export function quoteReads({ database, now }: Deps) {
  async function find(actor: Principal, id: string): Promise<Document> {
    const quote = await findDocument(database, actor, 'quote', id)
    if (!quote) throw new NotFound('quote')
    return quote
  }

  async function lifeOf(source: typeof database | Db, id: string): Promise<QuoteLife> {
    return (await livesOf(source, [id])).get(id) ?? UNTOUCHED
  }

  return {
    find,
    lifeOf,

    async wired(quotes: readonly Document[]): Promise<Static<typeof QuoteWire>[]> {
      const lives = await livesOf(
        database,
        quotes.map(({ id }) => id),
      )
      const at = now()
      return quotes.map((quote) => quoteToWire(quote, lives.get(quote.id) ?? UNTOUCHED, at))
    },

    /** The quote as the transaction has just changed it. */
    async wiredWithin(tx: Tx, quote: Document): Promise<Static<typeof QuoteWire>> {
      return quoteToWire(quote, await lifeOf(tx, quote.id), now())
    },

    /** Read before the transaction, which must not ask the pool for a second connection. */
    async partiesOf(actor: Principal, id: string): Promise<Parties> {
      const quote = await find(actor, id)
      const [account, issuer] = await Promise.all([
        findAccount(database, actor, quote.account_id),
        findIssuer(database, actor, quote.issuer_id),
      ])
      if (!account || !issuer) throw new NotFound('quote')
      return { account, issuer }
    },

    /** Holds the quote until commit, and then reads what became of it: in one statement, it would read that of before the wait. */
    async lock(tx: Tx, actor: Principal, id: string): Promise<{ quote: Document; life: QuoteLife }> {
      const quote = await lockDocument(tx, actor, 'quote', id)
      if (!quote) throw new NotFound('quote')
      return { quote, life: await lifeOf(tx, id) }
    },
  }
}
