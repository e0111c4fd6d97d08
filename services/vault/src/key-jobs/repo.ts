import type { Mode } from '@kontor/http-api'
import type { Database, Tx } from '@kontor/postgres'

export type JobKind = 'rewrap' | 'reseal'
export type JobState = 'waiting' | 'running' | 'done' | 'failed'

/** Work on all keys of a tenant, as its row says it is. */
export interface KeyJob {
  readonly id: string
  readonly tenant_id: string
  readonly mode: Mode
  readonly kind: JobKind
  readonly state: JobState
  readonly done: number
  readonly total: number
  readonly failures: number
  /** Rows a second since a process took it; 0 before that. */
  readonly rate: number
  readonly actor_key_id: string
  readonly request_id: string
  readonly created_at: Date
  readonly finished_at: Date | null
}

export interface NewKeyJob {
  readonly id: string
  readonly tenantId: string
  readonly mode: Mode
  readonly kind: JobKind
  readonly intentHmac: Buffer
  readonly actorKeyId: string
  readonly requestId: string
}

const COLUMNS = `key_job.id, key_job.tenant_id, key_job.mode, key_job.kind, key_job.state, key_job.done, key_job.total,
  key_job.failures, key_job.actor_key_id, key_job.request_id, key_job.created_at, key_job.finished_at,
  coalesce((key_job.done - key_job.taken_done) / nullif(extract(epoch from key_job.moved_at - key_job.taken_at), 0), 0)::float8 as rate`

/** @returns False where the intent has its job already, or another job of the kind is active. */
export async function insertJob(database: Database, job: NewKeyJob): Promise<boolean> {
  const rows = await database.hotSql(
    'insert_key_job',
    `insert into key_job (id, tenant_id, mode, kind, idempotency_hmac, actor_key_id, request_id)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id`,
    [job.id, job.tenantId, job.mode, job.kind, job.intentHmac, job.actorKeyId, job.requestId],
  )
  return rows.length === 1
}

export async function findJob(database: Database, tenantId: string, id: string): Promise<KeyJob | undefined> {
  const [row] = await database.hotSql<KeyJob>(
    'find_key_job',
    `select ${COLUMNS} from key_job where key_job.id = $1 and key_job.tenant_id = $2`,
    [id, tenantId],
  )
  return row
}

export async function findJobOfIntent(
  database: Database,
  tenantId: string,
  intentHmac: Buffer,
): Promise<KeyJob | undefined> {
  const [row] = await database.hotSql<KeyJob>(
    'find_key_job_intent',
    `select ${COLUMNS} from key_job where key_job.tenant_id = $1 and key_job.idempotency_hmac = $2`,
    [tenantId, intentHmac],
  )
  return row
}

export async function findActiveJob(database: Database, tenantId: string, kind: JobKind): Promise<KeyJob | undefined> {
  const [row] = await database.hotSql<KeyJob>(
    'find_active_key_job',
    `select ${COLUMNS} from key_job
     where key_job.tenant_id = $1 and key_job.kind = $2 and key_job.state in ('waiting', 'running')`,
    [tenantId, kind],
  )
  return row
}

/** @returns The newest first, at most `limit`, all before `before` if that is given. */
export async function listJobs(
  database: Database,
  tenantId: string,
  limit: number,
  before: string | undefined,
): Promise<KeyJob[]> {
  return database.hotSql<KeyJob>(
    'list_key_jobs',
    `select ${COLUMNS} from key_job where key_job.tenant_id = $1 and ($2::uuid is null or key_job.id < $2)
     order by key_job.id desc limit $3`,
    [tenantId, before ?? null, limit],
  )
}

const LEASE = `now() + interval '10 seconds'`

/**
 * Takes the oldest job that nobody holds. A process that was killed holds its job for ten more seconds.
 *
 * @param owner UUID of this process.
 */
export async function takeJob(database: Database, owner: string): Promise<KeyJob | undefined> {
  const [row] = await database.hotSql<KeyJob>(
    'take_key_job',
    `update key_job set state = 'running', lease_owner = $1, lease_until = ${LEASE}, taken_at = now(), moved_at = now(),
       taken_done = key_job.done
     where key_job.id = (
       select free.id from key_job as free
       where free.state in ('waiting', 'running') and (free.lease_until is null or free.lease_until < now())
       order by free.created_at, free.id limit 1 for update skip locked)
     returning ${COLUMNS}`,
    [owner],
  )
  return row
}

/** What a slice added. */
export interface Progress {
  readonly done: number
  readonly failures: number
  /** How many rows there are left, where that was counted. */
  readonly remaining?: number
}

/** Adds what was done and renews the lease. @returns False where another process holds the job by now. */
export async function moveJob(database: Database, owner: string, id: string, progress: Progress): Promise<boolean> {
  const rows = await database.hotSql(
    'move_key_job',
    `update key_job set done = key_job.done + $3, failures = key_job.failures + $4, lease_until = ${LEASE}, moved_at = now(),
       total = greatest(key_job.total, key_job.done + $3 + $4, key_job.done + $3 + $5::int)
     where key_job.id = $1 and key_job.lease_owner = $2 and key_job.state = 'running' returning key_job.id`,
    [id, owner, progress.done, progress.failures, progress.remaining ?? 0],
  )
  return rows.length === 1
}

/** Ends a job. @returns The job as it stands; `undefined` where another process holds it by now. */
export async function finishJob(tx: Tx, owner: string, id: string): Promise<KeyJob | undefined> {
  const { rows } = await tx.raw<{ rows: KeyJob[] }>(
    `update key_job set state = case when key_job.failures > 0 then 'failed' else 'done' end, finished_at = now(),
       total = key_job.done + key_job.failures, lease_owner = null, lease_until = null
     where key_job.id = ? and key_job.lease_owner = ? and key_job.state = 'running' returning ${COLUMNS}`,
    [id, owner],
  )
  return rows[0]
}

/** Lets go of a job, so that another process need not wait for the end of its lease. */
export async function leaveJob(database: Database, owner: string, id: string): Promise<void> {
  await database.hotSql(
    'leave_key_job',
    'update key_job set lease_owner = null, lease_until = null where key_job.id = $1 and key_job.lease_owner = $2',
    [id, owner],
  )
}
