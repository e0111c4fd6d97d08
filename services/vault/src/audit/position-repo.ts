import type { Database } from '@kontor/postgres'

/** What the sealer has left behind, and which transactions have ended. Transaction ids are `xid8` as text. */
export interface Position {
  readonly sealed_below: string
  readonly complete_until_at: Date
  readonly sink_failing: boolean
  readonly halted: 'fork' | 'sink' | null
  /** Whether the position was left by a sealer on this cluster, so that its transaction ids mean something. */
  readonly same_cluster: boolean
  /** Every transaction below has ended. */
  readonly xmin: string
  /** No transaction from here on had committed. */
  readonly xmax: string
  /** Before both were looked at. */
  readonly now: Date
}

export async function readPosition(database: Database): Promise<Position> {
  const [row] = await database.hotSql<Position>(
    'audit_position',
    `select sealed_below, complete_until_at, sink_failing_at is not null as sink_failing, halted,
       cluster = system_identifier::text and sealed_below <= pg_snapshot_xmax(pg_current_snapshot()) as same_cluster,
       pg_snapshot_xmin(pg_current_snapshot()) as xmin, pg_snapshot_xmax(pg_current_snapshot()) as xmax,
       statement_timestamp() as now
     from audit_position, pg_control_system()`,
    [],
  )
  if (!row) throw new Error('the position of the sealer is missing')
  return row
}

/** What of the position changes; what is left out stays. */
export interface PositionChange {
  readonly sealedBelow?: string
  readonly completeUntil?: Date
  readonly sinkFailing?: boolean
  readonly halted?: 'fork' | 'sink' | null
  readonly forged?: number
}

export async function writePosition(database: Database, change: PositionChange): Promise<void> {
  const { sealedBelow, completeUntil, sinkFailing, halted, forged = 0 } = change
  await database.hotSql(
    'audit_move',
    `update audit_position set
       sealed_below = coalesce($1::xid8, sealed_below),
       cluster = case when $1::xid8 is null then cluster
         else (select system_identifier::text from pg_control_system()) end,
       complete_until_at = coalesce($2::timestamptz, complete_until_at),
       sink_failing_at = case when $3::boolean is null then sink_failing_at
         when $3 then coalesce(sink_failing_at, now()) end,
       halted = case when $4 then $5 else halted end,
       forged = forged + $6`,
    [sealedBelow ?? null, completeUntil ?? null, sinkFailing ?? null, halted !== undefined, halted ?? null, forged],
  )
}

/** @returns Whether things may be given away: sealing does not lag by a minute, was not halted, and the sink can be written. */
export async function isAuditOpen(database: Database): Promise<boolean> {
  const [row] = await database.hotSql<{ open: boolean }>(
    'audit_open',
    `select halted is null and sink_failing_at is null and complete_until_at > now() - interval '60 seconds' as open
     from audit_position`,
    [],
  )
  return row?.open ?? false
}
