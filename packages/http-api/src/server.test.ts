import { connect } from 'node:net'
import test from 'ava'
import { Unavailable } from './errors.ts'
import { ask, json, KEY, PAN, server, unreachable } from './testing/things.ts'

test('what is asked as documented is answered', async (t) => {
  const { app } = await server(t)
  const reply = await ask(app, 'POST', '/v1/things', { payload: { name: 'a thing' } })
  t.deepEqual(reply.problem, { key: 'things-0001', name: 'a thing' })
  t.is((await ask(app, 'POST', '/v1/things/thi_0001/do', json('{}'))).status, 200)
  t.is((await ask(app, 'POST', '/v1/things/thi_0001/do', json(''))).status, 200, 'no bytes are no body')
  const lowerCase = { headers: { authorization: `bearer ${KEY}` } }
  t.is(
    (await ask(app, 'GET', '/v1/things/thi_0001', lowerCase)).status,
    200,
    'a scheme is not case-sensitive (RFC 9110, 11.1)',
  )
})

test('every field at fault is named, at most twenty of them', async (t) => {
  const { app } = await server(t)
  const { problem } = await ask(app, 'POST', '/v1/things', json('{"nam": 1}'))
  t.deepEqual(problem.errors, [
    { path: '/name', code: 'missing_field', message: 'is missing' },
    { path: '', code: 'unknown_field', message: 'has a field that is not documented' },
  ])
})

test('the log has the route template of a request, and neither its path nor its query', async (t) => {
  const { app, log } = await server(t)
  await ask(app, 'GET', `/v1/things/thi_0001?number=${PAN}`)
  const line = JSON.parse(log.find((text) => text.includes('"request"')) ?? '{}')
  t.like(line, { event: 'request', method: 'GET', route: '/v1/things/:id', status: 400 })
  t.false(log.join('').includes('thi_0001'))
})

test('a defect is logged as an error with its place; a refusal is not', async (t) => {
  const { app, log } = await server(t)
  await ask(app, 'GET', '/v1/secrets')
  t.false(log.some((line) => JSON.parse(line).level >= 40))
  await ask(app, 'GET', '/v1/defect')
  const line = JSON.parse(log.find((text) => text.includes('"failed"')) ?? '{}')
  t.like(line, { level: 50, code: 'internal_error', err: { type: 'Error' } })
  t.regex(line.err.at[0], /things\.ts/)
})

test('a route that does not say what it needs does not start', async (t) => {
  const { app } = await server(t)
  t.throws(() => app.get('/v1/open', async () => ({})), { message: /names no scope/ })
  const both = { scope: 'thing.read', proof: 'signature' } as const
  t.throws(() => app.get('/v1/open', { config: both }, async () => ({})), { message: /names no scope, or a proof/ })
  t.throws(() => app.post('/v1/open', { config: { scope: 'thing.write' } }, async () => ({})), {
    message: /does not say whether it takes an Idempotency-Key/,
  })
})

test('health asks for no key; ready says what is down', async (t) => {
  let down: Error | undefined
  const { app } = await server(t, {
    ready: async () => {
      if (down) throw down
    },
  })
  const without = { headers: { authorization: '' } }
  t.is((await ask(app, 'GET', '/health', without)).status, 200)
  t.is((await ask(app, 'GET', '/ready', without)).status, 200)
  down = unreachable()
  t.like(await ask(app, 'GET', '/ready', without), { status: 503, problem: { code: 'database_unavailable' } })
  down = new Unavailable('keys_unavailable', 'the key provider')
  t.like(await ask(app, 'GET', '/ready', without), { status: 503, problem: { code: 'keys_unavailable' } })
  t.is((await ask(app, 'GET', '/health', without)).status, 200, 'the process itself is up')
})

test('while the database is down nobody is told that a key is wrong', async (t) => {
  const { app } = await server(t, {
    authenticate: async () => {
      throw unreachable()
    },
  })
  t.like(await ask(app, 'GET', '/v1/things/thi_0001'), { status: 503, problem: { code: 'database_unavailable' } })
})

test('a route that judges a proof of its own takes no key, and says so in the description', async (t) => {
  const { app } = await server(t)
  app.post('/v1/deliveries', { config: { proof: 'signature', idempotency: 'none' } }, async () => ({}))
  const without = { headers: { authorization: '', 'idempotency-key': '' } }
  t.is((await ask(app, 'POST', '/v1/deliveries', without)).status, 200)
  await app.ready()
  const description = app.swagger() as { paths: Record<string, { post: { security: unknown; responses: object } }> }
  const post = description.paths['/v1/deliveries']?.post
  t.deepEqual(post?.security, [])
  t.deepEqual(Object.keys(post?.responses ?? {}), ['400', '429', '500', '503', '504'])
})

test('the API description names every route, its scope key and the version', async (t) => {
  const { app } = await server(t)
  await app.ready()
  const { problem: description } = await ask(app, 'GET', '/openapi.json', { headers: { authorization: '' } })
  t.like(description, { openapi: '3.1.0', info: { title: 'Things', version: '1.2.3' } })
  t.true(Object.keys(description.paths).includes('/v1/things/{id}'))
  t.like(description.components.securitySchemes.apiKey, { type: 'http', scheme: 'bearer' })
  const docs = await app.inject({ url: '/docs' })
  t.true([200, 302].includes(docs.statusCode))
})

test('what is not HTTP gets one fixed line, and the log nothing of it', async (t) => {
  const { app, log } = await server(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${PAN}\r\n\r\n`))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', reject).on('close', () => resolve(text))
  })
  t.regex(answer, /^HTTP\/1\.1 400 Bad Request\r\n/)
  t.false(answer.includes(PAN) || log.join('').includes(PAN))
})

test('who hangs up in the middle of a body is no defect and no outage', async (t) => {
  const { app, log } = await server(t)
  t.true(app.server.requestTimeout > 0, 'who never comes to an end is not waited for')
  const answered = new Promise<number>((resolve) => {
    app.addHook('onSend', async (_request, reply) => resolve(reply.statusCode))
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as { port: number }
  const head = `Host: x\r\nAuthorization: Bearer ${KEY}\r\nIdempotency-Key: things-0002\r\nContent-Type: application/json\r\nContent-Length: 99`
  const socket = connect(port, '127.0.0.1', () => socket.write(`POST /v1/things HTTP/1.1\r\n${head}\r\n\r\n{`))
  await new Promise<void>((resolve) => app.server.once('request', () => resolve()))
  socket.destroy()
  t.is(await answered, 400)
  t.deepEqual(
    log.filter((text) => JSON.parse(text).level >= 40),
    [],
  )
})
