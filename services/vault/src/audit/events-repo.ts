import { bucketOf } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import { EVENT_COLUMNS, type EventRow } from './event-row.ts'
import { bucketOfLog, type LogId } from './log.ts'

/** Which events are asked for; what is `undefined` does not matter. */
export interface EventFilter {
  readonly after: string | undefined
  readonly type: string | undefined
  readonly objectId: string | undefined
  readonly from: Date | undefined
  readonly until: Date | undefined
  readonly limit: number
}

/** An event, and where it is sealed if it is. */
export type SealedEvent = EventRow & { readonly seq: bigint | null }

// What is committed but has a running transaction below it could still be overtaken by that one, so it is not shown yet. What is
// seen of a transaction that has not ended comes from another cluster, out of a dump.
const SETTLED = `(event.tx < pg_snapshot_xmin(pg_current_snapshot()) or event.tx >= pg_snapshot_xmax(pg_current_snapshot()))`
const SEQ = `(select audit_leaf.seq from audit_leaf where audit_leaf.bucket = $1 and audit_leaf.event_id = event.id
  and audit_leaf.tenant_id = $2) as seq`

/** @returns Events of a log in the order of their ids. */
export function listEvents(database: Database, log: LogId, filter: EventFilter): Promise<SealedEvent[]> {
  const { after, type, objectId, from, until, limit } = filter
  const { tenantId, mode } = log
  const values = [bucketOfLog(log), tenantId, mode, after ?? null, type ?? null, from ?? null, until ?? null, limit]
  const where = `event.tenant_id = $2 and event.mode = $3 and ($4::uuid is null or event.id > $4)
    and ($5::text is null or event.type = $5) and ($6::timestamptz is null or event.at >= $6)
    and ($7::timestamptz is null or event.at < $7) and ${SETTLED}`
  const select = `select ${EVENT_COLUMNS}, ${SEQ} from event where ${where}`
  if (objectId === undefined) {
    return database.hotSql('audit_events', `${select} order by event.id limit $8`, values)
  }
  // What happens to an object is written where the object lives.
  const ofObject = `${select} and event.bucket = $9 and event.object_id = $10 order by event.id limit $8`
  return database.hotSql('audit_events_of', ofObject, [...values, bucketOf(objectId), objectId])
}

/** @returns `undefined` where the log's tenant has no such event of that mode. */
export async function findEvent(database: Database, log: LogId, id: string): Promise<SealedEvent | undefined> {
  const [row] = await database.hotSql<SealedEvent>(
    'audit_event',
    `select ${EVENT_COLUMNS}, ${SEQ} from event
     where event.bucket = $4 and event.id = $5 and event.tenant_id = $2 and event.mode = $3`,
    [bucketOfLog(log), log.tenantId, log.mode, bucketOf(id), id],
  )
  return row
}
