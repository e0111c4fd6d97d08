import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { apiClient, NoAnswer, Refused } from './api-client.ts'

const PROBLEM = { type: 'urn:kontor:problem:x', title: 'No', instance: 'urn:kontor:request:1' }

async function serve(t: ExecutionContext, listener: RequestListener) {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.closeAllConnections())
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const client = (baseUrl: string, signal?: AbortSignal) =>
  apiClient({ service: 'vault', baseUrl, apiKey: 'key', pausesMs: [1, 1], ...(signal ? { signal } : {}) })

test('a call carries the key, the intent and the body', async (t) => {
  let seen: IncomingMessage | undefined
  const url = await serve(t, (request, reply) => {
    seen = request
    reply.end('{"id":"tok_1"}')
  })
  t.deepEqual(await client(url).post('/v1/tokens', 'intent-1', { type: 'card' }), { id: 'tok_1' })
  t.like(seen?.headers, {
    authorization: 'Bearer key',
    'idempotency-key': 'intent-1',
    'content-type': 'application/json',
  })
})

for (const [because, status, code] of [
  ['a part that is down', 503, 'keys_unavailable'],
  ['a twin at work', 409, 'idempotency_in_progress'],
  ['too many requests', 429, 'too_many_requests'],
] as const) {
  test(`${because} is waited for, under the same Idempotency-Key`, async (t) => {
    const keys: unknown[] = []
    const url = await serve(t, (request, reply) => {
      keys.push(request.headers['idempotency-key'])
      if (keys.length < 3) reply.writeHead(status).end(JSON.stringify({ ...PROBLEM, status, code }))
      else reply.end('{}')
    })
    await client(url).post('/v1/tokens', 'intent-1')
    t.deepEqual(keys, ['intent-1', 'intent-1', 'intent-1'])
  })
}

test('a connection that breaks is tried again', async (t) => {
  let calls = 0
  const url = await serve(t, (request, reply) => {
    calls += 1
    if (calls === 1) request.socket.destroy()
    else reply.end('{"up":true}')
  })
  t.deepEqual(await client(url).get('/x'), { up: true })
})

test('a refusal is passed on as it is, and not tried again', async (t) => {
  let calls = 0
  const url = await serve(t, (_request, reply) => {
    calls += 1
    reply.writeHead(422).end(JSON.stringify({ ...PROBLEM, status: 422, code: 'invalid_pan' }))
  })
  const error = await t.throwsAsync(client(url).post('/x', 'intent-1'), { instanceOf: Refused })
  t.is((error as Refused).problem.code, 'invalid_pan')
  t.is(calls, 1)
})

test('a server that is none of ours, or none at all, gives no answer', async (t) => {
  const other = await serve(t, (_request, reply) => void reply.writeHead(404).end('<h1>Not Found</h1>'))
  await t.throwsAsync(client(other).get('/x'), { instanceOf: NoAnswer })
  await t.throwsAsync(client('http://127.0.0.1:9').get('/x'), { instanceOf: NoAnswer })
})

test('a redirect is not followed, because it would carry the key away', async (t) => {
  let calls = 0
  const away = await serve(t, (_request, reply) => {
    calls += 1
    reply.end('{}')
  })
  const url = await serve(t, (_request, reply) => void reply.writeHead(302, { location: away }).end())
  await t.throwsAsync(client(url).get('/x'), { instanceOf: NoAnswer })
  t.is(calls, 0)
})

test('a stop ends a call with its own reason', async (t) => {
  const controller = new AbortController()
  const url = await serve(t, () => controller.abort(new Error('stopped')))
  await t.throwsAsync(client(url, controller.signal).get('/x'), { message: 'stopped' })
})
