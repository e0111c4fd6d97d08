import type { Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import { isAddress } from '@kontor/tenancy'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import type { Document } from '../documents/document.ts'
import { type EventType, recordEvent } from '../events/event.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import { invoiceToWire } from '../invoices/wire.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import type { conversions } from './conversion.ts'
import { ConversionNotAsked, InvalidAddress } from './errors.ts'
import { mustAllow } from './life.ts'
import { quoteReads } from './quote-reads.ts'
import * as repo from './repo.ts'
import type { AcceptQuote, EndQuote } from './schema.ts'
import { hashOf, termsOf } from './wire.ts'

type StepEvent = Extract<EventType, 'quote.accepted' | 'quote.declined' | 'quote.cancelled'>

/** Ends the negotiation about a quote: the customer accepts or declines it, or the issuer takes it back. */
export function quoteSteps(deps: Deps, { convertWithin }: ReturnType<typeof conversions>) {
  const reads = quoteReads(deps)

  function digestOf(actor: Principal, id: string, idempotencyKey: string, action: string, request: unknown) {
    return digestIntent(
      deps.idempotencySecret,
      { ...actor, operation: `POST /v1/quotes/:id/${action}`, parentId: id, idempotencyKey, request },
      bucketOf(id),
    )
  }

  /** Writes the step with its event. Of a quote that is held, unless a revision is being issued, which holds only the step itself. */
  async function take(
    tx: Tx,
    actor: Principal,
    quote: Document,
    step: Omit<repo.NewStep, 'quoteId' | 'actorKeyId'>,
  ): Promise<void> {
    const taken = await repo.insertStep(tx, actor, { ...step, quoteId: quote.id, actorKeyId: actor.keyId })
    if (!taken) mustAllow(quote, (await reads.lifeOf(tx, quote.id)).step, step.step, step.at)
    const type: StepEvent = `quote.${step.step}`
    await recordEvent(tx, actor, {
      id: deps.newId(bucketOf(quote.id)),
      type,
      accountId: quote.account_id,
      objectId: quote.id,
      objectVersion: quote.version,
      at: step.at,
    })
  }

  async function end(
    actor: Principal,
    id: string,
    idempotencyKey: string,
    { step, action, body }: { step: 'declined' | 'cancelled'; action: string; body: Static<typeof EndQuote> },
  ): Promise<Answer> {
    return once(deps.database, actor.tenantId, digestOf(actor, id, idempotencyKey, action, body), {
      judge: async () => refuseCardNumbers(body),
      write: async (tx) => {
        const { quote, life } = await reads.lock(tx, actor, id)
        const at = deps.now()
        mustAllow(quote, life.step, step, at)
        await take(tx, actor, quote, { step, at, reason: body.reason })
        return { status: 200, body: await reads.wiredWithin(tx, quote) }
      },
    })
  }

  return {
    /**
     * Keeps that the customer accepted, and makes an invoice draft of everything unless asked not to.
     *
     * @returns The invoice draft; the quote, where there is none.
     * @throws {InvalidTransition | QuoteExpired | QuoteSuperseded}
     */
    async accept(
      actor: Principal,
      id: string,
      idempotencyKey: string,
      body: Static<typeof AcceptQuote>,
    ): Promise<Answer> {
      const { accepted_by, from_address, note, convert = 'all', ...invoiceFields } = body
      return once(deps.database, actor.tenantId, digestOf(actor, id, idempotencyKey, 'accept', body), {
        judge: async () => {
          refuseCardNumbers(body)
          if (from_address !== undefined && !isAddress(from_address)) throw new InvalidAddress().at('/from_address')
          const [first] = Object.keys(invoiceFields)
          if (convert === 'none' && first !== undefined) throw new ConversionNotAsked().at(`/${first}`)
          return reads.partiesOf(actor, id)
        },
        write: async (tx, parties) => {
          const { quote, life } = await reads.lock(tx, actor, id)
          const at = deps.now()
          mustAllow(quote, life.step, 'accepted', at)
          await take(tx, actor, quote, {
            step: 'accepted',
            at,
            acceptedBy: accepted_by,
            fromAddress: from_address,
            note,
            termsHash: hashOf(termsOf(quote)),
          })
          const quoted = quote.content.lines.map(({ quantity }) => quantity)
          await repo.insertLines(tx, actor, id, quoted)
          if (convert === 'none') return { status: 200, body: await reads.wiredWithin(tx, quote) }
          const invoice = await convertWithin(tx, actor, quote, parties, invoiceFields)
          return { status: 201, body: invoiceToWire(invoice, undefined, invoice.created_at) }
        },
      })
    },

    decline: (actor: Principal, id: string, idempotencyKey: string, body: Static<typeof EndQuote>): Promise<Answer> =>
      end(actor, id, idempotencyKey, { step: 'declined', action: 'decline', body }),

    cancel: (actor: Principal, id: string, idempotencyKey: string, body: Static<typeof EndQuote>): Promise<Answer> =>
      end(actor, id, idempotencyKey, { step: 'cancelled', action: 'cancel', body }),
  }
}
