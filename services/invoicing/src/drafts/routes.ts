import { type ApiServer, type Principal, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import type { Static } from 'typebox'
import Type from 'typebox'
import { CreditNoteWire } from '../credit-notes/schema.ts'
import type { Deps } from '../deps.ts'
import { InvoiceWire } from '../invoices/schema.ts'
import { QuoteWire } from '../quotes/schema.ts'
import { Id } from '../wire/fields.ts'
import { IfMatchHeader, tagged, versionOf } from '../wire/if-match.ts'
import { PatchCreditNote, PatchInvoice, PatchQuote } from './schema.ts'
import { type DraftNeeds, drafts } from './service.ts'

type Get<Wire> = (actor: Principal, id: string) => Promise<Wire>

/** How each type is shown once it was changed, and what of a change only its own feature knows. */
export interface DraftDeps extends DraftNeeds {
  readonly getQuote: Get<Static<typeof QuoteWire>>
  readonly getInvoice: Get<Static<typeof InvoiceWire>>
  readonly getCreditNote: Get<Static<typeof CreditNoteWire>>
}

const NOTHING = { 204: Type.Null({ description: 'It is gone.' }) }
const REFUSALS = problemResponses(400, 401, 403, 404, 409, 410, 412, 422, 428, 503)

/** Changing and dropping drafts of every type. */
export function draftRoutes(app: ApiServer, deps: Deps, given: DraftDeps): void {
  const service = drafts(deps, given)

  app.patch(
    '/v1/quotes/:quoteId',
    {
      config: { scope: 'quote.write' },
      schema: {
        operationId: 'patchQuote',
        summary: 'Change a draft quote',
        tags: ['Quotes'],
        params: Type.Object({ quoteId: Id('quo', 'The quote.') }),
        headers: IfMatchHeader,
        body: PatchQuote,
        response: { 200: QuoteWire, ...REFUSALS },
      },
    },
    async (request, reply) => {
      const id = parseId('quo', request.params.quoteId)
      await service.changeOrder(request.principal, 'quote', id, versionOf(request.headers), request.body)
      return tagged(reply, await given.getQuote(request.principal, id))
    },
  )

  app.patch(
    '/v1/invoices/:invoiceId',
    {
      config: { scope: 'invoice.write' },
      schema: {
        operationId: 'patchInvoice',
        summary: 'Change a draft invoice',
        tags: ['Invoices'],
        params: Type.Object({ invoiceId: Id('inv', 'The invoice.') }),
        headers: IfMatchHeader,
        body: PatchInvoice,
        response: { 200: InvoiceWire, ...REFUSALS },
      },
    },
    async (request, reply) => {
      const id = parseId('inv', request.params.invoiceId)
      await service.changeOrder(request.principal, 'invoice', id, versionOf(request.headers), request.body)
      return tagged(reply, await given.getInvoice(request.principal, id))
    },
  )

  app.patch(
    '/v1/credit-notes/:creditNoteId',
    {
      config: { scope: 'credit_note.write' },
      schema: {
        operationId: 'patchCreditNote',
        summary: 'Change what a draft credit note takes of its invoice, or why',
        tags: ['Credit notes'],
        params: Type.Object({ creditNoteId: Id('cre', 'The credit note.') }),
        headers: IfMatchHeader,
        body: PatchCreditNote,
        response: { 200: CreditNoteWire, ...REFUSALS },
      },
    },
    async (request, reply) => {
      const id = parseId('cre', request.params.creditNoteId)
      await service.changeCredit(request.principal, id, versionOf(request.headers), request.body)
      return tagged(reply, await given.getCreditNote(request.principal, id))
    },
  )

  const droppable = [
    ['quote', 'quotes', 'quo', 'quote.write', 'Quotes', 'dropQuote'],
    ['proforma', 'proformas', 'pro', 'invoice.write', 'Proformas', 'dropProforma'],
    ['invoice', 'invoices', 'inv', 'invoice.write', 'Invoices', 'dropInvoice'],
    ['credit_note', 'credit-notes', 'cre', 'credit_note.write', 'Credit notes', 'dropCreditNote'],
  ] as const
  for (const [type, path, prefix, scope, tag, operationId] of droppable) {
    const name = type === 'credit_note' ? 'creditNoteId' : (`${type}Id` as const)
    app.delete(
      `/v1/${path}/:${name}`,
      {
        config: { scope },
        schema: {
          operationId,
          summary: 'Drop a draft; its external id and what it reserved are free again',
          tags: [tag],
          params: Type.Object({ [name]: Id(prefix, 'The draft.') }),
          response: { ...NOTHING, ...problemResponses(401, 403, 404, 409) },
        },
      },
      async (request, reply) => {
        const params = request.params as Readonly<Record<string, string>>
        await service.drop(request.principal, type, parseId(prefix, params[name] as string))
        return reply.code(204).send(null)
      },
    )
  }
}
