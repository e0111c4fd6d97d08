import { bucketOf } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import type { Place } from './cursor.ts'
import type { EventType } from './event.ts'

/** An event as it is read, and the transaction that wrote it. */
export interface EventRow {
  readonly id: string
  readonly type: EventType
  readonly account_id: string | null
  readonly object_id: string
  readonly object_version: number
  readonly mode: 'test' | 'live'
  readonly at: Date
  readonly tx: string
}

const COLUMNS = ['id', 'type', 'account_id', 'object_id', 'object_version', 'mode', 'at', 'tx']
  .map((column) => `event.${column}`)
  .join(', ')

// A transaction that is still running may write events below those of others that are over. Below every running one nothing is
// added any more, so that a reader who has passed a place has seen all that there will ever be before it.
const SETTLED = 'event.tx < pg_snapshot_xmin(pg_current_snapshot())'

/** Where the database is in counting transactions, and in which cluster it counts them. */
export async function readHorizon(database: Database): Promise<{ horizon: string; cluster: string }> {
  const [row] = await database.hotSql<{ horizon: string; cluster: string }>(
    'event_horizon',
    `select pg_snapshot_xmin(pg_current_snapshot())::text as horizon, left(md5(system_identifier::text), 8) as cluster
       from pg_control_system()`,
    [],
  )
  if (!row) throw new Error('the database does not say which cluster it is')
  return row
}

/** @returns The next events of a tenant in the order of transactions, whatever they are about. */
export async function readEvents(database: Database, owner: Owner, after: Place, limit: number): Promise<EventRow[]> {
  return database.hotSql<EventRow>(
    'read_events',
    `select ${COLUMNS} from event
      where event.tenant_id = $1 and event.mode = $2 and (event.tx, event.id) > ($3::xid8, $4::uuid) and ${SETTLED}
      order by event.tx, event.id limit $5`,
    [owner.tenantId, owner.mode, after.tx, after.id, limit],
  )
}

/**
 * @param of UUID of an object, or of an account.
 * @returns The same of one object, or of everything of an account: what happens to them is written where they live, so that one
 *   bucket is looked through. `offset 0` keeps it from being looked for in the whole feed.
 */
export async function readEventsOf(
  database: Database,
  owner: Owner,
  of: string,
  after: Place,
  limit: number,
): Promise<EventRow[]> {
  return database.hotSql<EventRow>(
    'read_events_of',
    `select ${COLUMNS} from (
       select ${COLUMNS} from event
        where event.bucket = $6 and event.tenant_id = $1 and event.mode = $2
          and (event.object_id = $7 or event.account_id = $7) and ${SETTLED} offset 0
     ) as event
      where (event.tx, event.id) > ($3::xid8, $4::uuid) order by event.tx, event.id limit $5`,
    [owner.tenantId, owner.mode, after.tx, after.id, limit, bucketOf(of), of],
  )
}

/** @returns The first event from a transaction on; `undefined` behind the last one. */
export async function firstFrom(
  database: Database,
  owner: Owner,
  tx: string,
): Promise<Pick<EventRow, 'at'> | undefined> {
  const [row] = await database.hotSql<Pick<EventRow, 'at'>>(
    'first_event_from',
    `select event.at from event where event.tenant_id = $1 and event.mode = $2 and event.tx >= $3::xid8 and ${SETTLED}
      order by event.tx, event.id limit 1`,
    [owner.tenantId, owner.mode, tx],
  )
  return row
}
