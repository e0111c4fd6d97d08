import { addJobs, type NewJob } from '@kontor/jobs'
import { type Database, type Tx, withTransaction } from '@kontor/postgres'

/** Hands out what happened here. */
export const DISPATCH_TASK = 'webhook.dispatch'
/** Takes over what happened in the vault. */
export const COLLECT_TASK = 'webhook.collect'
/** Tells one endpoint what waits for it. */
export const DELIVER_TASK = 'webhook.deliver'
/** Removes what ended long ago. */
export const CLEAN_TASK = 'webhook.clean'

/** What goes on for all tenants: one of each waits, and one is under way. */
const standing = (task: string, delayMs: number): NewJob => ({ task, payload: {}, key: task, line: task, delayMs })

/** In a queue of their own: they hold up nothing else, and nothing else holds them up. */
const add = (tx: Tx, jobs: readonly NewJob[]): Promise<void> => addJobs(tx, jobs, 'webhooks')

/** Enqueues a task that goes on for all tenants, in the place of the one that waits. */
export const again = (database: Database, task: string, delayMs: number): Promise<void> =>
  withTransaction(database.knex, (tx) => add(tx, [standing(task, delayMs)]))

/** Lets everything begin: somebody wants to be told. */
export const wakeAll = (tx: Tx): Promise<void> =>
  add(
    tx,
    [DISPATCH_TASK, COLLECT_TASK, CLEAN_TASK].map((task) => standing(task, 0)),
  )

/** Lets endpoints be told what waits for them. */
export const wakeEndpoints = (tx: Tx, ids: readonly string[], delayMs = 0): Promise<void> =>
  add(
    tx,
    ids.map((id) => ({
      task: DELIVER_TASK,
      payload: { webhook_id: id },
      key: `webhook:${id}`,
      line: `webhook:${id}`,
      delayMs,
    })),
  )
