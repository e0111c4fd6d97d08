import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import type { issuing } from '../documents/issue.ts'
import { listQuery, readListQuery } from '../documents/list-query.ts'
import { PDF_QUERY, PDF_RESPONSE, sendPdf } from '../documents/send-pdf.ts'
import { sendAnswer } from '../idempotency/send.ts'
import { Id, IdempotencyHeader } from '../wire/fields.ts'
import { tagged } from '../wire/if-match.ts'
import { CreateInvoice, InvoiceState, InvoiceWire } from './schema.ts'
import { invoices, type OpenOf } from './service.ts'

const params = Type.Object({ invoiceId: Id('inv', 'The invoice.') })

export function invoiceRoutes(app: ApiServer, deps: Deps, issue: ReturnType<typeof issuing>, openOf: OpenOf): void {
  const service = invoices(deps, issue, openOf)
  const tags = ['Invoices']

  app.post(
    '/v1/invoices',
    {
      config: { scope: 'invoice.write', idempotency: 'required' },
      schema: {
        operationId: 'createInvoice',
        summary: 'Draft an invoice without a quote',
        tags,
        headers: IdempotencyHeader,
        body: CreateInvoice,
        response: { 201: InvoiceWire, ...problemResponses(400, 401, 403, 409, 410, 422, 503) },
      },
    },
    async (request, reply) =>
      sendAnswer(reply, await service.create(request.principal, request.idempotencyKey, request.body)),
  )

  app.post(
    '/v1/invoices/:invoiceId/issue',
    {
      config: { scope: 'invoice.issue', idempotency: 'required' },
      schema: {
        operationId: 'issueInvoice',
        summary: 'Give an invoice its number; from then on it does not change',
        tags,
        params,
        headers: IdempotencyHeader,
        response: { 200: InvoiceWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) =>
      sendAnswer(
        reply,
        await service.issue(request.principal, parseId('inv', request.params.invoiceId), request.idempotencyKey),
      ),
  )

  app.get(
    '/v1/invoices',
    {
      config: { scope: 'invoice.read' },
      schema: {
        operationId: 'listInvoices',
        summary: 'List invoices, or find one by its external id or number',
        tags,
        querystring: listQuery('inv', {
          state: Type.Optional(InvoiceState),
          overdue: Type.Optional(
            Type.Enum(['true'], {
              description: 'Only what is open after its due date; of one account, so with account_id.',
            }),
          ),
        }),
        response: {
          200: Type.Object({
            data: Type.Array(InvoiceWire, { description: 'By id.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403, 422),
        },
      },
    },
    async (request) => {
      const { size, page } = readListQuery('inv', request.query)
      const { state, overdue } = request.query
      const found = await service.list(request.principal, page, { state, overdue: overdue === 'true' })
      return { data: found.slice(0, size), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/invoices/:invoiceId',
    {
      config: { scope: 'invoice.read' },
      schema: {
        operationId: 'getInvoice',
        summary: 'Show an invoice',
        tags,
        params,
        response: { 200: InvoiceWire, ...problemResponses(401, 403, 404) },
      },
    },
    async (request, reply) =>
      tagged(reply, await service.get(request.principal, parseId('inv', request.params.invoiceId))),
  )

  app.get(
    '/v1/invoices/:invoiceId.pdf',
    {
      config: { scope: 'invoice.read' },
      schema: {
        operationId: 'getInvoicePdf',
        summary: 'Download an issued invoice',
        tags,
        params,
        querystring: PDF_QUERY,
        response: { ...PDF_RESPONSE, ...problemResponses(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) =>
      sendPdf(
        reply,
        await service.pdf(request.principal, parseId('inv', request.params.invoiceId), request.query.language),
      ),
  )
}
