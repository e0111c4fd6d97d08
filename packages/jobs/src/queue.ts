/**
 * Queues, each in a schema of its own. Whoever looks for a job looks through all that is due in its queue until one of its tasks is found, so
 * that workers of tasks that are rarely due would read a backlog of others at each new job.
 */
const SCHEMAS = { work: 'graphile_worker', webhooks: 'graphile_worker_webhooks' } as const

export type Queue = keyof typeof SCHEMAS

export const QUEUES = Object.keys(SCHEMAS) as readonly Queue[]

/** A name that needs no quotes. */
export const schemaOf = (queue: Queue): string => SCHEMAS[queue]
