import type { Principal } from '@kontor/http-api'
import { bucketOf, formatId } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { dayIn } from '../documents/calendar.ts'
import type { Document } from '../documents/document.ts'
import { type OrderForm, writeDraft } from '../documents/draft.ts'
import { judgeForm } from '../documents/form-rules.ts'
import { recordEvent } from '../events/event.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import { invoiceToWire } from '../invoices/wire.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import { mustAllow } from './life.ts'
import { takePart } from './parts.ts'
import { type Parties, quoteReads } from './quote-reads.ts'
import * as repo from './repo.ts'
import type { ConvertQuote } from './schema.ts'

/** Makes invoices of accepted quotes. */
export function conversions(deps: Deps) {
  const reads = quoteReads(deps)

  /**
   * Makes an invoice draft of a part of a quote that the transaction holds, or of all that is left.
   *
   * @throws {ConversionExceedsQuote} More than is left, or nothing is left.
   */
  async function convertWithin(
    tx: Tx,
    actor: Principal,
    quote: Document,
    { account, issuer }: Parties,
    body: Static<typeof ConvertQuote>,
  ): Promise<Document> {
    const at = deps.now()
    const { valid_until: _, ...quoted } = quote.content
    const language = quoted.language ?? account.language
    const taken = await repo.readTaken(tx, quote.id)
    const part = takePart({ currency: quote.currency, content: quoted, language }, taken, body.lines)
    const content = quote.number === null ? part.content : { ...part.content, quote_number: quote.number }
    const due_on = body.due_on ?? quote.due_on ?? undefined
    const totals = judgeForm({
      currency: quote.currency,
      // Without a date it is issued today at the earliest. Due before that it never could be, and the part would be used up.
      issue_on: body.issue_on ?? dayIn(issuer.time_zone, at),
      due_on: due_on ?? null,
      content,
    })
    const form = {
      external_id: body.external_id,
      currency: quote.currency,
      issue_on: body.issue_on,
      due_on,
      token_id: quote.token_id === null ? undefined : formatId('tok', quote.token_id),
    } as OrderForm
    const kind = { type: 'invoice', typeCode: body.type_code ?? '380', quoteId: quote.id } as const
    const invoice = await writeDraft(deps, tx, actor, kind, { account, issuer, content, totals, form })
    await repo.insertPart(tx, actor, { quoteId: quote.id, invoiceId: invoice.id, at }, part)
    await recordEvent(tx, actor, {
      id: deps.newId(bucketOf(quote.id)),
      type: 'quote.converted',
      accountId: quote.account_id,
      objectId: quote.id,
      objectVersion: quote.version,
      at,
    })
    return invoice
  }

  return {
    convertWithin,

    /**
     * Makes an invoice draft of an accepted quote: of all that is left, or of some of it.
     *
     * @throws {InvalidTransition} It is not accepted.
     * @throws {ConversionExceedsQuote} Others took it first.
     */
    async convert(
      actor: Principal,
      id: string,
      idempotencyKey: string,
      body: Static<typeof ConvertQuote>,
    ): Promise<Answer> {
      const digest = digestIntent(
        deps.idempotencySecret,
        { ...actor, operation: 'POST /v1/quotes/:id/convert', parentId: id, idempotencyKey, request: body },
        bucketOf(id),
      )
      return once(deps.database, actor.tenantId, digest, {
        judge: async () => {
          refuseCardNumbers(body)
          return reads.partiesOf(actor, id)
        },
        write: async (tx, parties) => {
          const { quote, life } = await reads.lock(tx, actor, id)
          mustAllow(quote, life.step, 'converted', deps.now())
          const invoice = await convertWithin(tx, actor, quote, parties, body)
          return { status: 201, body: invoiceToWire(invoice, undefined, invoice.created_at) }
        },
      })
    },
  }
}
