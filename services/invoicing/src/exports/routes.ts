import { Readable } from 'node:stream'
import { type ApiServer, problemResponses } from '@kontor/http-api'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { Day } from '../wire/fields.ts'
import { type Manifest, toCsv } from './csv.ts'
import { exportRows } from './rows.ts'

export function exportRoutes(app: ApiServer, deps: Deps): void {
  app.get(
    '/v1/exports/invoices.csv',
    {
      config: { scope: 'export.read' },
      schema: {
        operationId: 'exportInvoicesCsv',
        summary: 'Export issued invoices as CSV',
        description:
          'Streams, however long it is. The HTTP trailer Kontor-Manifest carries the number of rows, the sums by currency and the SHA-256 of the file, as JSON.',
        tags: ['Exports'],
        querystring: Type.Object(
          {
            from: Type.Optional(Day('The first issue date; from the beginning unless given.')),
            until: Type.Optional(Day('The issue date before which it ends; to the end unless given.')),
          },
          { additionalProperties: false },
        ),
        response: {
          200: {
            description: 'One line for each invoice, oldest first.',
            content: { 'text/csv': { schema: Type.String({ description: 'RFC 4180, UTF-8, amounts as decimals.' }) } },
          },
          ...problemResponses(400, 401, 403),
        },
      },
    },
    async (request, reply) => {
      const period = { from: request.query.from ?? '0001-01-01', until: request.query.until ?? '9999-12-31' }
      let manifest: Manifest | undefined
      const csv = toCsv(exportRows(deps.database, request.principal, period), (finished) => {
        manifest = finished
      })
      reply.trailer('Kontor-Manifest', async () => JSON.stringify(manifest ?? null))
      return reply
        .header('content-type', 'text/csv; charset=utf-8; header=present')
        .header('content-disposition', 'attachment; filename="invoices.csv"')
        .send(Readable.from(csv) as unknown as string)
    },
  )
}
