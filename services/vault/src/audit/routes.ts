import type { ApiServer, Principal } from '@kontor/http-api'
import { type IdPrefix, parseId } from '@kontor/ids'
import type { LogId } from './log.ts'
import { getCheckpoint, getConsistency, getProof, listEvents, readLog } from './schema.ts'
import type { Audit } from './service.ts'

const LIMIT_UNLESS_GIVEN = '50'
const config = { scope: 'audit.read' }

/** HTTP to query, result to HTTP. A key sees the log of its own tenant and mode. */
export function auditRoutes(app: ApiServer, audit: Audit): void {
  app.get('/v1/audit/events', { schema: listEvents, config }, async ({ principal, query }) => {
    const { events, more } = await audit.events(logOfKey(principal), {
      after: query.after === undefined ? undefined : parseId('evt', query.after),
      type: query.type,
      objectId: query.object_id === undefined ? undefined : anyId(query.object_id),
      from: instant(query.from),
      until: instant(query.to),
      limit: Number(query.limit ?? LIMIT_UNLESS_GIVEN),
    })
    return { data: events, next_after: more ? (events.at(-1)?.id ?? null) : null }
  })

  app.get('/v1/audit/log', { schema: readLog, config }, async ({ principal, query }) => {
    const limit = Number(query.limit ?? LIMIT_UNLESS_GIVEN)
    const from = Number(query.from ?? '0')
    const { entries, more } = await audit.entries(logOfKey(principal), from, limit)
    return { data: entries, next_from: more ? from + limit : null }
  })

  app.get('/v1/audit/proof/:event', { schema: getProof, config }, async ({ principal, params }) => {
    const { event, index, path, checkpoint } = await audit.inclusion(logOfKey(principal), parseId('evt', params.event))
    return { event, index, size: checkpoint.size, path: path.map(base64url), checkpoint }
  })

  app.get('/v1/audit/consistency', { schema: getConsistency, config }, async ({ principal, query }) => {
    const [first, second] = [Number(query.first), Number(query.second)]
    const path = await audit.consistency(logOfKey(principal), first, second)
    return { first, second, path: path.map(base64url) }
  })

  app.get('/v1/audit/checkpoints/latest', { schema: getCheckpoint, config }, async ({ principal }) =>
    audit.newestCheckpoint(logOfKey(principal)),
  )
}

const logOfKey = ({ tenantId, mode }: Principal): LogId => ({ tenantId, mode })
const base64url = (hash: Buffer) => hash.toString('base64url')
const anyId = (text: string) => parseId(text.slice(0, 3) as IdPrefix, text)
const instant = (text: string | undefined) => (text === undefined ? undefined : new Date(text))
