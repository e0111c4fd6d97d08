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
import { CreateQuote, QuoteStateWire, QuoteWire } from './schema.ts'
import { quotes } from './service.ts'
import { quoteStepRoutes } from './step-routes.ts'

const params = Type.Object({ quoteId: Id('quo', 'The quote.') })

export function quoteRoutes(app: ApiServer, deps: Deps, issue: ReturnType<typeof issuing>): void {
  const service = quotes(deps, issue)
  const tags = ['Quotes']

  app.post(
    '/v1/quotes',
    {
      config: { scope: 'quote.write', idempotency: 'required' },
      schema: {
        operationId: 'createQuote',
        summary: 'Draft a quote',
        tags,
        headers: IdempotencyHeader,
        body: CreateQuote,
        response: { 201: QuoteWire, ...problemResponses(400, 401, 403, 409, 410, 422, 503) },
      },
    },
    async (request, reply) =>
      sendAnswer(reply, await service.create(request.principal, request.idempotencyKey, request.body)),
  )

  app.post(
    '/v1/quotes/:quoteId/issue',
    {
      config: { scope: 'quote.write', idempotency: 'required' },
      schema: {
        operationId: 'issueQuote',
        summary: 'Give a quote its number and send it; from then on it does not change',
        tags,
        params,
        headers: IdempotencyHeader,
        response: { 200: QuoteWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) =>
      sendAnswer(
        reply,
        await service.issue(request.principal, parseId('quo', request.params.quoteId), request.idempotencyKey),
      ),
  )

  app.get(
    '/v1/quotes',
    {
      config: { scope: 'quote.read' },
      schema: {
        operationId: 'listQuotes',
        summary: 'List quotes, or find one by its external id or number',
        tags,
        querystring: listQuery('quo', { state: Type.Optional(QuoteStateWire) }),
        response: {
          200: Type.Object({
            data: Type.Array(QuoteWire, { description: 'By id.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403),
        },
      },
    },
    async (request) => {
      const { size, page } = readListQuery('quo', request.query)
      const found = await service.list(request.principal, page, request.query.state)
      return { data: found.slice(0, size), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/quotes/:quoteId',
    {
      config: { scope: 'quote.read' },
      schema: {
        operationId: 'getQuote',
        summary: 'Show a quote',
        tags,
        params,
        response: { 200: QuoteWire, ...problemResponses(401, 403, 404) },
      },
    },
    async (request, reply) =>
      tagged(reply, await service.get(request.principal, parseId('quo', request.params.quoteId))),
  )

  app.get(
    '/v1/quotes/:quoteId.pdf',
    {
      config: { scope: 'quote.read' },
      schema: {
        operationId: 'getQuotePdf',
        summary: 'Download an issued quote',
        tags,
        params,
        querystring: PDF_QUERY,
        response: { ...PDF_RESPONSE, ...problemResponses(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) =>
      sendPdf(
        reply,
        await service.pdf(request.principal, parseId('quo', request.params.quoteId), request.query.language),
      ),
  )

  app.get(
    '/v1/quotes/:quoteId/terms',
    {
      config: { scope: 'quote.read' },
      schema: {
        operationId: 'getQuoteTerms',
        summary: 'Everything an issued quote says, in the bytes that its acceptance is bound to by SHA-256',
        tags,
        params,
        response: {
          200: {
            description: 'The canonical snapshot (RFC 8785), a line feed, the number.',
            content: { 'text/plain': { schema: Type.String({ description: 'UTF-8.' }) } },
          },
          ...problemResponses(401, 403, 404, 409),
        },
      },
    },
    async (request, reply) =>
      reply
        .header('content-type', 'text/plain; charset=utf-8')
        .header('cache-control', 'private, no-transform')
        .send(await service.terms(request.principal, parseId('quo', request.params.quoteId))),
  )

  quoteStepRoutes(app, deps)
}
