import { Readable } from 'node:stream'
import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { sendAnswer } from '../idempotency/send.ts'
import { Id, IdempotencyHeader, Paging } from '../wire/fields.ts'
import { toRunCsv } from './report-csv.ts'
import { CreateInvoiceRun, InvoiceRunItemWire, InvoiceRunWire } from './schema.ts'
import { invoiceRuns } from './service.ts'

const params = Type.Object({ runId: Id('run', 'The run.') })

export function invoiceRunRoutes(app: ApiServer, deps: Deps): void {
  const service = invoiceRuns(deps)
  const tags = ['Invoice runs']

  app.post(
    '/v1/invoice-runs',
    {
      config: { scope: 'invoice.issue', idempotency: 'required' },
      schema: {
        operationId: 'createInvoiceRun',
        summary: 'Issue many drafts, or judge them all',
        description:
          'Which drafts is fixed now; they are issued afterwards, each exactly once, in the order of their dates and in the name of this key: once it is revoked, has expired or may not issue any more, what is left is refused (key_ended, scope_missing). A draft that breaks a rule stays a draft and holds up nobody.',
        tags,
        headers: IdempotencyHeader,
        body: CreateInvoiceRun,
        response: { 202: InvoiceRunWire, ...problemResponses(400, 401, 403, 409, 422) },
      },
    },
    async (request, reply) =>
      sendAnswer(reply, await service.create(request.principal, request.idempotencyKey, request.body)),
  )

  app.get(
    '/v1/invoice-runs/:runId',
    {
      config: { scope: 'invoice.read' },
      schema: {
        operationId: 'getInvoiceRun',
        summary: 'Show how far a run has come',
        tags,
        params,
        response: { 200: InvoiceRunWire, ...problemResponses(401, 403, 404) },
      },
    },
    async (request) => service.get(request.principal, parseId('run', request.params.runId)),
  )

  app.get(
    '/v1/invoice-runs/:runId/items',
    {
      config: { scope: 'invoice.read' },
      schema: {
        operationId: 'listInvoiceRunItems',
        summary: 'List the drafts of a run and what became of each',
        tags,
        params,
        querystring: Type.Object(
          {
            after: Type.Optional(
              Type.String({
                pattern: '^(0|[1-9][0-9]{0,5})$',
                maxLength: 6,
                description: 'The last position of the page before.',
              }),
            ),
            ...Paging,
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            data: Type.Array(InvoiceRunItemWire, { description: 'By position.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403, 404),
        },
      },
    },
    async (request) => {
      const size = Number(request.query.limit ?? 50)
      const page = { after: Number(request.query.after ?? 0), limit: size + 1 }
      const found = await service.items(request.principal, parseId('run', request.params.runId), page)
      return { data: found.slice(0, size), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/invoice-runs/:runId.csv',
    {
      config: { scope: 'invoice.read' },
      // Answering a HEAD would take as long as the report itself.
      exposeHeadRoute: false,
      schema: {
        operationId: 'getInvoiceRunCsv',
        summary: 'Download what became of every draft of a run',
        tags,
        params,
        response: {
          200: {
            description: 'One line for each draft, in the order of the run.',
            content: { 'text/csv': { schema: Type.String({ description: 'RFC 4180, UTF-8, amounts as decimals.' }) } },
          },
          ...problemResponses(401, 403, 404),
        },
      },
    },
    async (request, reply) => {
      const batches = await service.report(request.principal, parseId('run', request.params.runId))
      return reply
        .header('content-type', 'text/csv; charset=utf-8; header=present')
        .header('content-disposition', `attachment; filename="${request.params.runId}.csv"`)
        .send(Readable.from(toRunCsv(batches)) as unknown as string)
    },
  )
}
