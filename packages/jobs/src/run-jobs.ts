import { EventEmitter } from 'node:events'
import { withClient } from '@kontor/postgres'
import { type RunnerOptions, run, runOnce, type TaskList, type WorkerEvents } from 'graphile-worker'
import { keepAlive } from './liveness.ts'
import { type Queue, schemaOf } from './queue.ts'
import { type JobLog, queueLogger, silentLogger } from './queue-logger.ts'

/** What is done for a job, by the task's name. A job may be done twice: by a process that died, and by the one that took over. */
export type Tasks = Readonly<Record<string, (payload: unknown, attempt: Attempt) => Promise<void>>>

export interface Attempt {
  /** Whether the queue calls no more, should this one fail: what waits for the job must be told now. */
  readonly isLast: boolean
}

export interface JobsOptions {
  /** The role that was named to `installJobs`. */
  readonly url: string
  /** `work` unless given. */
  readonly queue?: Queue
  readonly tasks: Tasks
  /** Jobs that this process does at once. */
  readonly concurrency: number
  /** Connections that fetch and complete jobs; one for each job at once unless given. Fewer are enough for jobs that mostly wait. */
  readonly connectionsMax?: number
  readonly log: JobLog
}

export interface JobRunner {
  /** Takes no more jobs, and waits for those under way. */
  stop(): Promise<void>
}

/** Beside the connections of the jobs, one that hears of new ones. */
const LISTENERS = 1
/** A notification that is lost costs no more than that. */
const POLL_MS = 2_000
const RESTART_MS = 1_000

const heldSql = (schema: string): string => `select id from ${schema}._private_jobs where locked_by = $1 limit 1`
const END_POLL_MS = 2

/**
 * Does jobs until it is stopped, whatever becomes of the database meanwhile: while that is down it is asked again and again.
 */
export function startJobs(options: JobsOptions): JobRunner {
  const { url, queue = 'work', tasks, concurrency, connectionsMax = concurrency, log } = options
  let stopping = false
  let interrupt = () => {}
  const interrupted = new Promise<void>((resolve) => {
    interrupt = resolve
  })

  async function runUntilBroken(): Promise<void> {
    const events = new EventEmitter() as WorkerEvents
    let life: ReturnType<typeof keepAlive> | undefined
    events.on('pool:create', ({ workerPool }) => {
      life = keepAlive(url, { queue, worker: workerPool.id }, (error) => log('warn', 'job_queue', error))
    })
    try {
      const runner = await run({
        ...settings(url, queue, guarded(tasks, log)),
        concurrency,
        // One connection fetches and completes for all of them.
        maxPoolSize: connectionsMax + LISTENERS,
        pollInterval: POLL_MS,
        parsedCronItems: [],
        events,
        logger: queueLogger(log),
      })
      await Promise.race([runner.promise, interrupted])
      if (stopping) await runner.stop()
      await runner.promise
    } finally {
      await life?.stop()
    }
  }

  const ended = (async () => {
    while (!stopping) {
      await runUntilBroken().catch((error) => log('warn', 'job_queue', error))
      if (!stopping) await Promise.race([pause(RESTART_MS), interrupted])
    }
  })()
  return {
    stop() {
      stopping = true
      interrupt()
      return ended
    },
  }
}

/**
 * Does every job of a queue that is due, and those that come of them, then ends. For tests, which decide themselves when work is done: what became of
 * each job is written down when this comes back. The library does not wait for that by itself, so that a job that failed would still be
 * its own for a moment, and could not be done again at once.
 */
export async function workOffJobs(url: string, tasks: Tasks, queue: Queue = 'work'): Promise<void> {
  const events = new EventEmitter() as WorkerEvents
  let pool = ''
  events.on('pool:create', ({ workerPool }) => {
    pool = workerPool.id
  })
  await runOnce({
    ...settings(
      url,
      queue,
      guarded(tasks, () => {}),
    ),
    concurrency: 1,
    maxPoolSize: 2,
    events,
    logger: silentLogger(),
  })
  await withClient(url, 'kontor jobs (end)', async (client) => {
    while ((await client.query(heldSql(schemaOf(queue)), [pool])).rows.length > 0) await pause(END_POLL_MS)
  })
}

function settings(url: string, queue: Queue, taskList: TaskList): RunnerOptions {
  // The process has handlers of its own, which drain it first.
  return { connectionString: url, schema: schemaOf(queue), taskList, noHandleSignals: true }
}

/** The queue keeps the message of an error, and a message may quote data: what goes there is the code alone. */
function guarded(tasks: Tasks, log: JobLog): TaskList {
  return Object.fromEntries(
    Object.entries(tasks).map(([name, work]) => [
      name,
      async (payload: unknown, { job }) => {
        try {
          await work(payload, { isLast: job.attempts >= job.max_attempts })
        } catch (error) {
          log('warn', 'job_failed', error)
          throw new JobFailed(codeOf(error))
        }
      },
    ]),
  )
}

class JobFailed extends Error {
  override readonly name = 'JobFailed'
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' && /^[A-Za-z0-9_]{1,60}$/.test(code) ? code : 'failed'
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
