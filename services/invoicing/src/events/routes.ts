import { type ApiServer, problemResponses } from '@kontor/http-api'
import { formatId, type IdPrefix, parseId } from '@kontor/ids'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { objectKindOf } from './object-kind.ts'
import type { EventRow } from './repo.ts'
import { EventPage, EventQuery, type EventWire } from './schema.ts'
import { events } from './service.ts'

/** What happened, for whoever follows it. */
export function eventRoutes(app: ApiServer, deps: Pick<Deps, 'database'>): void {
  const service = events(deps)

  app.get(
    '/v1/events',
    {
      config: { scope: 'event.read' },
      schema: {
        operationId: 'listEvents',
        summary: 'Read what happened, and go on where you stopped',
        description:
          'Keep next_after and send it as after: nothing is ever skipped, whatever was committed meanwhile. An event appears once every transaction that began before its own is over. It carries ids and a version, and never data of a person.',
        tags: ['Events'],
        querystring: EventQuery,
        response: { 200: EventPage, ...problemResponses(400, 401, 403, 410) },
      },
    },
    async ({ principal, query }) => {
      const { after, from, type, account_id, object_id, limit } = query
      const page = await service.list(principal, {
        after,
        from: from === undefined ? undefined : new Date(from),
        type,
        accountId: account_id && parseId('acc', account_id),
        objectId: object_id && parseId(object_id.slice(0, 3) as IdPrefix, object_id),
        limit: Number(limit ?? 50),
      })
      return { data: page.events.map(eventToWire), next_after: page.nextAfter, has_more: page.more }
    },
  )
}

/** Ids and a version: an event never says more. */
function eventToWire(event: EventRow): Static<typeof EventWire> {
  return {
    id: formatId('evt', event.id),
    type: event.type,
    at: event.at.toISOString(),
    account_id: event.account_id && formatId('acc', event.account_id),
    object_id: formatId(objectKindOf(event.type), event.object_id),
    object_version: event.object_version,
    mode: event.mode,
  }
}
