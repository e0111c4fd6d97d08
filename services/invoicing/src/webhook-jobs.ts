import { type JobRunner, type JobsOptions, startJobs, type Tasks } from '@kontor/jobs'
import { withTransaction } from '@kontor/postgres'
import type { Deps } from './deps.ts'
import { wakeAll, wakeEndpoints } from './webhooks/jobs.ts'
import { anyEndpoint, listActive } from './webhooks/repo.ts'
import { webhookTasks } from './webhooks/work.ts'

/** Connections that fetch and complete deliveries: these mostly wait for others. */
const CONNECTIONS_MAX = 2

/** Wires what tells tenants what happens. @param onFailure Takes what is tried again by itself. */
export const webhookTasksOf = (deps: Deps, onFailure: (error: unknown) => void): Tasks =>
  webhookTasks({ ...deps, onFailure })

/** What is to go on may have been given up by the queue, while the database was away for days. */
async function wake({ database }: Deps): Promise<void> {
  if (!(await anyEndpoint(database))) return
  const active = await listActive(database)
  await withTransaction(database.knex, async (tx) => {
    await wakeAll(tx)
    await wakeEndpoints(tx, active)
  })
}

/**
 * Tells tenants what happens, beside the other jobs and apart from them: whoever answers slowly must not keep an invoice waiting.
 */
export async function startWebhooks(deps: Deps, options: Omit<JobsOptions, 'tasks'>): Promise<JobRunner> {
  const tasks = webhookTasksOf(deps, (error) => options.log('warn', 'webhooks_failed', error))
  await wake(deps).catch((error) => options.log('warn', 'webhooks_failed', error))
  return startJobs({ ...options, queue: 'webhooks', tasks, connectionsMax: CONNECTIONS_MAX })
}
