import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Ledger } from '../balances/ledger.ts'
import type { Deps } from '../deps.ts'
import type { issuing } from '../documents/issue.ts'
import { listQuery, readListQuery } from '../documents/list-query.ts'
import { PDF_QUERY, PDF_RESPONSE, sendPdf } from '../documents/send-pdf.ts'
import { sendAnswer } from '../idempotency/send.ts'
import { Id, IdempotencyHeader } from '../wire/fields.ts'
import { tagged } from '../wire/if-match.ts'
import {
  CancelInvoice,
  CancelledWire,
  CreateCreditNote,
  CreditInvoice,
  CreditNoteShownWire,
  CreditNoteWire,
} from './schema.ts'
import { creditNotes } from './service.ts'

const params = Type.Object({ creditNoteId: Id('cre', 'The credit note.') })
const invoiceParams = Type.Object({ invoiceId: Id('inv', 'The invoice.') })
const tags = ['Credit notes']

export function creditNoteRoutes(app: ApiServer, deps: Deps, issue: ReturnType<typeof issuing>, book: Ledger): void {
  const service = creditNotes(deps, issue)

  app.post(
    '/v1/invoices/:invoiceId/credit-notes',
    {
      config: { scope: 'credit_note.write', idempotency: 'required' },
      schema: {
        operationId: 'creditInvoice',
        summary: 'Draft a credit note of an invoice; it reserves what it credits',
        tags,
        params: invoiceParams,
        headers: IdempotencyHeader,
        body: CreditInvoice,
        response: { 201: CreditNoteWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const invoiceId = parseId('inv', request.params.invoiceId)
      return sendAnswer(reply, await service.credit(request.principal, invoiceId, request.idempotencyKey, request.body))
    },
  )

  app.post(
    '/v1/invoices/:invoiceId/cancel',
    {
      config: { scope: 'credit_note.issue', idempotency: 'required' },
      schema: {
        operationId: 'cancelInvoice',
        summary: 'Credit all that is left of an invoice and issue the credit note',
        tags,
        params: invoiceParams,
        headers: IdempotencyHeader,
        body: CancelInvoice,
        response: { 200: CancelledWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const invoiceId = parseId('inv', request.params.invoiceId)
      return sendAnswer(reply, await service.cancel(request.principal, invoiceId, request.idempotencyKey, request.body))
    },
  )

  app.post(
    '/v1/credit-notes',
    {
      config: { scope: 'credit_note.write', idempotency: 'required' },
      schema: {
        operationId: 'createCreditNote',
        summary: 'Draft a credit note for an invoice of another system',
        tags,
        headers: IdempotencyHeader,
        body: CreateCreditNote,
        response: { 201: CreditNoteWire, ...problemResponses(400, 401, 403, 409, 410, 422, 503) },
      },
    },
    async (request, reply) =>
      sendAnswer(reply, await service.create(request.principal, request.idempotencyKey, request.body)),
  )

  app.post(
    '/v1/credit-notes/:creditNoteId/issue',
    {
      config: { scope: 'credit_note.issue', idempotency: 'required' },
      schema: {
        operationId: 'issueCreditNote',
        summary: 'Give a credit note its number; it lowers what is open on its invoice',
        tags,
        params,
        headers: IdempotencyHeader,
        response: { 200: CreditNoteWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const id = parseId('cre', request.params.creditNoteId)
      return sendAnswer(reply, await service.issue(request.principal, id, request.idempotencyKey))
    },
  )

  app.get(
    '/v1/credit-notes',
    {
      config: { scope: 'credit_note.read' },
      schema: {
        operationId: 'listCreditNotes',
        summary: 'List credit notes, or find one by its external id or number',
        tags,
        querystring: listQuery('cre'),
        response: {
          200: Type.Object({
            data: Type.Array(CreditNoteWire, { description: 'By id.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403),
        },
      },
    },
    async (request) => {
      const { size, page } = readListQuery('cre', request.query)
      const found = await service.list(request.principal, page)
      return { data: found.slice(0, size), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/credit-notes/:creditNoteId',
    {
      config: { scope: 'credit_note.read' },
      schema: {
        operationId: 'getCreditNote',
        summary: 'Show a credit note, what it was used for and what is left of it',
        tags,
        params,
        response: { 200: CreditNoteShownWire, ...problemResponses(401, 403, 404) },
      },
    },
    async (request, reply) =>
      tagged(reply, await service.show(request.principal, parseId('cre', request.params.creditNoteId), book)),
  )

  app.get(
    '/v1/credit-notes/:creditNoteId.pdf',
    {
      config: { scope: 'credit_note.read' },
      schema: {
        operationId: 'getCreditNotePdf',
        summary: 'Download an issued credit note',
        tags,
        params,
        querystring: PDF_QUERY,
        response: { ...PDF_RESPONSE, ...problemResponses(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) =>
      sendPdf(
        reply,
        await service.pdf(request.principal, parseId('cre', request.params.creditNoteId), request.query.language),
      ),
  )
}
