import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId, parseId } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Account } from '../accounts/account.ts'
import { findAccount } from '../accounts/repo.ts'
import type { Deps } from '../deps.ts'
import { dayIn } from '../documents/calendar.ts'
import type { Document } from '../documents/document.ts'
import { judgeDraft, type OrderForm, writeDraft } from '../documents/draft.ts'
import { InvalidTransition } from '../documents/errors.ts'
import { judgeForm } from '../documents/form-rules.ts'
import type { issuing } from '../documents/issue.ts'
import { isOfAccount, type Page } from '../documents/list-query.ts'
import { documentPdf } from '../documents/pdf.ts'
import { findDocument, listDocuments, lockDocument } from '../documents/repo.ts'
import { documentToWire } from '../documents/wire.ts'
import { recordEvent } from '../events/event.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import { invoiceToWire } from '../invoices/wire.ts'
import type { Issuer } from '../issuers/issuer.ts'
import { findIssuer } from '../issuers/repo.ts'
import { findByName } from '../names/unique-name.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import { QuoteExpired } from './errors.ts'
import * as repo from './repo.ts'
import type { AcceptQuote, CreateQuote, QuoteWire } from './schema.ts'

interface Parties {
  readonly account: Account
  readonly issuer: Issuer
}

/** UNTDID 1001: an offer or quotation. */
const TYPE_CODE = '310'

function toWire(quote: Document, invoiceId: string | undefined): Static<typeof QuoteWire> {
  return {
    id: formatId('quo', quote.id),
    state: invoiceId === undefined ? quote.state : 'accepted',
    valid_until: quote.content.valid_until ?? null,
    invoice_id: invoiceId === undefined ? null : formatId('inv', invoiceId),
    ...documentToWire(quote),
  }
}

export function quotes(deps: Deps, issue: ReturnType<typeof issuing>) {
  const { database } = deps

  async function find(actor: Principal, id: string): Promise<Document> {
    const quote = await findDocument(database, actor, 'quote', id)
    if (!quote) throw new NotFound('quote')
    return quote
  }

  async function wired(found: readonly Document[]): Promise<Static<typeof QuoteWire>[]> {
    const invoices = await repo.invoicesOf(
      database,
      found.map(({ id }) => id),
    )
    return found.map((quote) => toWire(quote, invoices.get(quote.id)))
  }

  /** Whom a quote concerns: read before the transaction, which must not ask the pool for a second connection. */
  async function partiesOf(actor: Principal, id: string): Promise<Parties> {
    const quote = await find(actor, id)
    const [account, issuer] = await Promise.all([
      findAccount(database, actor, quote.account_id),
      findIssuer(database, actor, quote.issuer_id),
    ])
    if (!account || !issuer) throw new NotFound('quote')
    return { account, issuer }
  }

  /** Makes the invoice draft of a quote that is held. */
  async function convert(
    tx: Tx,
    actor: Principal,
    quote: Document,
    { account, issuer }: Parties,
    body: Static<typeof AcceptQuote>,
  ): Promise<Document> {
    const { valid_until, ...content } = quote.content
    const today = dayIn(issuer.time_zone, deps.now())
    if (valid_until !== undefined && valid_until < today) throw new QuoteExpired(valid_until)
    const due_on = body.due_on ?? quote.due_on ?? undefined
    const invoiceContent = quote.number === null ? content : { ...content, quote_number: quote.number }
    const totals = judgeForm({
      currency: quote.currency,
      // Without a date it is issued today at the earliest. Due before that it never could be, and the quote would be used up.
      issue_on: body.issue_on ?? today,
      due_on: due_on ?? null,
      content: invoiceContent,
    })
    const form = {
      external_id: body.external_id,
      currency: quote.currency,
      issue_on: body.issue_on,
      due_on,
      token_id: quote.token_id === null ? undefined : formatId('tok', quote.token_id),
    } as OrderForm
    const kind = { type: 'invoice', typeCode: body.type_code ?? '380', quoteId: quote.id } as const
    return writeDraft(deps, tx, actor, kind, { account, issuer, content: invoiceContent, totals, form })
  }

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
          const quote = await writeDraft(deps, tx, actor, { type: 'quote', typeCode: TYPE_CODE, quoteId: null }, judged)
          return { status: 201, body: toWire(quote, undefined) }
        },
      })
    },

    issue: (actor: Principal, id: string, idempotencyKey: string): Promise<Answer> =>
      issue(actor, { type: 'quote', id, idempotencyKey }, (quote) => toWire(quote, undefined)),

    /**
     * Accepts a quote: it becomes an invoice draft, once.
     *
     * @returns The invoice draft.
     * @throws {InvalidTransition} Still a draft, or accepted before.
     * @throws {QuoteExpired} Its last day is over in the issuer's time zone.
     */
    async accept(
      actor: Principal,
      id: string,
      idempotencyKey: string,
      body: Static<typeof AcceptQuote>,
    ): Promise<Answer> {
      const digest = digestIntent(
        deps.idempotencySecret,
        { ...actor, operation: 'POST /v1/quotes/:id/accept', parentId: id, idempotencyKey, request: body },
        bucketOf(id),
      )
      const write = async (tx: Tx, parties: Parties) => {
        const quote = await lockDocument(tx, actor, 'quote', id)
        if (!quote) throw new NotFound('quote')
        if (quote.state !== 'issued') throw new InvalidTransition('draft', 'accepted', ['issued'])
        if (await repo.isAccepted(tx, id)) throw new InvalidTransition('accepted', 'accepted', [])
        const invoice = await convert(tx, actor, quote, parties, body)
        const at = deps.now()
        await repo.insertAcceptance(tx, actor, { quoteId: id, invoiceId: invoice.id, actorKeyId: actor.keyId, at })
        await recordEvent(tx, actor, {
          id: deps.newId(bucketOf(id)),
          type: 'quote.accepted',
          accountId: quote.account_id,
          objectId: id,
          objectVersion: quote.version,
          at,
        })
        return { status: 201, body: invoiceToWire(invoice, undefined, invoice.created_at) }
      }
      const judge = async () => {
        refuseCardNumbers(body)
        return partiesOf(actor, id)
      }
      return once(database, actor.tenantId, digest, { judge, write })
    },

    async get(actor: Principal, id: string): Promise<Static<typeof QuoteWire>> {
      const [quote] = await wired([await find(actor, id)])
      return quote as Static<typeof QuoteWire>
    },

    pdf: async (actor: Principal, id: string): Promise<Buffer> => documentPdf(deps, actor, await find(actor, id)),

    async list(actor: Principal, query: Page): Promise<Static<typeof QuoteWire>[]> {
      if (query.externalId === undefined) return wired(await listDocuments(database, actor, 'quote', query))
      const id = await findByName(database, { ...actor, kind: 'quote', value: query.externalId })
      const quote = id && (await findDocument(database, actor, 'quote', id))
      return wired(quote && isOfAccount(quote, query.accountId) ? [quote] : [])
    },
  }
}
