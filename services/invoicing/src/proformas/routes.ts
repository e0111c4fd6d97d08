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
import { CreateProforma, ProformaWire } from './schema.ts'
import { proformas } from './service.ts'

const params = Type.Object({ proformaId: Id('pro', 'The proforma.') })

export function proformaRoutes(
  app: ApiServer,
  deps: Deps,
  issue: ReturnType<typeof issuing>,
  refuseLiveCharge: Parameters<typeof proformas>[2],
): void {
  const service = proformas(deps, issue, refuseLiveCharge)
  const tags = ['Proformas']

  app.post(
    '/v1/proformas',
    {
      config: { scope: 'invoice.write', idempotency: 'required' },
      schema: {
        operationId: 'createProforma',
        summary: 'Draft a proforma',
        tags,
        headers: IdempotencyHeader,
        body: CreateProforma,
        response: { 201: ProformaWire, ...problemResponses(400, 401, 403, 409, 410, 422, 503) },
      },
    },
    async (request, reply) =>
      sendAnswer(reply, await service.create(request.principal, request.idempotencyKey, request.body)),
  )

  app.post(
    '/v1/proformas/:proformaId/issue',
    {
      config: { scope: 'invoice.issue', idempotency: 'required' },
      schema: {
        operationId: 'issueProforma',
        summary: 'Give a proforma its number; from then on it can be paid',
        description:
          'It is no invoice: once nothing is open on it any more it becomes one by itself, dated by the last payment (or by the earliest day that the series still takes), and the payments move there.',
        tags,
        params,
        headers: IdempotencyHeader,
        response: { 200: ProformaWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) =>
      sendAnswer(
        reply,
        await service.issue(request.principal, parseId('pro', request.params.proformaId), request.idempotencyKey),
      ),
  )

  app.post(
    '/v1/proformas/:proformaId/cancel',
    {
      config: { scope: 'invoice.write', idempotency: 'required' },
      schema: {
        operationId: 'cancelProforma',
        summary: 'End a proforma that nobody has paid anything of',
        tags,
        params,
        headers: IdempotencyHeader,
        response: { 200: ProformaWire, ...problemResponses(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) =>
      sendAnswer(
        reply,
        await service.cancel(request.principal, parseId('pro', request.params.proformaId), request.idempotencyKey),
      ),
  )

  app.get(
    '/v1/proformas',
    {
      config: { scope: 'invoice.read' },
      schema: {
        operationId: 'listProformas',
        summary: 'List proformas, or find one by its external id or number',
        tags,
        querystring: listQuery('pro'),
        response: {
          200: Type.Object({
            data: Type.Array(ProformaWire, { description: 'By id.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403),
        },
      },
    },
    async (request) => {
      const { size, page } = readListQuery('pro', request.query)
      const found = await service.list(request.principal, page)
      return { data: found.slice(0, size), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/proformas/:proformaId',
    {
      config: { scope: 'invoice.read' },
      schema: {
        operationId: 'getProforma',
        summary: 'Show a proforma',
        tags,
        params,
        response: { 200: ProformaWire, ...problemResponses(401, 403, 404) },
      },
    },
    async (request, reply) =>
      tagged(reply, await service.get(request.principal, parseId('pro', request.params.proformaId))),
  )

  app.get(
    '/v1/proformas/:proformaId.pdf',
    {
      config: { scope: 'invoice.read' },
      schema: {
        operationId: 'getProformaPdf',
        summary: 'Download an issued proforma',
        tags,
        params,
        querystring: PDF_QUERY,
        response: { ...PDF_RESPONSE, ...problemResponses(400, 401, 403, 404, 409) },
      },
    },
    async (request, reply) =>
      sendPdf(
        reply,
        await service.pdf(request.principal, parseId('pro', request.params.proformaId), request.query.language),
      ),
  )
}
