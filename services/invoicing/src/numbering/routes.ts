import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { Id, Instant, Nullable, Paging } from '../wire/fields.ts'
import { auditSeries } from './audit.ts'
import { listSeries, seriesToWire } from './list-series.ts'

const SeriesWire = Type.Object({
  id: Id('ser', 'The series.'),
  issuer_id: Id('iss', 'Who issues its documents.'),
  scope: Type.Enum(['account', 'issuer'], { description: 'Whether each account counts for itself.' }),
  account_id: Nullable(Id('acc', 'Whose series it is, where the scope is account.')),
  document_type: Type.String({ description: 'quote or invoice.' }),
  period: Type.String({ description: 'Empty, or the year or month it counts.' }),
  format: Type.String({ description: 'How its numbers read.' }),
  next_seq: Type.Integer({ description: 'What the next number will be.' }),
  last_issued_on: Nullable(Type.String({ description: 'The latest issue date, YYYY-MM-DD.' })),
})

const AuditWire = Type.Object({
  first: Nullable(Type.Integer({ description: 'The first number; null where none was drawn.' })),
  last: Nullable(Type.Integer({ description: 'The last number.' })),
  count: Type.Integer({ description: 'How many were drawn.' }),
  complete: Type.Boolean({ description: 'Whether they are 1 to n without gap, and the counter stands behind n.' }),
  missing: Type.Array(Type.Integer(), { description: 'Numbers that are missing, at most 100 of them.' }),
  date_inversions: Type.Array(Type.Integer(), {
    description: 'Numbers dated before the one before them, at most 100.',
  }),
  numbers: Type.Array(
    Type.Object({
      seq: Type.Integer({ description: 'The counter.' }),
      number: Type.String({ description: 'The number as it is printed.' }),
      document_id: Type.String({ description: 'The quote or invoice that has it.' }),
      issue_on: Type.String({ description: 'Its issue date, YYYY-MM-DD.' }),
      issued_at: Instant('When it was drawn.'),
      intact: Type.Boolean({
        description: 'Whether the document is there and says to the byte what the number was bound to (SHA-256).',
      }),
    }),
    { description: 'What became of each number, by number.' },
  ),
  has_more: Type.Boolean({ description: 'Whether more numbers follow.' }),
})

export function seriesRoutes(app: ApiServer, deps: Deps): void {
  const tags = ['Series']
  app.get(
    '/v1/series',
    {
      config: { scope: 'series.read' },
      schema: {
        operationId: 'listSeries',
        summary: 'List the counters that numbers come from',
        tags,
        querystring: Type.Object(
          {
            account_id: Type.Optional(Id('acc', 'Only of this account.')),
            after: Type.Optional(Id('ser', 'The last id of the page before.')),
            ...Paging,
          },
          { additionalProperties: false },
        ),
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
      const { account_id, after, limit } = request.query
      const size = Number(limit ?? 50)
      const found = await listSeries(deps.database, request.principal, {
        accountId: account_id && parseId('acc', account_id),
        after: after && parseId('ser', after),
        limit: size + 1,
      })
      return { data: found.slice(0, size).map(seriesToWire), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/series/:seriesId/audit',
    {
      config: { scope: 'series.read' },
      schema: {
        operationId: 'auditSeries',
        summary: 'Prove that a series has no gap',
        tags,
        params: Type.Object({ seriesId: Id('ser', 'The series.') }),
        querystring: Type.Object(
          {
            after: Type.Optional(
              Type.String({
                pattern: '^(0|[1-9][0-9]{0,14})$',
                maxLength: 15,
                description: 'The last counter of the page before.',
              }),
            ),
            ...Paging,
          },
          { additionalProperties: false },
        ),
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
        date_inversions: [...audit.date_inversions],
        numbers: [...audit.numbers],
      }
    },
  )
}
