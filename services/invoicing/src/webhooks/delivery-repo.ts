import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { Delivery, DeliveryState } from './delivery.ts'

const COLUMNS = [
  'event_id',
  'source',
  'type',
  'account_id',
  'object_kind',
  'object_id',
  'object_version',
  'event_at',
  'state',
  'attempts',
  'next_attempt_at',
  'expires_at',
  'last_attempt_at',
  'last_status',
  'last_failure',
  'ended_at',
]

/** Nothing of its object waits in front of it. */
const IS_FIRST = `not exists (
  select from webhook_delivery as earlier
   where earlier.bucket = delivery.bucket and earlier.webhook_id = delivery.webhook_id and earlier.state = 'pending'
     and earlier.object_id = delivery.object_id
     and (earlier.object_version, earlier.event_at, earlier.event_id)
       < (delivery.object_version, delivery.event_at, delivery.event_id))`

/**
 * Takes deliveries whose time has come, one of each object: what comes later waits until it has ended. Each is leased, so that nobody
 * else makes the same attempt, and counted before it is made, so that one that kills the process is counted too.
 */
export async function claimDeliveries(
  database: Database,
  webhookId: string,
  { now, leasedUntil, limit }: { readonly now: Date; readonly leasedUntil: Date; readonly limit: number },
): Promise<Delivery[]> {
  return database.hotSql<Delivery>(
    'claim_webhook_deliveries',
    // Materialized: a plan that reads the list again for each row would take the next ones each time, and more than the limit.
    `with due as materialized (
       select delivery.event_id from webhook_delivery as delivery
        where delivery.bucket = $1 and delivery.webhook_id = $2 and delivery.state = 'pending'
          and delivery.next_attempt_at <= $3 and (delivery.leased_until is null or delivery.leased_until <= $3) and ${IS_FIRST}
        order by delivery.next_attempt_at, delivery.event_at, delivery.event_id limit $5
          for update skip locked
     )
     update webhook_delivery as delivery set attempts = delivery.attempts + 1, leased_until = $4, last_attempt_at = $3
       from due
      where delivery.bucket = $1 and delivery.webhook_id = $2 and delivery.event_id = due.event_id
     returning ${COLUMNS.map((column) => `delivery.${column}`).join(', ')}`,
    [bucketOf(webhookId), webhookId, now, leasedUntil, limit],
  )
}

/** @returns When the next delivery of an endpoint can be tried; `undefined` if nothing waits. */
export async function nextDue(database: Database, webhookId: string): Promise<Date | undefined> {
  const [row] = await database.hotSql<{ due: Date | null }>(
    'next_webhook_delivery',
    `select min(greatest(delivery.next_attempt_at, delivery.leased_until)) as due from webhook_delivery as delivery
      where delivery.bucket = $1 and delivery.webhook_id = $2 and delivery.state = 'pending' and ${IS_FIRST}`,
    [bucketOf(webhookId), webhookId],
  )
  return row?.due ?? undefined
}

/** What came of an attempt. */
export interface Attempted {
  readonly event_id: string
  /** Which attempt it was: whoever comes after the lease has run out changes nothing any more. */
  readonly attempts: number
  readonly state: DeliveryState
  readonly next_attempt_at: Date | null
  readonly last_status: number | null
  readonly last_failure: string | null
}

export async function recordAttempts(
  tx: Tx,
  webhookId: string,
  attempted: readonly Attempted[],
  now: Date,
): Promise<void> {
  await tx.raw(
    `update webhook_delivery as delivery
        set state = made.state, next_attempt_at = coalesce(made.next_attempt_at, delivery.next_attempt_at), leased_until = null,
            last_status = made.last_status, last_failure = made.last_failure,
            ended_at = case when made.state <> 'pending' then ?::timestamptz end
       from json_to_recordset(?::json) as made (
              event_id uuid, attempts int, state text, next_attempt_at timestamptz, last_status smallint, last_failure text)
      where delivery.bucket = ? and delivery.webhook_id = ? and delivery.event_id = made.event_id
        and delivery.attempts = made.attempts and delivery.state = 'pending'`,
    [now, JSON.stringify(attempted), bucketOf(webhookId), webhookId],
  )
}

/** Keeps how often in a row nobody answered. */
export async function recordSilence(
  tx: Tx,
  webhookId: string,
  { silences, pausedUntil }: { readonly silences: number; readonly pausedUntil: Date | null },
): Promise<void> {
  await tx('webhook_endpoint')
    .where({ bucket: bucketOf(webhookId), id: webhookId })
    .update({ silences, paused_until: pausedUntil })
}

export async function listDeliveries(
  database: Database,
  webhookId: string,
  { state, after, limit }: { state: DeliveryState | undefined; after: string | undefined; limit: number },
): Promise<Delivery[]> {
  const query = database
    .knex('webhook_delivery')
    .select(COLUMNS)
    .where({ bucket: bucketOf(webhookId), webhook_id: webhookId })
  if (state !== undefined) query.andWhere({ state })
  if (after !== undefined) query.andWhere('event_id', '>', after)
  return query.orderBy('event_id').limit(limit)
}
