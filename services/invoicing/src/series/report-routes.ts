import { Readable } from 'node:stream'
import { type ApiServer, problemResponses, TooManyRequests } from '@kontor/http-api'
import { formatId, parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { checkDay } from '../documents/calendar.ts'
import { PDF_RESPONSE } from '../documents/send-pdf.ts'
import { ReportPeriodReversed, ReportTooLong } from '../numbering/errors.ts'
import { Id } from '../wire/fields.ts'
import { openReport, type ReportPeriod } from './report.ts'
import { type ReportManifest, toReportCsv } from './report-csv.ts'
import { NUMBERS_MAX, toReportPdf } from './report-pdf.ts'
import { PdfReportQuery, ReportQuery } from './schema.ts'

/** Each holds a connection for as long as its reader takes, which must not be all there are. */
const REPORTS_AT_ONCE = 2
const RETRY_AFTER_SECONDS = 5

const params = Type.Object({ seriesId: Id('ser', 'The series.') })
const tags = ['Series']
const refusals = () => problemResponses(400, 401, 403, 404, 422, 429, 503)

export function reportRoutes(app: ApiServer, deps: Deps): void {
  let running = 0
  /** @returns The report, which counts as running until it is closed. */
  async function open(...[actor, seriesId, period]: [Parameters<typeof openReport>[1], string, ReportPeriod]) {
    checkPeriod(period)
    if (running === REPORTS_AT_ONCE) throw new TooManyRequests(RETRY_AFTER_SECONDS)
    running++
    try {
      const report = await openReport(deps.database, actor, seriesId, period)
      return {
        ...report,
        async close() {
          running--
          await report.close()
        },
      }
    } catch (error) {
      running--
      throw error
    }
  }

  app.get(
    '/v1/series/:seriesId/report.csv',
    {
      config: { scope: 'export.read' },
      // Answering a HEAD would take as long as the report itself.
      exposeHeadRoute: false,
      schema: {
        operationId: 'reportSeriesCsv',
        summary: 'Report every number of a series and what became of it, as CSV',
        description:
          'Streams, however long it is. The HTTP trailer Kontor-Manifest carries counts, sums and the SHA-256 of the file, as JSON.',
        tags,
        params,
        querystring: ReportQuery,
        response: {
          200: {
            description: 'One line for each number, and one for each gap.',
            content: { 'text/csv': { schema: Type.String({ description: 'RFC 4180, UTF-8, amounts as decimals.' }) } },
          },
          ...refusals(),
        },
      },
    },
    async (request, reply) => {
      const { from, to } = request.query
      const report = await open(request.principal, parseId('ser', request.params.seriesId), { from, to })
      let manifest: ReportManifest | undefined
      const stream = Readable.from(
        toReportCsv(report, deps.now(), (finished) => {
          manifest = finished
        }),
      )
      // Comes once, at the end as well as when the reader goes away in the middle.
      stream.once('close', () => {
        report.close().catch((error: unknown) => request.log.warn({ event: 'report_not_closed', err: error }))
      })
      reply.trailer('Kontor-Manifest', async () => JSON.stringify(manifest ?? null))
      return reply
        .header('content-type', 'text/csv; charset=utf-8; header=present')
        .header('content-disposition', `attachment; filename="${request.params.seriesId}.csv"`)
        .send(stream as unknown as string)
    },
  )

  app.get(
    '/v1/series/:seriesId/report.pdf',
    {
      config: { scope: 'export.read' },
      exposeHeadRoute: false,
      schema: {
        operationId: 'reportSeriesPdf',
        summary: 'Report every number of a series and what became of it, for a tax inspector',
        description: `At most ${NUMBERS_MAX} numbers (422 report_too_long).`,
        tags,
        params,
        querystring: PdfReportQuery,
        response: { ...PDF_RESPONSE, ...refusals() },
      },
    },
    async (request, reply) => {
      const { from, to, language } = request.query
      const report = await open(request.principal, parseId('ser', request.params.seriesId), { from, to })
      try {
        if (report.head.count > NUMBERS_MAX) throw new ReportTooLong(NUMBERS_MAX)
        const pdf = await toReportPdf(deps.fonts, report, {
          period: { from, to },
          language,
          madeAt: deps.now(),
          keyId: formatId('key', request.principal.keyId),
        })
        // Unlike a document, a report is another one tomorrow.
        return reply
          .header('content-type', 'application/pdf')
          .header('content-disposition', `attachment; filename="${request.params.seriesId}.pdf"`)
          .header('cache-control', 'private, no-store')
          .send(pdf as unknown as string)
      } finally {
        await report.close()
      }
    },
  )
}

function checkPeriod({ from, to }: ReportPeriod): void {
  checkDay(from, '/from')
  checkDay(to, '/to')
  if (from !== undefined && to !== undefined && to < from) throw new ReportPeriodReversed().at('/to')
}
