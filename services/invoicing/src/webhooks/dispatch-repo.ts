import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import { BEGINNING, type Place } from '../events/cursor.ts'
import { objectKindSql } from '../events/object-kind.ts'
import type { Owner } from '../issuers/repo.ts'

const key = (owner: Owner) => [bucketOf(owner.tenantId), owner.tenantId, owner.mode] as const

export interface Position extends Place {
  /** How many events of the vault's feed were taken over; null before the feed was first asked. */
  readonly vaultAfter: number | null
}

/**
 * Holds the place of a tenant until commit. In another cluster than that in which it was written it means nothing, nor does any
 * transaction that an endpoint is told from: then all is looked at again, and what was told is known by its row.
 */
export async function lockPosition(tx: Tx, owner: Owner): Promise<Position | undefined> {
  const { rows } = await tx.raw(
    `select tx::text as tx, event_id as id, vault_after as "vaultAfter",
        cluster = (select system_identifier::text from pg_control_system()) as same
       from webhook_position where bucket = ? and tenant_id = ? and mode = ? for update`,
    key(owner),
  )
  const [row] = rows as { tx: string; id: string; vaultAfter: bigint | null; same: boolean }[]
  if (!row) return undefined
  const vaultAfter = row.vaultAfter === null ? null : Number(row.vaultAfter)
  if (row.same) return { tx: row.tx, id: row.id, vaultAfter }
  await tx('webhook_endpoint').where({ tenant_id: owner.tenantId, mode: owner.mode }).update({ since_tx: '0' })
  return { ...BEGINNING, vaultAfter }
}

export async function movePosition(tx: Tx, owner: Owner, { tx: transaction, id }: Place): Promise<void> {
  await tx.raw(
    `update webhook_position set tx = ?, event_id = ?, cluster = (select system_identifier::text from pg_control_system())
      where bucket = ? and tenant_id = ? and mode = ?`,
    [transaction, id, ...key(owner)],
  )
}

export async function moveVaultPosition(tx: Tx, owner: Owner, vaultAfter: number): Promise<void> {
  const [bucket, tenant_id, mode] = key(owner)
  await tx('webhook_position').where({ bucket, tenant_id, mode }).update({ vault_after: vaultAfter })
}

/** Whether an endpoint is told events of a type; see `matchesType`. */
const MATCHES = `(event.type = any(endpoint.event_types) or split_part(event.type, '.', 1) || '.*' = any(endpoint.event_types)
  or '*' = any(endpoint.event_types))`

const COLUMNS =
  'bucket, webhook_id, event_id, tenant_id, source, type, account_id, object_kind, object_id, object_version, event_at, next_attempt_at, expires_at'

const EVENT_COLUMNS = ['id', 'type', 'account_id', 'object_id', 'object_version', 'at', 'tx']
  .map((column) => `event.${column}`)
  .join(', ')

/**
 * Hands out the next events. Two changes of one object may stand the wrong way round in the order of transactions: the later one had
 * its transaction first, and waited for the lock of the other. So of each object that is met, what is older is fetched from further
 * ahead; whoever sees the later change committed sees the earlier one as well, because that held the lock. What is older than the
 * rows of deliveries are kept was handed out long ago.
 */
const DISPATCH_SQL = `
with page as materialized (
  select ${EVENT_COLUMNS} from event
   where event.tenant_id = :tenant and event.mode = :mode and (event.tx, event.id) > (cast(:tx as xid8), cast(:id as uuid))
     and event.tx < pg_snapshot_xmin(pg_current_snapshot())
   order by event.tx, event.id limit :limit
), last as (
  select page.tx, page.id from page order by page.tx desc, page.id desc limit 1
), ahead as (
  select ${EVENT_COLUMNS} from last join event
      on event.tenant_id = :tenant and event.mode = :mode and (event.tx, event.id) > (last.tx, last.id)
   where exists (select from page where page.object_id = event.object_id and page.object_version > event.object_version)
), told as (
  insert into webhook_delivery (${COLUMNS})
  select endpoint.bucket, endpoint.id, event.id, endpoint.tenant_id, 'invoicing', event.type, event.account_id,
         ${objectKindSql('event.type')}, event.object_id, event.object_version, event.at, :now, :expires
    from (select ${EVENT_COLUMNS} from page as event union all select ${EVENT_COLUMNS} from ahead as event) as event
    join webhook_endpoint as endpoint
      on endpoint.tenant_id = :tenant and endpoint.mode = :mode and endpoint.state = 'active' and event.tx >= endpoint.since_tx
     and event.at > :oldest and ${MATCHES}
   order by endpoint.bucket, endpoint.id, event.id
  on conflict do nothing
  returning webhook_id
)
select (select last.tx::text from last) as tx, (select last.id from last) as id, (select count(*)::int from page) as looked_at,
       array(select distinct told.webhook_id from told) as told`

export interface Times {
  readonly now: Date
  /** When what is handed out now is given up. */
  readonly expires: Date
  /** Nothing older is handed out. */
  readonly oldest: Date
}

/** @returns Where it got, how many events it looked at, and who has something to be told. */
export async function dispatchEvents(
  tx: Tx,
  owner: Owner,
  after: Place,
  limit: number,
  times: Times,
): Promise<{ place: Place; lookedAt: number; told: string[] }> {
  const { rows } = await tx.raw(DISPATCH_SQL, {
    tenant: owner.tenantId,
    mode: owner.mode,
    tx: after.tx,
    id: after.id,
    limit,
    now: times.now,
    expires: times.expires,
    oldest: times.oldest,
  })
  const [row] = rows as { tx: string | null; id: string | null; looked_at: number; told: string[] }[]
  const place = row?.tx && row.id ? { tx: row.tx, id: row.id } : after
  return { place, lookedAt: row?.looked_at ?? 0, told: row?.told ?? [] }
}

/** An event of the vault, as its feed gives it. */
export interface VaultEvent {
  readonly id: string
  readonly type: string
  readonly account_id: string | null
  readonly object_kind: string
  readonly object_id: string
  readonly object_version: number
  readonly at: string
}

const TAKE_OVER_SQL = `
with told as (
  insert into webhook_delivery (${COLUMNS})
  select endpoint.bucket, endpoint.id, event.id, endpoint.tenant_id, 'vault', event.type, event.account_id,
         event.object_kind, event.object_id, event.object_version, event.at, :now, :expires
    from json_to_recordset(cast(:events as json)) as event (
           id uuid, type text, account_id uuid, object_kind text, object_id uuid, object_version int, at timestamptz)
    join webhook_endpoint as endpoint
      on endpoint.tenant_id = :tenant and endpoint.mode = :mode and endpoint.state = 'active'
     and event.at > endpoint.active_at - interval '1 minute' and ${MATCHES}
   order by endpoint.bucket, endpoint.id, event.id
  on conflict do nothing
  returning webhook_id
)
select array(select distinct told.webhook_id from told) as told`

/** @returns Who has something to be told. */
export async function takeOver(
  tx: Tx,
  owner: Owner,
  events: readonly VaultEvent[],
  { now, expires }: Times,
): Promise<string[]> {
  if (events.length === 0) return []
  const bindings = { tenant: owner.tenantId, mode: owner.mode, now, expires, events: JSON.stringify(events) }
  const { rows } = await tx.raw(TAKE_OVER_SQL, bindings)
  return rows[0]?.told ?? []
}

const AGAIN = `on conflict (bucket, webhook_id, event_id) do update
  set state = 'pending', attempts = 0, next_attempt_at = excluded.next_attempt_at, expires_at = excluded.expires_at,
      leased_until = null, ended_at = null
  where webhook_delivery.state <> 'pending'`

const AGAIN_SQL = (which: string) => `
with again as (
  insert into webhook_delivery (${COLUMNS})
  select endpoint.bucket, endpoint.id, event.id, endpoint.tenant_id, 'invoicing', event.type, event.account_id,
         ${objectKindSql('event.type')}, event.object_id, event.object_version, event.at, :now, :expires
    from (${which}) as event
    join webhook_endpoint as endpoint on endpoint.bucket = :bucket and endpoint.id = :webhook and ${MATCHES}
   order by event.id limit :limit
  ${AGAIN}
  returning event_id
)
select again.event_id from again`

const BETWEEN = `select ${EVENT_COLUMNS} from event
  where event.tenant_id = :tenant and event.mode = :mode and event.tx >= cast(:tx as xid8)
    and event.tx < pg_snapshot_xmin(pg_current_snapshot()) and event.at >= :from and event.at < :until`

const NAMED = `select ${EVENT_COLUMNS} from unnest(cast(:buckets as smallint[]), cast(:ids as uuid[])) as wanted(bucket, id)
  join event on event.bucket = wanted.bucket and event.id = wanted.id
  where event.tenant_id = :tenant and event.mode = :mode`

/** Who is told again, and from when on. */
export interface Again {
  readonly owner: Owner
  readonly webhookId: string
  readonly times: Times
}

const common = ({ owner, webhookId, times }: Again) => ({
  tenant: owner.tenantId,
  mode: owner.mode,
  bucket: bucketOf(webhookId),
  webhook: webhookId,
  now: times.now,
  expires: times.expires,
})

const idsOf = ({ rows }: { rows: { event_id: string }[] }): string[] => rows.map(({ event_id }) => event_id)

/** Sends again what happened between two instants. @returns The events, more than `max` only if there are more. */
export async function againBetween(
  tx: Tx,
  again: Again,
  { from, until, place, max }: { from: Date; until: Date; place: Place; max: number },
): Promise<string[]> {
  const own = await tx.raw(AGAIN_SQL(BETWEEN), { ...common(again), from, until, tx: place.tx, limit: max + 1 })
  const ofVault = "source = 'vault' and event_at >= :from and event_at < :until"
  const kept = await againKept(tx, again, ofVault, { from, until })
  return [...idsOf(own), ...kept]
}

/** Sends again what is named; of the vault's, what is still kept. */
export async function againNamed(tx: Tx, again: Again, ids: readonly string[]): Promise<string[]> {
  const named = { ids: [...ids], buckets: ids.map((id) => Number(bucketOf(id))), limit: ids.length }
  const own = await tx.raw(AGAIN_SQL(NAMED), { ...common(again), ...named })
  const kept = await againKept(tx, again, 'event_id = any(cast(:ids as uuid[]))', { ids: [...ids] })
  return [...idsOf(own), ...kept]
}

/** Sends again what was given up. */
export const againDead = (tx: Tx, again: Again): Promise<string[]> => againKept(tx, again, "state = 'dead'")

/** @param which SQL about `webhook_delivery`. */
async function againKept(
  tx: Tx,
  { webhookId, times }: Again,
  which: string,
  bindings: Readonly<Record<string, unknown>> = {},
): Promise<string[]> {
  const kept = await tx.raw(
    `update webhook_delivery set state = 'pending', attempts = 0, next_attempt_at = :now, expires_at = :expires,
            leased_until = null, ended_at = null
      where bucket = :bucket and webhook_id = :webhook and state <> 'pending' and ${which}
     returning event_id`,
    { ...bindings, bucket: bucketOf(webhookId), webhook: webhookId, now: times.now, expires: times.expires },
  )
  return idsOf(kept)
}

/** @returns Of these events those that wait to be told or were told to an endpoint. */
export async function knownDeliveries(tx: Tx, webhookId: string, ids: readonly string[]): Promise<number> {
  const row = await tx('webhook_delivery')
    .where({ bucket: bucketOf(webhookId), webhook_id: webhookId })
    .whereIn('event_id', [...ids])
    .count('event_id as count')
    .first()
  return Number(row?.count ?? 0)
}

/** Removes what has ended before an instant, some of it. @returns How much. */
export async function cleanDeliveries(database: Database, before: Date, limit: number): Promise<number> {
  const rows = await database.hotSql(
    'clean_webhook_deliveries',
    `delete from webhook_delivery where (bucket, webhook_id, event_id) in (
       select bucket, webhook_id, event_id from webhook_delivery where ended_at < $1 order by ended_at limit $2)
     returning bucket`,
    [before, limit],
  )
  return rows.length
}

/** Removes what waits for endpoints that are gone, some of it. @returns How much. */
export async function cleanOrphans(database: Database, limit: number): Promise<number> {
  const rows = await database.hotSql(
    'clean_webhook_orphans',
    `delete from webhook_delivery where (bucket, webhook_id, event_id) in (
       select delivery.bucket, delivery.webhook_id, delivery.event_id
         from webhook_endpoint as endpoint join webhook_delivery as delivery
           on delivery.bucket = endpoint.bucket and delivery.webhook_id = endpoint.id
        where endpoint.state = 'deleted' limit $1)
     returning bucket`,
    [limit],
  )
  return rows.length
}
