import test from 'ava'
import { type Principal, requireScope } from './principal.ts'
import { ask, KEY, server } from './testing/things.ts'

const OTHER = 'kv_test_other'

const principal = (change: Partial<Principal> = {}): Principal => ({
  keyId: 'key',
  tenantId: 'tenant',
  mode: 'test',
  role: 'checkout',
  scopes: new Set(['thing.read', 'thing.write']),
  purposes: new Set(),
  ...change,
})

const meets = test.macro<[scope: string, held: string[], met: boolean]>({
  exec(t, scope, held, met) {
    const require = () => requireScope({ scopes: new Set(held) }, scope)
    if (met) t.notThrows(require)
    else t.like(t.throws(require), { code: 'scope_missing', status: 403 })
  },
  title: (_given, scope, held, met) => `${scope} is ${met ? '' : 'not '}met by ${held.join(', ') || 'nothing'}`,
})
test(meets, 'thing.read', ['thing.read'], true)
test(meets, 'thing.read', ['thing.read:all'], false)
test(meets, 'thing.do:*', ['other', 'thing.do:card:number'], true)
test(meets, 'thing.do:*', ['thing.do'], false)
test(meets, 'thing.do:*', ['thing.do:'], false)
test(meets, 'thing.do:*', ['thing.done:card'], false)
test(meets, 'thing.do:*', ['thing.do:*'], true)
test(meets, 'thing.do:*', [], false)

test('a key that asks more often than it may is told when to come back, and others go on', async (t) => {
  const clock = { ms: 0 }
  const { app } = await server(t, {
    requestsPerMinute: 3,
    monotonicMs: () => clock.ms,
    authenticate: (bearer) => principal({ keyId: bearer }),
  })
  const read = (key = KEY) => ask(app, 'GET', '/v1/things/thi_0001', { headers: { authorization: `Bearer ${key}` } })
  for (let n = 0; n < 3; n++) t.is((await read()).status, 200)
  const refused = await read()
  t.is(refused.status, 429)
  t.is(refused.problem.code, 'rate_limited')
  t.like(refused.headers, { 'retry-after': '20', 'ratelimit-policy': '"key";q=3;w=60', ratelimit: '"key";r=0;t=60' })
  t.is((await read(OTHER)).status, 200)
  clock.ms = 20_000
  t.is((await read()).status, 200)
})

test('a key may have a limit of its own', async (t) => {
  const { app } = await server(t, {
    requestsPerMinute: 1_000,
    monotonicMs: () => 0,
    authenticate: async () => principal({ requestsPerMinute: 1 }),
  })
  t.is((await ask(app, 'GET', '/v1/things/thi_0001')).status, 200)
  t.is((await ask(app, 'GET', '/v1/things/thi_0001')).status, 429)
})

test('health and readiness are never limited', async (t) => {
  const { app } = await server(t, {
    requestsPerMinute: 1,
    failuresPerMinute: 1,
    requestsAtOnceMax: 1,
    monotonicMs: () => 0,
  })
  for (let n = 0; n < 5; n++) {
    t.is((await app.inject('/health')).statusCode, 200)
    t.is((await app.inject('/ready')).statusCode, 200)
  }
})

test('an address that guesses keys is slowed, and keys that were good before still work from there', async (t) => {
  const asked: string[] = []
  const { app } = await server(t, {
    failuresPerMinute: 2,
    monotonicMs: () => 0,
    authenticate: async (bearer, _tenant, onlyKnown) => {
      if (!onlyKnown) asked.push(bearer)
      return bearer === KEY ? principal() : undefined
    },
  })
  const guess = (key: string) => ask(app, 'GET', '/v1/things/thi_0001', { headers: { authorization: `Bearer ${key}` } })
  t.is((await guess('kv_1')).status, 401)
  t.is((await guess('kv_2')).status, 401)
  const slowed = await guess('kv_3')
  t.is(slowed.status, 429)
  t.is(slowed.problem.code, 'rate_limited')
  t.is(slowed.headers['ratelimit-policy'], '"address";q=2;w=60')
  t.false(asked.includes('kv_3'), 'a slowed guess costs the database nothing')
  t.is((await guess(KEY)).status, 200)
  const without = await app.inject('/v1/things/thi_0001')
  t.is(without.statusCode, 429)
  const elsewhere = await app.inject({ url: '/v1/things/thi_0001', remoteAddress: '192.0.2.1' })
  t.is(elsewhere.statusCode, 401)
})

test('an address whose proofs were refused too often is not listened to for a while, whoever else is', async (t) => {
  const clock = { ms: 0 }
  let judged = 0
  const { app } = await server(t, { failuresPerMinute: 2, monotonicMs: () => clock.ms })
  app.post('/v1/deliveries/:proof', { config: { proof: 'signature', idempotency: 'none' } }, async (request, reply) => {
    judged++
    return reply.code((request.params as { proof: string }).proof === 'good' ? 200 : 400).send({})
  })
  const deliver = async (proof: string, remoteAddress = '192.0.2.1') =>
    (await app.inject({ method: 'POST', url: `/v1/deliveries/${proof}`, remoteAddress })).statusCode
  for (let n = 0; n < 5; n++) t.is(await deliver('good'), 200, 'what is proved counts against nobody')
  t.is(await deliver('forged'), 400)
  t.is(await deliver('forged'), 400)
  const before = judged
  t.is(await deliver('good'), 429)
  t.is(judged, before)
  t.is(await deliver('good', '192.0.2.2'), 200)
  clock.ms = 30_000
  t.is(await deliver('good'), 200)
})

test('a key that is bound to networks opens nothing from elsewhere', async (t) => {
  const networks = { includes: (address: string) => address === '192.0.2.7' }
  const { app } = await server(t, { authenticate: () => principal({ networks }) })
  const from = (remoteAddress: string, headers = {}) =>
    app.inject({
      url: '/v1/things/thi_0001',
      remoteAddress,
      headers: { authorization: `Bearer ${KEY}`, ...headers },
    })
  t.is((await from('192.0.2.7')).statusCode, 200)
  const refused = await from('192.0.2.8')
  t.is(refused.statusCode, 403)
  t.is(refused.json().code, 'network_not_allowed')
  t.is((await from('192.0.2.8', { 'x-forwarded-for': '192.0.2.7' })).statusCode, 403, 'anybody can write that header')
})

test('the word of a proxy is taken only if it is trusted', async (t) => {
  const networks = { includes: (address: string) => address === '192.0.2.7' }
  const { app } = await server(t, { authenticate: () => principal({ networks }), trustedProxies: ['10.0.0.0/8'] })
  const through = async (remoteAddress: string, forwarded = '192.0.2.7') =>
    (
      await app.inject({
        url: '/v1/things/thi_0001',
        remoteAddress,
        headers: { authorization: `Bearer ${KEY}`, 'x-forwarded-for': forwarded },
      })
    ).statusCode
  t.is(await through('10.1.2.3'), 200)
  t.is(await through('192.0.2.9'), 403)
  t.is(await through('10.1.2.3', '192.0.2.7, 10.9.9.9'), 200, 'one trusted proxy behind another')
  // What a caller has written himself stands in front of what the proxy has added.
  for (const forwarded of ['192.0.2.7, 192.0.2.9', '192.0.2.7, 192.0.2.9, 10.9.9.9', '192.0.2.7,unknown', 'x', '']) {
    t.is(await through('10.1.2.3', forwarded), 403, forwarded)
  }
})

test('what exceeds the requests that may be under way is refused before it is begun, and the next is taken again', async (t) => {
  const held = Promise.withResolvers<void>()
  let begun = 0
  const { app } = await server(t, {
    requestsAtOnceMax: 2,
    authenticate: async () => {
      begun++
      await held.promise
      return principal()
    },
  })
  const waiting = [1, 2].map(() => ask(app, 'GET', '/v1/things/thi_0001'))
  while (begun < 2) await new Promise((resolve) => setImmediate(resolve))
  const shed = await ask(app, 'GET', '/v1/things/thi_0001')
  t.is(shed.status, 503)
  t.is(shed.problem.code, 'overloaded')
  t.is(shed.headers['retry-after'], '1')
  t.is(begun, 2)
  held.resolve()
  t.deepEqual(
    (await Promise.all(waiting)).map(({ status }) => status),
    [200, 200],
  )
  t.is((await ask(app, 'GET', '/v1/things/thi_0001')).status, 200)
})

test('requests that end badly do not count as under way for ever', async (t) => {
  const { app } = await server(t, { requestsAtOnceMax: 1 })
  for (const url of ['/v1/defect', '/v1/down', '/v1/secrets', '/v1/things/thi_0001']) {
    const { status } = await ask(app, 'GET', url)
    t.not(status, undefined)
    t.is((await ask(app, 'GET', '/v1/things/thi_0001')).status, 200)
  }
})

test('a field that stands twice is refused, and its name is not repeated', async (t) => {
  const { app } = await server(t)
  const reply = await ask(app, 'POST', '/v1/things', {
    headers: { 'content-type': 'application/json' },
    payload: '{"name":"4242424242424242","name":"b"}',
  })
  t.is(reply.status, 400)
  t.is(reply.problem.code, 'duplicate_field')
  t.false(reply.text.includes('4242'))
})

test('while it drains, readiness is red, requests are answered, and in the end each answer ends its connection', async (t) => {
  const { app } = await server(t)
  app.lifecycle.draining = true
  const ready = await app.inject('/ready')
  t.is(ready.statusCode, 503)
  t.is(ready.json().code, 'draining')
  const noticed = await ask(app, 'GET', '/v1/things/thi_0001')
  t.is(noticed.status, 200)
  t.not(noticed.headers.connection, 'close')
  app.lifecycle.ending = true
  const reply = await ask(app, 'GET', '/v1/things/thi_0001')
  t.is(reply.status, 200)
  t.is(reply.headers.connection, 'close')
  t.is((await app.inject('/health')).statusCode, 200)
})

test('every route documents the refusals that any route can give, and a body or a write those of its own', async (t) => {
  const { app } = await server(t)
  await app.ready()
  const { paths = {} } = app.swagger() as unknown as { paths?: Record<string, Record<string, { responses: object }>> }
  const of = (path: string, method: string) => Object.keys(paths[path]?.[method]?.responses ?? {}).map(Number)
  for (const [path, methods] of Object.entries(paths)) {
    for (const method of Object.keys(methods)) {
      for (const status of [400, 401, 403, 429, 500, 503])
        t.true(of(path, method).includes(status), `${path} ${status}`)
    }
  }
  for (const status of [413, 415, 504]) t.true(of('/v1/things', 'post').includes(status))
  for (const status of [413, 415, 504]) t.false(of('/v1/things/{id}', 'get').includes(status))
  t.false(of('/v1/things/{id}/do', 'post').includes(413))
  t.true(of('/v1/things/{id}/do', 'post').includes(504))
})
