import { createHash } from 'node:crypto'
import { type Bucket, bucketFromBytes, bucketOf } from '@kontor/ids'
import { jobsFor } from '@kontor/jobs'
import type { Database } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import type { EventState, KeptEvent } from './processor-event.ts'

/** The job of one event. */
export const EVENT_TASK = 'processor_event'

const TOLD = `id uuid, tenant_id uuid, mode text, processor text, event_reference text, type text, kind text,
  reference text, charge_reference text, dispute_state text, amount_minor bigint, currency text, dispute_reason text,
  occurred_at timestamptz, received_at timestamptz`
const TOLD_COLUMNS = TOLD.replace(/ (uuid|text|bigint|timestamptz)\b/g, '')

/**
 * Keeps what was not kept before, and makes the job of each. In the order of the key: who waits for another's row waits for one whose
 * holder does not wait for it.
 */
const KEEP_SQL = `
with delivered as (
  select * from json_to_recordset($1::json) as delivered (bucket smallint, ${TOLD})
), kept as (
  insert into processor_event (bucket, ${TOLD_COLUMNS})
  select bucket, ${TOLD_COLUMNS} from delivered order by bucket, tenant_id, mode, processor, event_reference
  on conflict (bucket, tenant_id, mode, processor, event_reference) do nothing
  returning id
)
select count(*)::int as kept from ${jobsFor(EVENT_TASK, 'kept', { payload: "json_build_object('id', kept.id)" })}`

/** Where it is decided whether an event came before. */
export function bucketOfEvent(event: Pick<KeptEvent, 'tenant_id' | 'mode' | 'processor' | 'event_reference'>): Bucket {
  const { tenant_id, mode, processor, event_reference } = event
  return bucketFromBytes(createHash('sha256').update(`${tenant_id}/${mode}/${processor}/${event_reference}`).digest())
}

export type NewEvent = Omit<KeptEvent, 'state' | 'failures' | 'failure' | 'settled_at'>

/** Committed when it comes back. */
export async function keepEvents(database: Database, events: readonly NewEvent[]): Promise<void> {
  const rows = events.map((event) => ({
    ...event,
    bucket: bucketOf(event.id),
    amount_minor: event.amount_minor === null ? null : String(event.amount_minor),
  }))
  await database.hotSql('keep_processor_events', KEEP_SQL, [JSON.stringify(rows)])
}

export async function tenantExists(database: Database, tenantId: string): Promise<boolean> {
  const rows = await database.hotSql('tenant_exists', 'select id from tenant where id = $1', [tenantId])
  return rows.length > 0
}

const COLUMNS = `${TOLD_COLUMNS}, state, failures, failure, settled_at`

export async function findEvent(database: Database, id: string): Promise<KeptEvent | undefined> {
  const [row] = await database.hotSql<KeptEvent>(
    'find_processor_event',
    `select ${COLUMNS} from processor_event where bucket = $1 and id = $2`,
    [bucketOf(id), id],
  )
  return row
}

/** Across buckets, by the index on disputes: what was told last of one, by the clock of the processor. */
export async function latestOfDispute(database: Database, event: KeptEvent): Promise<KeptEvent | undefined> {
  const [row] = await database.hotSql<KeptEvent>(
    'latest_of_dispute',
    `select ${COLUMNS} from processor_event
      where tenant_id = $1 and mode = $2 and processor = $3 and kind = 'dispute' and reference = $4
      order by occurred_at desc, dispute_state in ('won', 'lost', 'closed') desc, id desc limit 1`,
    [event.tenant_id, event.mode, event.processor, event.reference],
  )
  return row
}

export async function settleEvent(
  database: Database,
  id: string,
  state: Exclude<EventState, 'received'>,
  at: Date,
): Promise<void> {
  await database.hotSql(
    'settle_processor_event',
    `update processor_event set state = $3, settled_at = $4 where bucket = $1 and id = $2 and state = 'received'`,
    [bucketOf(id), id, state, at],
  )
}

export async function noteFailure(database: Database, id: string, failure: string): Promise<void> {
  await database.hotSql(
    'fail_processor_event',
    `update processor_event set failures = failures + 1, failure = $3
      where bucket = $1 and id = $2 and state = 'received'`,
    [bucketOf(id), id, failure],
  )
}

/** Across buckets, by the index on tenant and id. */
export async function listEvents(
  database: Database,
  owner: Owner,
  page: { readonly state: EventState | undefined; readonly after: string | undefined; readonly limit: number },
): Promise<KeptEvent[]> {
  const query = database
    .knex('processor_event')
    .select(COLUMNS.split(/,\s+/))
    .where({ tenant_id: owner.tenantId, mode: owner.mode })
  if (page.state) query.andWhere({ state: page.state })
  if (page.after) query.andWhere('id', '>', page.after)
  return query.orderBy('id').limit(page.limit)
}
