import type { Principal } from '@kontor/http-api'
import { bucketOf, formatId, parseId } from '@kontor/ids'
import { type Db, sqlstate } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import type { Document } from '../documents/document.ts'
import { judgeDraft, writeDraft } from '../documents/draft.ts'
import { InvalidTransition } from '../documents/errors.ts'
import type { issuing } from '../documents/issue.ts'
import { listPage } from '../documents/list.ts'
import type { Page } from '../documents/list-query.ts'
import { type DocumentPdf, documentPdf } from '../documents/pdf.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import { RevisedQuoteAccepted } from './errors.ts'
import { inState } from './in-state.ts'
import { mustAllow, type QuoteState, stateOf, UNTOUCHED } from './life.ts'
import { quoteReads } from './quote-reads.ts'
import { quotedDrafts } from './retake.ts'
import { QUOTE_TYPE_CODE } from './revisions.ts'
import type { CreateQuote, QuoteWire } from './schema.ts'
import { quoteToWire, termsOf } from './wire.ts'

export function quotes(deps: Deps, issue: ReturnType<typeof issuing>) {
  const { database } = deps
  const reads = quoteReads(deps)

  return {
    async create(actor: Principal, idempotencyKey: string, body: Static<typeof CreateQuote>): Promise<Answer> {
      const accountId = parseId('acc', body.account_id)
      const digest = digestIntent(
        deps.idempotencySecret,
        { ...actor, operation: 'POST /v1/quotes', parentId: accountId, idempotencyKey, request: body },
        bucketOf(accountId),
      )
      return once(database, actor.tenantId, digest, {
        judge: () => judgeDraft(deps, actor, body),
        write: async (tx, judged) => {
          const kind = { type: 'quote', typeCode: QUOTE_TYPE_CODE, quoteId: null } as const
          const quote = await writeDraft(deps, tx, actor, kind, judged)
          return { status: 201, body: quoteToWire(quote, UNTOUCHED, deps.now()) }
        },
      })
    },

    /**
     * Gives a quote its number and sends it. A revision takes the place of what it revises in the same statement.
     *
     * @throws {RevisedQuoteAccepted} What it revises was accepted, before or meanwhile.
     */
    async issue(actor: Principal, id: string, idempotencyKey: string): Promise<Answer> {
      const life = await reads.lifeOf(database, id)
      try {
        return await issue(actor, { type: 'quote', id, idempotencyKey }, (quote) =>
          quoteToWire(quote, life, deps.now()),
        )
      } catch (error) {
        // Only the database knows it for certain: the statement that draws the number is where the two meet.
        if (life.revisesId !== null && isRevisedAccepted(error)) {
          throw new RevisedQuoteAccepted(formatId('quo', life.revisesId))
        }
        // A quote has more states than the document that was issued.
        if (error instanceof InvalidTransition) {
          mustAllow(await reads.find(actor, id), (await reads.lifeOf(database, id)).step, 'sent', deps.now())
        }
        throw error
      }
    },

    async get(actor: Principal, id: string): Promise<Static<typeof QuoteWire>> {
      const [quote] = await reads.wired([await reads.find(actor, id)])
      return quote as Static<typeof QuoteWire>
    },

    /** Where a quote stands. */
    stateOf: async (db: Db, quote: Document): Promise<string> =>
      stateOf(quote, (await reads.lifeOf(db, quote.id)).step, deps.now()),

    /** How the invoice drafts of quotes change. */
    quotedDrafts,

    /** What the quote says, in the bytes that `terms_hash` is of. */
    terms: async (actor: Principal, id: string): Promise<string> => termsOf(await reads.find(actor, id)),

    pdf: async (actor: Principal, id: string, language?: 'de' | 'en'): Promise<DocumentPdf> =>
      documentPdf(deps, actor, await reads.find(actor, id), language),

    list: (actor: Principal, page: Page, state?: QuoteState): Promise<Static<typeof QuoteWire>[]> =>
      listPage(database, actor, 'quote', page, {
        wired: reads.wired,
        ...(state && { narrow: inState(actor, state, deps.now()), keep: (quote) => quote.state === state }),
      }),
  }
}

const isRevisedAccepted = (error: unknown): boolean =>
  sqlstate(error) === '23000' && (error as { constraint?: unknown }).constraint === 'quote_revised_not_accepted'
