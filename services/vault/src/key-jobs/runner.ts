import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@kontor/http-api'
import { bucketOf, type NewId, toBucket } from '@kontor/ids'
import { type Database, withTransaction } from '@kontor/postgres'
import type { Reseal } from '../keys/reseal.ts'
import type { Rewrap } from '../keys/rewrap.ts'
import { insertKeyEvent } from '../keys/rotation-repo.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import type { KeyEvents } from './events.ts'
import { finishJob, type KeyJob, leaveJob, moveJob, takeJob } from './repo.ts'

export interface RunnerDeps {
  /** Of the keys. */
  readonly database: Database
  readonly tenants: TenantKeys
  readonly rewrap: Rewrap
  readonly reseal: Reseal
  readonly events: KeyEvents
  readonly newId: NewId
  readonly now: () => Date
  readonly logger: Logger
  /** @throws When no work may be done at the moment. */
  readonly pass: () => void
}

/** Does the jobs on keys, one at a time and a few rows at a time. Any number of processes may have one. */
export interface KeyJobRunner {
  /**
   * Works on at most `rows` rows of a job.
   *
   * @returns False when there is no job to work on.
   */
  step(rows: number): Promise<boolean>
  /** Goes on until it is stopped, at `rowsPerSecond` at most. */
  start(rowsPerSecond: number): void
  /** Ends with the slice that is under way, and lets go of its job. */
  stop(): Promise<void>
}

const SLICES_PER_SECOND = 10
const ROWS_PER_SLICE_MAX = 500
const IDLE_MS = 2_000
const AFTER_FAILURE_MS = 5_000
/** With so much that does not open something is wrong with the whole, and a person has to look. */
const BROKEN_MAX = 1_000

/** A job that this process holds, the subjects that it leaves out, and how many of them have something that does not open. */
interface Held {
  readonly job: KeyJob
  readonly leftOut: Set<string>
  broken: number
}

export function keyJobRunner(deps: RunnerDeps): KeyJobRunner {
  const { database, tenants, rewrap, reseal, events, newId, now, logger, pass } = deps
  const owner = newId(toBucket(0))
  let held: Held | undefined
  const stopping = new AbortController()
  let loop: Promise<void> | undefined

  async function take(): Promise<Held | undefined> {
    const job = await takeJob(database, owner)
    if (!job) return undefined
    const left =
      job.kind === 'rewrap' ? rewrap.remaining(job.tenant_id) : reseal.remaining(job.tenant_id, job.created_at)
    await moveJob(database, owner, job.id, { done: 0, failures: 0, remaining: await left })
    return { job, leftOut: new Set(), broken: 0 }
  }

  /** @returns What was done, and which subjects are to be left out from now on. */
  async function slice({ job, leftOut }: Held, rows: number) {
    if (job.kind === 'rewrap') return { empty: [], ...(await rewrap.some(job.tenant_id, rows, [...leftOut])) }
    return reseal.some(job.tenant_id, job.created_at, rows, [...leftOut])
  }

  async function finish({ job }: Held): Promise<void> {
    const { version } = await tenants.currentKek(job.tenant_id)
    await withTransaction(database.knex, async (tx) => {
      const ended = await finishJob(tx, owner, job.id)
      if (ended?.state !== 'done') return
      await insertKeyEvent(tx, {
        id: newId(bucketOf(job.tenant_id)),
        tenant_id: job.tenant_id,
        mode: job.mode,
        type: job.kind === 'rewrap' ? 'key.rewrapped' : 'key.resealed',
        object_version: version,
        actor_key_id: job.actor_key_id,
        request_id: job.request_id,
        at: now(),
        data: null,
      })
    })
    await events.deliver()
  }

  async function step(rows: number): Promise<boolean> {
    pass()
    held ??= await take()
    if (!held) return false
    const mine = held
    const { done, broken, empty, finished } = await slice(mine, Math.min(rows, ROWS_PER_SLICE_MAX))
    for (const id of [...broken, ...empty]) mine.leftOut.add(id)
    mine.broken += broken.length
    if (broken.length > 0) logger.error({ event: 'key_job_broken', job: mine.job.id, subjects: broken.length })
    if (!(await moveJob(database, owner, mine.job.id, { done, failures: broken.length }))) {
      held = undefined
      return true
    }
    // Keys without a record are no sign of anything wrong, and however many there are, the job is done only behind them.
    if (finished || mine.broken > BROKEN_MAX) {
      held = undefined
      await finish(mine)
    }
    return true
  }

  async function run(rowsPerSecond: number): Promise<void> {
    const pause = (ms: number) => delay(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
    let allowance = 0
    while (!stopping.signal.aborted) {
      allowance = Math.min(allowance + rowsPerSecond / SLICES_PER_SECOND, ROWS_PER_SLICE_MAX)
      const rows = Math.floor(allowance)
      allowance -= rows
      let pauseMs = 1_000 / SLICES_PER_SECOND
      try {
        if (rows > 0 && !(await step(rows))) {
          await events.deliver()
          pauseMs = IDLE_MS
        }
      } catch (error) {
        // A database or the key provider is down: what was done stands, and the job goes on when they are back.
        logger.warn({ event: 'key_job_waits', job: held?.job.id, err: error })
        held = undefined
        pauseMs = AFTER_FAILURE_MS
      }
      await pause(pauseMs)
    }
  }

  return {
    step,
    start(rowsPerSecond) {
      loop ??= run(rowsPerSecond)
    },
    async stop() {
      stopping.abort()
      await loop
      if (held) await leaveJob(database, owner, held.job.id).catch(() => undefined)
    },
  }
}
