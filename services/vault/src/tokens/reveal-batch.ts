import { bucketOf, toBucket } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import type { VaultEvent } from '../events/event.ts'
import { EVENT_COLUMNS, eventColumns } from './batches.ts'
import type { Token } from './token.ts'

/** The event of a reveal or of its refusal, and the token it is about. */
export interface NewReveal {
  readonly token: Token
  readonly event: VaultEvent
  readonly mac: Buffer
  /** How many events of this type the key may leave in a minute. */
  readonly budget: number
}

// The lock on the token orders each reveal against its deletion or erasure: either the event is committed first, or the
// token is found changed and there is no event. (`offset 0` keeps the subquery one: as a join it could read a whole bucket.)
// What the key did in this minute is counted in one row, which every process adds to, and each item gets its place in the
// count; who is beyond the budget is counted and leaves no event. Tokens are held first and counters then, each in key order.
const WRITE_REVEALS = `
with item as (
  select * from json_to_recordset($1::json) as item (
    ord int, bucket smallint, id uuid, tenant_id uuid, mode text, version int, subject_id uuid, type text,
    key_bucket smallint, minute_at timestamptz, budget int, ${EVENT_COLUMNS})
), held as materialized (
  select locked.bucket, locked.id, locked.version
  from (select item.bucket, item.id, max(item.at) as at from item
        group by item.bucket, item.id order by item.bucket, item.id) as wanted
  cross join lateral (
    select token.bucket, token.id, token.version
    from token where token.bucket = wanted.bucket and token.id = wanted.id and token.state = 'active'
      and (token.expires_at is null or token.expires_at > wanted.at)
      and not exists (select from data_subject where data_subject.bucket = token.bucket
        and data_subject.id = token.subject_id and data_subject.state <> 'active' offset 0)
    for share of token) as locked
), ready as materialized (
  select item.*, count(*) over counter as among,
    row_number() over (counter order by item.ord rows unbounded preceding) as position
  from item join held on held.bucket = item.bucket and held.id = item.id and held.version = item.version
  window counter as (partition by item.actor_key_id, item.minute_at, item.type)
), counted as (
  insert into reveal_count (bucket, key_id, minute_at, kind, tenant_id, count)
  select ready.key_bucket, ready.actor_key_id, ready.minute_at, ready.type, (array_agg(ready.tenant_id))[1], count(*)
  from ready group by ready.key_bucket, ready.actor_key_id, ready.minute_at, ready.type
  order by ready.key_bucket, ready.actor_key_id, ready.minute_at, ready.type
  on conflict (bucket, key_id, minute_at, kind) do update set count = reveal_count.count + excluded.count
  returning reveal_count.key_id, reveal_count.minute_at, reveal_count.kind, reveal_count.count
), placed as (
  select ready.*, (counted.count - ready.among + ready.position)::int as place
  from ready join counted on counted.key_id = ready.actor_key_id and counted.minute_at = ready.minute_at
    and counted.kind = ready.type
), logged as (
  insert into event (bucket, id, tenant_id, mode, type, subject_id, object_id, object_version, actor_key_id, purpose,
    request_id, at, data, mac)
  select placed.bucket, placed.event_id, placed.tenant_id, placed.mode, placed.type, placed.subject_id, placed.id,
    placed.version, placed.actor_key_id, placed.purpose, placed.request_id, placed.at, placed.data, placed.mac
  from placed where placed.place <= placed.budget
)
select placed.ord, placed.place from placed`

const MINUTE_MS = 60_000

/** @returns The start of the minute that an instant is in. */
export function minuteOf(at: Date): Date {
  return new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS)
}

/** The last 12 bits of the id, which are random: all ids of keys have the same bucket. */
function counterBucket(keyId: string): number {
  return toBucket(Number.parseInt(keyId.slice(-3), 16))
}

/**
 * Writes a batch of events about reveals.
 *
 * @returns For each its place in what the key did in that minute, counted from 1: the event is written if that is within the
 *   budget. `undefined` where the token no longer is what was read, and nothing was counted.
 */
export async function writeReveals(database: Database, batch: readonly NewReveal[]): Promise<(number | undefined)[]> {
  const items = batch.map(({ token, event, mac, budget }, ord) => ({
    ord,
    bucket: bucketOf(token.id),
    id: token.id,
    tenant_id: token.tenantId,
    mode: token.mode,
    version: token.version,
    subject_id: token.subjectId,
    type: event.type,
    key_bucket: counterBucket(event.actorKeyId),
    minute_at: minuteOf(event.at),
    budget,
    ...eventColumns(event, mac),
  }))
  const rows = await database.hotSql<{ ord: number; place: number }>('write_reveals', WRITE_REVEALS, [
    JSON.stringify(items),
  ])
  const places: (number | undefined)[] = batch.map(() => undefined)
  for (const { ord, place } of rows) places[ord] = place
  return places
}
