import type { ReadStored, TileHash } from '@kontor/merkle-log'
import { decodeFrontier, encodeFrontier, type Frontier } from '@kontor/merkle-log'
import type { Database } from '@kontor/postgres'
import { EVENT_COLUMNS, EVENT_TABLE_COLUMNS, type EventRow, FOUND_COLUMNS } from './event-row.ts'
import { bucketOfLog, type LogId, type LogState } from './log.ts'

/** An event that may wait to be sealed. */
export interface Candidate extends EventRow {
  readonly tx: string
  readonly sealed: boolean
}

/** Which events to look at: those of transactions `[from, below)`, and those from `also` on; after the last one looked at. */
export interface Window {
  readonly from: string
  readonly below: string
  readonly also: string
  readonly after: { readonly tx: string; readonly id: string }
  readonly limit: number
}

// `offset 0` keeps it a look-up for each event: as a join it could read every leaf there is.
const UNSEALED = `not exists (select from audit_leaf where audit_leaf.bucket = ${bucketIn('event.tenant_id')}
  and audit_leaf.event_id = event.id offset 0)`

/** @returns Events in the order of their transactions, sealed ones among them. */
export function listCandidates(database: Database, { from, below, also, after, limit }: Window): Promise<Candidate[]> {
  // The page comes first, out of the index and in its order; only then each of its events is looked up among the leaves.
  return database.hotSql<Candidate>(
    'audit_candidates',
    `select event.tx, not ${UNSEALED} as sealed, ${EVENT_COLUMNS}
     from (
       select ${EVENT_TABLE_COLUMNS} from event
       where event.tx >= $1::xid8 and (event.tx < $2::xid8 or event.tx >= $3::xid8)
         and (event.tx, event.id) > ($4::xid8, $5::uuid)
       order by event.tx, event.id limit $6
     ) as event
     order by event.tx, event.id`,
    [from, below, also, after.tx, after.id, limit],
  )
}

interface LogRow extends LogId {
  readonly tenant_id: string
  readonly size: bigint
  readonly frontier: Buffer
  readonly checkpoint_size: bigint
}

const toState = (row: LogRow): LogState => ({
  tenantId: row.tenant_id,
  mode: row.mode,
  frontier: decodeFrontier(Number(row.size), row.frontier),
  checkpointSize: Number(row.checkpoint_size),
})

/** @returns Every log there is. */
export async function listLogs(database: Database): Promise<LogState[]> {
  const rows = await database.hotSql<LogRow>(
    'audit_logs',
    'select tenant_id, mode, size, frontier, checkpoint_size from audit_log',
    [],
  )
  return rows.map(toState)
}

/** @returns Of these logs the ones there are, and all that have grown beyond their newest checkpoint. */
export async function findLogs(database: Database, logs: readonly LogId[]): Promise<LogState[]> {
  const wanted = logs.map((log) => ({ bucket: bucketOfLog(log), tenant_id: log.tenantId, mode: log.mode }))
  const rows = await database.hotSql<LogRow>(
    'audit_find_logs',
    `select tenant_id, mode, size, frontier, checkpoint_size from audit_log
     where (bucket, tenant_id, mode) in (select bucket, tenant_id, mode
         from json_to_recordset($1::json) as wanted (bucket smallint, tenant_id uuid, mode text))
       or checkpoint_size <> size`,
    [JSON.stringify(wanted)],
  )
  return rows.map(toState)
}

/** Leaves that a log grows by, and where it stands then. */
export interface Growth {
  readonly log: LogId
  readonly frontier: Frontier
  readonly tiles: readonly TileHash[]
  readonly leaves: readonly { readonly eventId: string; readonly hash: Buffer }[]
}

const hex = (bytes: Buffer) => `\\x${bytes.toString('hex')}`

/**
 * Lets logs grow, in one statement. The primary key refuses a seq that another sealer has given already, and the unique index
 * an event that is sealed already: then nothing is written at all.
 */
export async function writeGrowth(database: Database, growths: readonly Growth[]): Promise<void> {
  const logs = growths.map(({ log, frontier, tiles }, n) => ({
    n,
    bucket: bucketOfLog(log),
    tenant_id: log.tenantId,
    mode: log.mode,
    size: frontier.size,
    frontier: hex(encodeFrontier(frontier)),
    tiles: tiles.map(({ level, index, hash }) => ({ level, index, hash: hex(hash) })),
  }))
  const leaves = growths.flatMap((growth, n) => {
    const from = growth.frontier.size - growth.leaves.length
    return growth.leaves.map(({ eventId, hash }, index) => ({ n, s: from + index, e: eventId, h: hex(hash) }))
  })
  await database.hotSql(
    'audit_grow',
    `with log as materialized (
       select * from json_to_recordset($1::json) as log (
         n int, bucket smallint, tenant_id uuid, mode text, size bigint, frontier bytea, tiles json)
     ), leaf as (
       insert into audit_leaf (bucket, tenant_id, mode, seq, event_id, leaf_hash)
       select log.bucket, log.tenant_id, log.mode, leaf.s, leaf.e, leaf.h
       from json_to_recordset($2::json) as leaf (n int, s bigint, e uuid, h bytea) join log on log.n = leaf.n
     ), tile as (
       insert into audit_tile (bucket, tenant_id, mode, level, index, tile_hash)
       select log.bucket, log.tenant_id, log.mode, tile.level, tile.index, tile.hash
       from log cross join lateral json_to_recordset(log.tiles) as tile (level smallint, index bigint, hash bytea)
     )
     insert into audit_log (bucket, tenant_id, mode, size, frontier)
     select log.bucket, log.tenant_id, log.mode, log.size, log.frontier from log order by log.n
     on conflict (bucket, tenant_id, mode) do update set size = excluded.size, frontier = excluded.frontier`,
    [JSON.stringify(logs), JSON.stringify(leaves)],
  )
}

/** Keeps copies of the checkpoints that the sink has now, to be shown over HTTP. */
export async function writeCheckpoints(
  database: Database,
  checkpoints: readonly { readonly log: LogId; readonly size: number; readonly jws: string }[],
): Promise<void> {
  const rows = checkpoints.map(({ log, size, jws }) => ({
    bucket: bucketOfLog(log),
    tenant_id: log.tenantId,
    mode: log.mode,
    size,
    jws,
  }))
  await database.hotSql(
    'audit_checkpoints',
    `update audit_log set checkpoint_size = made.size, checkpoint = made.jws
     from json_to_recordset($1::json) as made (bucket smallint, tenant_id uuid, mode text, size bigint, jws text)
     where audit_log.bucket = made.bucket and audit_log.tenant_id = made.tenant_id and audit_log.mode = made.mode`,
    [JSON.stringify(rows)],
  )
}

/** Reads the stored hashes of a log, of all ranges in one statement. */
export function storedHashes(database: Database, log: LogId): ReadStored {
  return async (ranges) => {
    const rows = await database.hotSql<{ n: number; hash: Buffer }>(
      'audit_stored',
      `select wanted.n, stored.hash from json_to_recordset($4::json) as wanted (n int, level smallint, "from" bigint, until bigint)
       cross join lateral (
         select audit_leaf.seq as index, audit_leaf.leaf_hash as hash from audit_leaf
         where wanted.level = 0 and audit_leaf.bucket = $1 and audit_leaf.tenant_id = $2 and audit_leaf.mode = $3
           and audit_leaf.seq >= wanted."from" and audit_leaf.seq < wanted.until
         union all
         select audit_tile.index, audit_tile.tile_hash from audit_tile
         where audit_tile.bucket = $1 and audit_tile.tenant_id = $2 and audit_tile.mode = $3
           and audit_tile.level = wanted.level and audit_tile.index >= wanted."from" and audit_tile.index < wanted.until
       ) as stored
       order by wanted.n, stored.index`,
      [
        bucketOfLog(log),
        log.tenantId,
        log.mode,
        JSON.stringify(ranges.map(({ level, start, end }, n) => ({ n, level, from: start, until: end }))),
      ],
    )
    const found: Buffer[][] = ranges.map(() => [])
    for (const { n, hash } of rows) found[n]?.push(hash)
    return found
  }
}

/** A leaf as it is stored, with its event if that is still there. */
export interface LeafRow {
  readonly seq: number
  readonly leafHash: Buffer
  readonly event: EventRow | undefined
}

/** @returns Leaves of a log from `from` on, in order, at most `limit`. */
export async function listLeaves(database: Database, log: LogId, from: number, limit: number): Promise<LeafRow[]> {
  const rows = await database.hotSql<
    { seq: bigint; leaf_hash: Buffer } & { [K in keyof EventRow]: EventRow[K] | null }
  >(
    'audit_leaves',
    `select audit_leaf.seq, audit_leaf.leaf_hash, ${FOUND_COLUMNS}
     from audit_leaf left join lateral (
       select ${EVENT_COLUMNS} from event
       where event.bucket = ${bucketIn('audit_leaf.event_id')} and event.id = audit_leaf.event_id offset 0
     ) as found on true
     where audit_leaf.bucket = $1 and audit_leaf.tenant_id = $2 and audit_leaf.mode = $3 and audit_leaf.seq >= $4
     order by audit_leaf.seq limit $5`,
    [bucketOfLog(log), log.tenantId, log.mode, from, limit],
  )
  return rows.map((row) => ({
    seq: Number(row.seq),
    leafHash: row.leaf_hash,
    event: row.id === null ? undefined : (row as unknown as EventRow),
  }))
}

/** The bucket in a UUIDv7 (see `bucketOf`), in SQL. */
function bucketIn(column: string): string {
  return `(((get_byte(uuid_send(${column}), 6) & 15) << 8) | get_byte(uuid_send(${column}), 7))::smallint`
}

/** The newest checkpoint as the database has it. */
export interface StoredCheckpoint {
  readonly size: number
  readonly jws: string
}

export async function findCheckpoint(database: Database, log: LogId): Promise<StoredCheckpoint | undefined> {
  const [row] = await database.hotSql<{ checkpoint_size: bigint; checkpoint: string | null }>(
    'audit_checkpoint',
    'select checkpoint_size, checkpoint from audit_log where bucket = $1 and tenant_id = $2 and mode = $3',
    [bucketOfLog(log), log.tenantId, log.mode],
  )
  return row?.checkpoint ? { size: Number(row.checkpoint_size), jws: row.checkpoint } : undefined
}

/** @returns All tiles of a log. */
export async function listTiles(database: Database, log: LogId): Promise<TileHash[]> {
  const rows = await database.hotSql<{ level: number; index: bigint; tile_hash: Buffer }>(
    'audit_tiles',
    'select level, index, tile_hash from audit_tile where bucket = $1 and tenant_id = $2 and mode = $3',
    [bucketOfLog(log), log.tenantId, log.mode],
  )
  return rows.map(({ level, index, tile_hash }) => ({ level, index: Number(index), hash: tile_hash }))
}

/** An event that is in no entry; `passed` once a sealer has looked at it and gone on. */
export interface UnsealedEvent extends LogId {
  readonly id: string
  readonly passed: boolean
}

/** @returns Every event that is in no entry. Looks at all events: for a verifier, and for no request. */
export async function listUnsealed(database: Database): Promise<UnsealedEvent[]> {
  const rows = await database.hotSql<{ id: string; tenant_id: string; mode: LogId['mode']; passed: boolean }>(
    'audit_unsealed',
    `select event.id, event.tenant_id, event.mode, coalesce(event.tx < (select sealed_below from audit_position), false) as passed
     from event where ${UNSEALED} order by event.tx, event.id`,
    [],
  )
  return rows.map(({ id, tenant_id, mode, passed }) => ({ id, tenantId: tenant_id, mode, passed }))
}
