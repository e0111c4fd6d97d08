import { type ApiServer, problemResponses } from '@kontor/http-api'
import { idPattern } from '@kontor/ids'
import Type from 'typebox'
import { forwardedTenant } from '../wire/headers.ts'
import type { Feed } from './feed.ts'

const Event = Type.Object(
  {
    id: Type.String({ description: 'evt_….' }),
    type: Type.String({ description: 'One of the catalogue, such as token.created.' }),
    at: Type.String({ description: 'UTC, ISO 8601.' }),
    account_id: Type.Union([Type.String({ pattern: idPattern('acc') }), Type.Null()], {
      description: 'Whose it is; null for a guest’s, and for what belongs to no account.',
    }),
    object_id: Type.String({ description: 'What it happened to.' }),
    object_version: Type.Integer({ description: 'The object’s version afterwards: of two events, which was later.' }),
    mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  },
  { description: 'What happened: ids and a version.' },
)

const listEvents = {
  operationId: 'listEvents',
  tags: ['Events'],
  summary: 'Read what happened, and go on where you stopped',
  description:
    'Keep next_after and send it as after: nothing is ever skipped. An event appears once it is sealed into the audit’s log, within a second unless that is halted. Who did it and why is in the audit.',
  headers: Type.Object(forwardedTenant),
  querystring: Type.Object(
    {
      after: Type.Optional(
        Type.String({
          pattern: '^(end|0|[1-9]\\d{0,14})$',
          maxLength: 15,
          description: 'next_after of the page before, or end: nothing of what is there now.',
        }),
      ),
      type: Type.Optional(
        Type.String({
          pattern: '^[a-z_]+\\.([a-z_]+|\\*)$',
          maxLength: 60,
          description: 'A type, or token.* for all of a kind.',
        }),
      ),
      limit: Type.Optional(
        Type.String({
          pattern: '^([1-9]\\d?|1\\d\\d|200)$',
          maxLength: 3,
          description: 'Events at most: 1 to 200, or 50.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({
      data: Type.Array(Event, {
        maxItems: 200,
        description: 'In the order of the audit’s log. A filter leaves a page empty that may have more behind it.',
      }),
      next_after: Type.String({ description: 'Send it as after to read on, now or later.' }),
      has_more: Type.Boolean({ description: 'Whether it is worth reading on at once.' }),
    }),
    ...problemResponses(400, 401, 403, 503),
  },
}

/** What happened, for whoever follows it. A key sees what is of its own tenant and mode. */
export function eventRoutes(app: ApiServer, feed: Feed): void {
  app.get(
    '/v1/events',
    { schema: listEvents, config: { scope: 'event.read' } },
    async ({ principal: { tenantId, mode }, query }) => {
      const after = query.after === 'end' ? 'end' : Number(query.after ?? 0)
      const { events, nextAfter, more } = await feed.list(
        { tenantId, mode },
        { after, type: query.type, limit: Number(query.limit ?? 50) },
      )
      return { data: events, next_after: String(nextAfter), has_more: more }
    },
  )
}
