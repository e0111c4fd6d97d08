import { isDeepStrictEqual } from 'node:util'
import { NotFound, type Principal } from '@kontor/http-api'
import type { Tx } from '@kontor/postgres'
import type { Content, Document } from '../documents/document.ts'
import { lockDocument } from '../documents/repo.ts'
import { billionths, takePart } from './parts.ts'
import { contentOfPart, matchLines, refuseOtherTerms } from './quoted-lines.ts'
import * as repo from './repo.ts'

/** Keeps an invoice draft that was made from a quote in step with what it takes of it. */
export const quotedDrafts = {
  /** Holds the quote before its draft, so that nobody takes a part of it meanwhile. */
  async hold(tx: Tx, actor: Principal, quoteId: string): Promise<void> {
    await lockDocument(tx, actor, 'quote', quoteId)
  },

  /**
   * Takes the part of the quote anew that a changed draft is. What the draft had before is free again, first.
   *
   * @returns What the draft says then: a quantity moves amounts of the whole too.
   * @throws {QuotedTerm | LineNotQuoted | InvalidConversionQuantity} Something that was not quoted.
   * @throws {ConversionExceedsQuote} More than is left.
   */
  async retake(
    tx: Tx,
    actor: Principal,
    draft: Document,
    changed: { readonly currency: string; readonly content: Content },
  ): Promise<Content> {
    const { content, currency } = changed
    refuseOtherTerms(draft, changed)
    if (isDeepStrictEqual(content.lines, draft.content.lines)) return content
    const quote = draft.quote_id === null ? undefined : await lockDocument(tx, actor, 'quote', draft.quote_id)
    if (!quote) throw new NotFound('quote')
    const { valid_until: _, ...quoted } = quote.content
    const own = await repo.partOf(tx, draft.id)
    const matched = matchLines(quoted.lines, draft.content.lines, own, content.lines)
    const at = await repo.deletePart(tx, draft.id)
    const taken = await repo.readTaken(tx, quote.id)
    // A line of quantity 0 is not asked for: it goes with the part that leaves nothing.
    const wanted = matched.filter(({ quantity }) => billionths(quantity) !== 0n)
    const language = content.language ?? (await repo.languageOf(tx, draft.account_id))
    const part = takePart({ currency, content: quoted, language }, taken, wanted)
    await repo.insertPart(tx, actor, { quoteId: quote.id, invoiceId: draft.id, at: at ?? draft.created_at }, part)
    return contentOfPart(
      content,
      matched,
      part.content,
      part.lines.map(({ line }) => line),
    )
  },
}
