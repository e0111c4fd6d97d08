import type { ExecutionContext } from 'ava'
import Type from 'typebox'
import { createLogger } from '../logger.ts'
import type { Principal } from '../principal.ts'
import { type ApiServer, buildServer, type ServerOptions } from '../server.ts'

export const PAN = '4242424242424242'
export const KEY = 'kv_test_the-key'
const PRINCIPAL: Principal = {
  keyId: 'key',
  tenantId: 'tenant',
  mode: 'test',
  role: 'checkout',
  scopes: new Set(['thing.read', 'thing.write']),
  purposes: new Set(),
}

/** What the driver throws when nothing listens, with words that must not get out. */
export const unreachable = () => Object.assign(new Error(`connect ECONNREFUSED ${PAN}`), { code: 'ECONNREFUSED' })

/** A service of things, each with its own route for what can go wrong. */
export async function server(t: ExecutionContext, options: Partial<ServerOptions> = {}) {
  const log: string[] = []
  const app = await buildServer({
    title: 'Things',
    description: 'A service of things.',
    version: '1.2.3',
    logger: createLogger('things', 'debug', { write: (line: string) => void log.push(line) }),
    authenticate: async (bearer) => (bearer === KEY ? PRINCIPAL : undefined),
    ready: async () => {},
    monotonicMs: () => performance.now(),
    bodyLimit: 1_000,
    ...options,
  })
  const body = Type.Object({ name: Type.String({ maxLength: 20 }) }, { additionalProperties: false })
  const params = Type.Object({ id: Type.String({ pattern: '^thi_[0-9]{4}$' }) })
  app.post(
    '/v1/things',
    { config: { scope: 'thing.write', idempotency: 'required' }, schema: { body } },
    async (r) => ({
      key: r.idempotencyKey,
      name: r.body.name,
    }),
  )
  app.post('/v1/things/:id/do', { config: { scope: 'thing.write', idempotency: 'none' } }, async () => ({ done: true }))
  app.get('/v1/things/:id', { config: { scope: 'thing.read' }, schema: { params } }, async (r) => ({ id: r.params.id }))
  app.get('/v1/secrets', { config: { scope: 'secret.read' } }, async () => ({}))
  app.get('/v1/defect', { config: { scope: 'thing.read' } }, async () => {
    throw new Error(`column "${PAN}" does not exist`)
  })
  app.get('/v1/down', { config: { scope: 'thing.read' } }, async () => {
    throw unreachable()
  })
  app.put('/v1/broken', { config: { scope: 'thing.write' } }, async () => {
    throw new Error('Connection terminated unexpectedly')
  })
  t.teardown(() => app.close())
  return { app, log }
}

/** Asks with a key and a name for the intent, unless `given` says otherwise. */
export async function ask(app: ApiServer, method: 'GET' | 'POST' | 'PUT', url: string, given: object = {}) {
  const { headers, ...rest } = given as { headers?: Record<string, string>; payload?: string | object }
  const reply = await app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${KEY}`, 'idempotency-key': 'things-0001', ...headers },
    ...rest,
  })
  return { status: reply.statusCode, problem: reply.json(), headers: reply.headers, text: reply.body }
}

export const json = (payload: string) => ({ headers: { 'content-type': 'application/json' }, payload })
