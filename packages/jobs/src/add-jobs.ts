import type { Tx } from '@kontor/postgres'

export interface NewJob {
  readonly task: string
  /** Ids and counts alone: the queue is neither sealed nor erased. */
  readonly payload: Readonly<Record<string, string | number>>
}

/** Enqueues jobs in the transaction of whatever asks for them: they are there when it commits, and only then. */
export async function addJobs(tx: Tx, jobs: readonly NewJob[]): Promise<void> {
  if (jobs.length === 0) return
  await tx.raw(
    `select count(*) from json_to_recordset(?::json) as job (task text, payload json)
      cross join lateral graphile_worker.add_job(job.task, job.payload)`,
    [JSON.stringify(jobs)],
  )
}
