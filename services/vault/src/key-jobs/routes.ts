import type { ApiServer } from '@kontor/http-api'
import { formatId, parseId } from '@kontor/ids'
import type { TenantKeyring } from './keyring.ts'
import { destroyKey, getKeyJob, listKeyJobs, listKeys, rotateKey, startKeyJob } from './schema.ts'
import { toDestroyedWire, toJobWire, toKeyWire } from './wire.ts'

const LIMIT_UNLESS_GIVEN = 50

/** HTTP to command, result to HTTP. */
export function keyRoutes(app: ApiServer, keyring: TenantKeyring): void {
  app.get('/v1/keys', { schema: listKeys, config: { scope: 'key.read' } }, async ({ principal, query }) => {
    const before = query.after === undefined ? undefined : Number(query.after)
    const { versions, more } = await keyring.list(principal, Number(query.limit ?? LIMIT_UNLESS_GIVEN), before)
    return { data: versions.map(toKeyWire), next_after: more ? (versions.at(-1)?.version ?? null) : null }
  })

  app.post(
    '/v1/keys/rotate',
    { schema: rotateKey, config: { scope: 'key.rotate', idempotency: 'required' } },
    async ({ principal, id: requestId, idempotencyKey }, reply) => {
      const { made, replayed } = await keyring.rotate({ principal, requestId }, idempotencyKey)
      if (replayed) reply.header('idempotent-replayed', 'true')
      return reply.code(201).send(toKeyWire(made))
    },
  )

  app.post(
    '/v1/keys/:version/destroy',
    { schema: destroyKey, config: { scope: 'key.destroy', idempotency: 'required' } },
    async ({ principal, id: requestId, params }, reply) => {
      const { made, replayed } = await keyring.destroy({ principal, requestId }, Number(params.version))
      if (replayed) reply.header('idempotent-replayed', 'true')
      return reply.code(200).send(toDestroyedWire(made))
    },
  )

  app.post(
    '/v1/key-jobs',
    { schema: startKeyJob, config: { scope: 'key.rewrap', idempotency: 'required' } },
    async ({ principal, id: requestId, idempotencyKey, body }, reply) => {
      const { made, replayed } = await keyring.startJob({ principal, requestId }, body.kind, idempotencyKey)
      if (replayed) reply.header('idempotent-replayed', 'true')
      return reply.code(202).send(toJobWire(made))
    },
  )

  app.get('/v1/key-jobs/:jobId', { schema: getKeyJob, config: { scope: 'key.read' } }, async ({ principal, params }) =>
    toJobWire(await keyring.job(principal, parseId('job', params.jobId))),
  )

  app.get('/v1/key-jobs', { schema: listKeyJobs, config: { scope: 'key.read' } }, async ({ principal, query }) => {
    const before = query.after === undefined ? undefined : parseId('job', query.after)
    const { jobs, more } = await keyring.jobs(principal, Number(query.limit ?? LIMIT_UNLESS_GIVEN), before)
    const last = more ? jobs.at(-1) : undefined
    return { data: jobs.map(toJobWire), next_after: last ? formatId('job', last.id) : null }
  })
}
