import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import type { WebhookEndpoint } from './endpoint.ts'

const COLUMNS = [
  'id',
  'tenant_id',
  'mode',
  'url',
  'event_types',
  'state',
  'disabled_because',
  'secret_version',
  'overlap_until',
  'silences',
  'paused_until',
  'key_id',
  'version',
  'created_at',
] as const

/** Every transaction that runs now or begins later. */
const FROM_NOW_ON = 'pg_snapshot_xmin(pg_current_snapshot())'
const CLUSTER = '(select system_identifier::text from pg_control_system())'

/** Holds the place up to which the events of a tenant were handed out, and makes it if there is none. */
export async function holdPosition(tx: Tx, owner: Owner): Promise<void> {
  const key = [bucketOf(owner.tenantId), owner.tenantId, owner.mode]
  await tx.raw(
    `insert into webhook_position (bucket, tenant_id, mode, tx, event_id, cluster)
     values (?, ?, ?, ${FROM_NOW_ON}, '00000000-0000-0000-0000-000000000000', ${CLUSTER}) on conflict do nothing`,
    key,
  )
  await tx.raw('select 1 from webhook_position where bucket = ? and tenant_id = ? and mode = ? for update', key)
}

export async function countEndpoints(tx: Tx, owner: Owner): Promise<number> {
  const row = await tx('webhook_endpoint')
    .where({ tenant_id: owner.tenantId, mode: owner.mode })
    .whereNot({ state: 'deleted' })
    .count('id as count')
    .first()
  return Number(row?.count ?? 0)
}

export async function insertEndpoint(tx: Tx, endpoint: WebhookEndpoint): Promise<void> {
  await tx('webhook_endpoint').insert({
    ...endpoint,
    event_types: [...endpoint.event_types],
    bucket: bucketOf(endpoint.id),
    since_tx: tx.raw(FROM_NOW_ON),
    active_at: endpoint.created_at,
  })
}

/** @returns An endpoint that was not deleted. */
export async function findEndpoint(database: Database, owner: Owner, id: string): Promise<WebhookEndpoint | undefined> {
  const [row] = await database.hotSql<WebhookEndpoint>(
    'find_webhook_endpoint',
    `select ${COLUMNS.join(', ')} from webhook_endpoint
      where bucket = $1 and id = $2 and tenant_id = $3 and mode = $4 and state <> 'deleted'`,
    [bucketOf(id), id, owner.tenantId, owner.mode],
  )
  return row
}

/** @returns An endpoint of whatever tenant that is to be told something now. */
export async function findActive(database: Database, id: string): Promise<WebhookEndpoint | undefined> {
  const [row] = await database.hotSql<WebhookEndpoint>(
    'find_active_webhook_endpoint',
    `select ${COLUMNS.join(', ')} from webhook_endpoint where bucket = $1 and id = $2 and state = 'active'`,
    [bucketOf(id), id],
  )
  return row
}

/** Holds an endpoint until commit; a deleted one too. */
export async function lockEndpoint(tx: Tx, owner: Owner, id: string): Promise<WebhookEndpoint | undefined> {
  return tx('webhook_endpoint')
    .select(COLUMNS)
    .where({ bucket: bucketOf(id), id, tenant_id: owner.tenantId, mode: owner.mode })
    .forUpdate()
    .first()
}

/** Across buckets: a tenant has few endpoints. */
export async function listEndpoints(
  database: Database,
  owner: Owner,
  after: string | undefined,
  limit: number,
): Promise<WebhookEndpoint[]> {
  const query = database
    .knex('webhook_endpoint')
    .select(COLUMNS)
    .where({ tenant_id: owner.tenantId, mode: owner.mode })
    .whereNot({ state: 'deleted' })
  if (after) query.andWhere('id', '>', after)
  return query.orderBy('id').limit(limit)
}

export type EndpointChange = Partial<
  Pick<WebhookEndpoint, 'url' | 'event_types' | 'state' | 'disabled_because' | 'secret_version' | 'overlap_until'>
>

/** @param activeAt Given when it becomes active: it is told what happens from now on, and is not left alone any more. */
export async function updateEndpoint(
  tx: Tx,
  endpoint: WebhookEndpoint,
  { event_types, ...change }: EndpointChange,
  activeAt?: Date,
): Promise<WebhookEndpoint> {
  const [row] = await tx('webhook_endpoint')
    .where({ bucket: bucketOf(endpoint.id), id: endpoint.id })
    .update({
      ...change,
      ...(event_types && { event_types: [...event_types] }),
      ...(activeAt && { active_at: activeAt, since_tx: tx.raw(FROM_NOW_ON), silences: 0, paused_until: null }),
      version: endpoint.version + 1,
    })
    .returning(COLUMNS)
  return row
}

/** Tenants and modes that have somebody to tell. */
export async function listAudiences(database: Database): Promise<Owner[]> {
  const rows = await database.hotSql<{ tenant_id: string; mode: Owner['mode'] }>(
    'webhook_audiences',
    `select distinct tenant_id, mode from webhook_endpoint where state = 'active' order by tenant_id, mode`,
    [],
  )
  return rows.map(({ tenant_id, mode }) => ({ tenantId: tenant_id, mode }))
}

/** All that may be told something. */
export async function listActive(database: Database): Promise<string[]> {
  const rows = await database.hotSql<{ id: string }>(
    'active_webhook_endpoints',
    `select id from webhook_endpoint where state = 'active' order by id`,
    [],
  )
  return rows.map(({ id }) => id)
}

/** Whether anybody was to be told anything, of which something may be left to do. */
export async function anyEndpoint(database: Database): Promise<boolean> {
  const [row] = await database.hotSql<{ there: boolean }>(
    'any_webhook_endpoint',
    `select exists (select from webhook_endpoint where state <> 'deleted') or exists (select from webhook_delivery) as there`,
    [],
  )
  return row?.there ?? false
}
