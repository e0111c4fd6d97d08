import { quoteValue, type Tx } from '@kontor/postgres'
import { type Queue, schemaOf } from './queue.ts'

export interface NewJob {
  readonly task: string
  /** Ids and counts alone: the queue is neither sealed nor erased. */
  readonly payload: Readonly<Record<string, string | number>>
  /** How long from now, by the database's clock, it is left alone. */
  readonly delayMs?: number
  /**
   * What the job is about: one that waits under the same key is replaced. One that is being done is not disturbed, so that a task may
   * enqueue itself for later.
   */
  readonly key?: string
  /** Jobs of one line are done one after the other, whoever does them. */
  readonly line?: string
  /** How often it is tried; 25 times, over some days, unless given. */
  readonly tries?: number
}

/** Enqueues jobs in the transaction of whatever asks for them: they are there when it commits, and only then. */
export async function addJobs(tx: Tx, jobs: readonly NewJob[], queue: Queue = 'work'): Promise<void> {
  if (jobs.length === 0) return
  await tx.raw(
    `select count(*) from json_to_recordset(?::json) as job (task text, payload json, "delayMs" bigint, key text, line text, tries int)
      cross join lateral ${schemaOf(queue)}.add_job(job.task, job.payload, queue_name => job.line,
                   run_at => now() + coalesce(job."delayMs", 0) * interval '1 millisecond', job_key => job.key,
                   max_attempts => job.tries)`,
    [JSON.stringify(jobs)],
  )
}

/** What a job of a row is, in SQL over the columns of that row. */
export interface JobOfRow {
  /** JSON of ids and counts alone. */
  readonly payload: string
  /** How many milliseconds it is left alone; it is done at once without. */
  readonly delayMs?: string
  readonly key?: string
}

/**
 * What to select from to enqueue a job for each row of a list, for a statement of the caller's own that writes what the jobs are about.
 * All of them are one call of the queue `work`: a call each costs PostgreSQL more than the rows that they are about.
 *
 * @param task Of our own words.
 * @param rows The name of the list.
 */
export function jobsFor(task: string, rows: string, { payload, delayMs = '0', key = 'null' }: JobOfRow): string {
  const spec = [
    quoteValue(task),
    payload,
    'null',
    `now() + ${delayMs} * interval '1 millisecond'`,
    'null',
    key,
    'null',
    'null',
  ]
  return `(select array_agg(row(${spec.join(', ')})::${schemaOf('work')}.job_spec) as specs from ${rows} having count(*) > 0) as wanted
      cross join lateral ${schemaOf('work')}.add_jobs(wanted.specs) as job`
}
