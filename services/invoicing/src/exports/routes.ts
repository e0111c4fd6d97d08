import { Readable } from 'node:stream'
import { type ApiServer, problemResponses, TooManyRequests } from '@kontor/http-api'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { checkDay } from '../documents/calendar.ts'
import { Day } from '../wire/fields.ts'
import { type Manifest, toCsv } from './csv.ts'
import { ExportPeriodReversed } from './errors.ts'
import { openExport } from './rows.ts'
import { recordRun, recordSnapshot } from './runs.ts'

/** Each holds a connection for as long as its reader takes, which must not be all there are. */
const EXPORTS_AT_ONCE = 3
const RETRY_AFTER_SECONDS = 5

export function exportRoutes(app: ApiServer, deps: Deps): void {
  let running = 0
  app.get(
    '/v1/exports/invoices.csv',
    {
      config: { scope: 'export.read' },
      // Answering a HEAD would take as long as the export itself.
      exposeHeadRoute: false,
      schema: {
        operationId: 'exportInvoicesCsv',
        summary: 'Export issued invoices and credit notes as CSV',
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
            description:
              'One line for each invoice and credit note, oldest first; amounts of a credit note are negative.',
            content: { 'text/csv': { schema: Type.String({ description: 'RFC 4180, UTF-8, amounts as decimals.' }) } },
          },
          ...problemResponses(400, 401, 403, 422, 429, 503),
        },
      },
    },
    async (request, reply) => {
      const period = { from: request.query.from ?? '0001-01-01', until: request.query.until ?? '9999-12-31' }
      checkDay(period.from, '/from')
      checkDay(period.until, '/until')
      if (period.until < period.from) throw new ExportPeriodReversed().at('/until')
      if (running === EXPORTS_AT_ONCE) throw new TooManyRequests(RETRY_AFTER_SECONDS)
      running++
      const run = { newId: deps.newId, at: deps.now() }
      const opened = recordRun(deps.database, request.principal, period, run).then(async (id) => {
        const rows = await openExport(deps.database, request.principal, period)
        await recordSnapshot(deps.database, request.principal, id, rows.snapshot).catch(async (error: unknown) => {
          await rows.close()
          throw error
        })
        return rows
      })
      const rows = await opened.catch((error: unknown) => {
        running--
        throw error
      })
      let manifest: Manifest | undefined
      const stream = Readable.from(
        toCsv(rows.batches(), (finished) => {
          manifest = finished
        }),
      )
      // Comes once, at the end as well as when the reader goes away in the middle.
      stream.once('close', () => {
        running--
        rows.close().catch((error: unknown) => request.log.warn({ event: 'export_not_closed', err: error }))
      })
      reply.trailer('Kontor-Manifest', async () => JSON.stringify(manifest ?? null))
      return reply
        .header('content-type', 'text/csv; charset=utf-8; header=present')
        .header('content-disposition', 'attachment; filename="invoices.csv"')
        .send(stream as unknown as string)
    },
  )
}
