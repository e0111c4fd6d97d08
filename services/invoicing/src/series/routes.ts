import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import type { IssuerNumbering } from '../numbering/numbering-repo.ts'
import { Id } from '../wire/fields.ts'
import { IfMatchHeader, versionOf } from '../wire/if-match.ts'
import { auditSeries } from './audit.ts'
import { listSeries, seriesToWire } from './list-series.ts'
import { reportRoutes } from './report-routes.ts'
import {
  AuditQuery,
  AuditWire,
  DocumentTypeWire,
  IssuerNumberingWire,
  PutNumbering,
  SeriesQuery,
  SeriesWire,
  StartNewSeries,
  StartSeries,
} from './schema.ts'
import { numberings } from './service.ts'

const tags = ['Series']
const params = Type.Object({ seriesId: Id('ser', 'The series.') })

export function seriesRoutes(app: ApiServer, deps: Deps): void {
  numberingRoutes(app, deps)
  reportRoutes(app, deps)
  const service = numberings(deps)

  app.get(
    '/v1/series',
    {
      config: { scope: 'series.read' },
      schema: {
        operationId: 'listSeries',
        summary: 'List the counters that numbers come from',
        tags,
        querystring: SeriesQuery,
        response: {
          200: Type.Object({
            data: Type.Array(SeriesWire, { description: 'By id.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403),
        },
      },
    },
    async (request) => {
      const { account_id, issuer_id, document_type, period, after, limit } = request.query
      const size = Number(limit ?? 50)
      const found = await listSeries(deps.database, request.principal, {
        accountId: account_id && parseId('acc', account_id),
        issuerId: issuer_id && parseId('iss', issuer_id),
        documentType: document_type,
        period,
        after: after && parseId('ser', after),
        limit: size + 1,
      })
      return { data: found.slice(0, size).map(seriesToWire), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/series/:seriesId',
    {
      config: { scope: 'series.read' },
      schema: {
        operationId: 'getSeries',
        summary: 'Show a counter',
        tags,
        params,
        response: { 200: SeriesWire, ...problemResponses(401, 403, 404) },
      },
    },
    async (request) =>
      seriesToWire(await service.getSeries(request.principal, parseId('ser', request.params.seriesId))),
  )

  app.put(
    '/v1/series/:seriesId/start',
    {
      config: { scope: 'issuer.write' },
      schema: {
        operationId: 'startSeries',
        summary: 'Let a series go on from another number, once, before its first document',
        tags,
        params,
        body: StartSeries,
        response: { 200: SeriesWire, ...problemResponses(400, 401, 403, 404, 409) },
      },
    },
    async (request) =>
      seriesToWire(
        await service.startSeries(
          request.principal,
          parseId('ser', request.params.seriesId),
          BigInt(request.body.next_seq),
        ),
      ),
  )

  app.get(
    '/v1/series/:seriesId/audit',
    {
      config: { scope: 'series.read' },
      schema: {
        operationId: 'auditSeries',
        summary: 'Prove that a series has no gap',
        tags,
        params,
        querystring: AuditQuery,
        response: { 200: AuditWire, ...problemResponses(400, 401, 403, 404) },
      },
    },
    async (request) => {
      const { after, limit } = request.query
      const audit = await auditSeries(deps.database, request.principal, parseId('ser', request.params.seriesId), {
        after: Number(after ?? 0),
        limit: Number(limit ?? 50),
      })
      return {
        ...audit,
        missing: [...audit.missing],
        duplicates: [...audit.duplicates],
        date_inversions: [...audit.date_inversions],
        misprinted: [...audit.misprinted],
        numbers: [...audit.numbers],
      }
    },
  )
}

function numberingRoutes(app: ApiServer, deps: Deps): void {
  const service = numberings(deps)
  const toWire = ({ version, numberings: each }: IssuerNumbering) => ({ ...each, version })
  const ofIssuer = Type.Object({ issuerId: Id('iss', 'The issuer.') })

  app.get(
    '/v1/issuers/:issuerId/numbering',
    {
      config: { scope: 'issuer.read' },
      schema: {
        operationId: 'getNumbering',
        summary: 'Show how an issuer numbers its documents',
        tags,
        params: ofIssuer,
        response: { 200: IssuerNumberingWire, ...problemResponses(401, 403, 404) },
      },
    },
    async (request, reply) => {
      const found = await service.get(request.principal, parseId('iss', request.params.issuerId))
      reply.header('etag', `"${found.version}"`)
      return toWire(found)
    },
  )

  app.put(
    '/v1/issuers/:issuerId/numbering',
    {
      config: { scope: 'issuer.write' },
      schema: {
        operationId: 'putNumbering',
        summary: 'Decide how an issuer numbers its documents',
        description:
          'A series keeps the format it was made with: with a period, another format is that of the next one; without, it can be chosen only before the first number (409 series_in_use). Two formats that could ever print the same number are refused (series_overlap): 422 for two of the request, 409 for one of the request and one that was used before.',
        tags,
        params: ofIssuer,
        headers: IfMatchHeader,
        body: PutNumbering,
        response: { 200: IssuerNumberingWire, ...problemResponses(400, 401, 403, 404, 409, 412, 422, 428) },
      },
    },
    async (request, reply) => {
      const version = versionOf(request.headers)
      const id = parseId('iss', request.params.issuerId)
      const written = await service.put(request.principal, id, version, request.body)
      reply.header('etag', `"${written.version}"`)
      return toWire(written)
    },
  )

  app.put(
    '/v1/issuers/:issuerId/numbering/:documentType/start',
    {
      config: { scope: 'issuer.write' },
      schema: {
        operationId: 'startNewSeries',
        summary: 'Let a series that has no document yet go on from another system, once',
        tags,
        params: Type.Object({ issuerId: Id('iss', 'The issuer.'), documentType: DocumentTypeWire }),
        body: StartNewSeries,
        response: { 200: SeriesWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request) => {
      const { issuerId, documentType } = request.params
      const { account_id, period, next_seq } = request.body
      const of = {
        issuerId: parseId('iss', issuerId),
        documentType,
        accountId: account_id && parseId('acc', account_id),
        period,
      }
      return seriesToWire(await service.startNew(request.principal, of, BigInt(next_seq)))
    },
  )
}
