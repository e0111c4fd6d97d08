import test from 'ava'
import { issuerAndAccount } from '../../../../test/support/invoicing.ts'
import { settled } from '../testing/settled.ts'
import { isSignedBy, type Listener, listener, type WebhookStage, webhookStage } from '../testing/webhook-stage.ts'

let kontor: WebhookStage
let listening: Listener
test.beforeEach(async () => {
  kontor = await webhookStage()
  listening = await listener()
})
test.afterEach.always(async () => {
  await listening.close()
  await kontor.close()
})

const ENDPOINTS = '/v1/webhook-endpoints'
const HOUR = 3_600_000

test.serial(
  'an endpoint is told what happens from now on, signed as the specification has it, and nothing but ids',
  async (t) => {
    const { call } = kontor
    const { order } = await issuerAndAccount(kontor)
    await settled(kontor)
    const { id, secret } = await kontor.endpoint(listening.url, ['invoice.*', 'quote.issued'])
    const invoice = await call('POST', '/v1/invoices', order)
    await call('POST', `/v1/invoices/${invoice.body.id}/issue`)
    await call('POST', '/v1/quotes', order)
    await kontor.tell()
    t.deepEqual(
      listening.told.map(({ type }) => type),
      ['invoice.created', 'invoice.issued'],
    )
    t.true(listening.told.every((told) => isSignedBy(secret, told)))
    const [, issued] = listening.told
    const feed = await call('GET', '/v1/events?type=invoice.issued')
    t.is(issued?.id, feed.body.data[0].id)
    t.deepEqual(JSON.parse(issued?.text ?? ''), {
      type: 'invoice.issued',
      timestamp: kontor.clock.now().toISOString(),
      data: {
        event_id: issued?.id,
        account_id: order.account_id,
        object_id: invoice.body.id,
        object_version: 2,
        mode: 'test',
      },
    })
    t.like(issued?.headers, { 'content-type': 'application/json', 'user-agent': 'Kontor-Webhooks/1' })
    const deliveries = await kontor.deliveries(id)
    t.is(deliveries.length, 2)
    for (const delivery of deliveries)
      t.like(delivery, { state: 'delivered', attempts: 1, last_status: 200, next_attempt_at: null })
    await kontor.tell()
    t.is(listening.told.length, 2, 'what was taken is not told again')
  },
)

test.serial('a secret is shown when it is made, also to a retry, and is stored nowhere', async (t) => {
  const { call, sql } = kontor
  const body = { url: listening.url }
  const made = await call('POST', ENDPOINTS, body, { key: 'webhook-key-1' })
  t.is(made.status, 201)
  t.regex(made.body.secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  t.like(made.body, { event_types: ['*'], state: 'active', secret_version: 1, secret_overlap_until: null, version: 1 })
  const retried = await call('POST', ENDPOINTS, body, { key: 'webhook-key-1' })
  t.deepEqual(retried.body, made.body)
  t.is(retried.headers['idempotent-replayed'], 'true')
  const rotated = await call('POST', `${ENDPOINTS}/${made.body.id}/rotate-secret`, undefined, { key: 'webhook-key-2' })
  t.is(rotated.status, 200)
  t.not(rotated.body.secret, made.body.secret)
  const again = await call('POST', `${ENDPOINTS}/${made.body.id}/rotate-secret`, undefined, { key: 'webhook-key-2' })
  t.deepEqual(again.body, rotated.body)
  const shown = await call('GET', `${ENDPOINTS}/${made.body.id}`)
  t.false('secret' in shown.body)
  t.false('secret' in (await call('GET', ENDPOINTS)).body.data[0])
  await kontor.tell()
  const tables = await sql<{ name: string }>(
    `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
      where schemaname in ('public', 'graphile_worker', 'graphile_worker_webhooks')`,
  )
  const bytes = [made, rotated].map(({ body }) => Buffer.from(body.secret.slice('whsec_'.length), 'base64'))
  const forms = bytes.flatMap((secret) => [
    secret.toString('base64'),
    secret.toString('hex'),
    secret.toString('base64url'),
  ])
  let rows = 0
  for (const { name } of tables) {
    for (const { row } of await sql<{ row: string }>(`select t::text as row from ${name} as t`)) {
      rows++
      for (const form of forms) t.false(row.includes(form.replace(/=+$/, '')), name)
    }
  }
  t.true(rows > 5)
  for (const form of forms) t.false(kontor.log.join('\n').includes(form.replace(/=+$/, '')))
})

test.serial('while two secrets overlap both sign, and a day later the new one alone', async (t) => {
  const { call, clock } = kontor
  const first = await kontor.endpoint(listening.url)
  const second = (await call('POST', `${ENDPOINTS}/${first.id}/rotate-secret`)).body
  t.is(second.secret_version, 2)
  t.is(second.secret_overlap_until, new Date(clock.nowMs() + 24 * HOUR).toISOString())
  await issuerAndAccount(kontor)
  await kontor.tell()
  t.true(listening.told.length > 0)
  for (const told of listening.told)
    t.deepEqual(
      [first, second].map(({ secret }) => isSignedBy(secret, told)),
      [true, true],
    )
  clock.advance(24 * HOUR)
  const before = listening.told.length
  await issuerAndAccount(kontor)
  await kontor.tell()
  const later = listening.told.slice(before)
  t.true(later.length > 0)
  for (const told of later)
    t.deepEqual(
      [first, second].map(({ secret }) => isSignedBy(secret, told)),
      [false, true],
    )
})

test.serial('an endpoint is changed, disabled, made active again and deleted', async (t) => {
  const { call } = kontor
  const { id } = await kontor.endpoint(listening.url, ['account.*'])
  const at = (version: number) => ({ headers: { 'if-match': `"${version}"` } })
  t.like(await call('PATCH', `${ENDPOINTS}/${id}`, { state: 'disabled' }), { status: 428 })
  t.like(await call('PATCH', `${ENDPOINTS}/${id}`, { state: 'disabled' }, at(7)), { status: 412 })
  const disabled = await call('PATCH', `${ENDPOINTS}/${id}`, { state: 'disabled' }, at(1))
  t.like(disabled.body, { state: 'disabled', disabled_because: 'asked', version: 2 })
  t.is(disabled.headers.etag, '"2"')
  await issuerAndAccount(kontor)
  await kontor.tell()
  t.deepEqual(listening.told, [])
  await settled(kontor)
  const active = await call('PATCH', `${ENDPOINTS}/${id}`, { state: 'active', event_types: ['issuer.*'] }, at(2))
  t.like(active.body, { state: 'active', disabled_because: null, event_types: ['issuer.*'], version: 3 })
  const { account } = await issuerAndAccount(kontor)
  await kontor.tell()
  t.deepEqual(
    listening.told.map(({ type }) => type),
    ['issuer.created'],
    'what happened meanwhile is not told by itself',
  )
  t.is((await call('DELETE', `${ENDPOINTS}/${id}`)).status, 204)
  t.is((await call('DELETE', `${ENDPOINTS}/${id}`)).status, 204)
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['GET', '/deliveries', undefined],
    ['PATCH', '', { state: 'active' }],
    ['POST', '/rotate-secret', undefined],
    ['POST', '/replay', { dead_letters: true }],
  ] as const) {
    t.is((await call(method, `${ENDPOINTS}/${id}${path}`, body, at(4))).status, 404, `${method} ${path}`)
  }
  t.deepEqual((await call('GET', ENDPOINTS)).body, { data: [], has_more: false })
  await issuerAndAccount(kontor)
  await kontor.tell()
  t.is(listening.told.length, 1)
  const events = await call('GET', `/v1/events?object_id=${id}`)
  const types = events.body.data.map(({ type }: { type: string }) => type.split('.')[1])
  t.deepEqual(types, ['created', 'updated', 'updated', 'deleted'])
  t.truthy(account)
})

test.serial('what is not to be told something is refused, and changes nothing', async (t) => {
  const { call } = kontor
  const { id } = await kontor.endpoint(listening.url)
  const before = await kontor.state()
  const refused = async (body: object, status: number, code: string) => {
    for (const reply of [
      await call('POST', ENDPOINTS, { url: listening.url, ...body }),
      await call('PATCH', `${ENDPOINTS}/${id}`, body, { headers: { 'if-match': '"1"' } }),
    ]) {
      t.like(reply, { status, body: { code } }, JSON.stringify(body))
    }
  }
  for (const host of ['10.1.2.3', '[fd00::1]', '169.254.169.254', 'a:b@example.com'])
    await refused({ url: `http://${host}/` }, 422, 'webhook_url_not_allowed')
  await refused({ url: 'http://example.com/#part' }, 422, 'webhook_url_not_allowed')
  await refused({ url: 'https://example.com/4242424242424242' }, 422, 'sensitive_text')
  for (const body of [
    { url: 'ftp://a' },
    { event_types: [] },
    { event_types: ['Invoice'] },
    { event_types: ['*', '*'] },
    { secret: 'x' },
  ])
    t.is((await call('POST', ENDPOINTS, { url: listening.url, ...body })).status, 400)
  t.is(
    (await call('PATCH', `${ENDPOINTS}/${id}`, { state: 'deleted' }, { headers: { 'if-match': '"1"' } })).status,
    400,
  )
  t.deepEqual(await kontor.state(), before)
  const live = await kontor.apiKey('admin', { mode: 'live' })
  const plain = await call('POST', ENDPOINTS, { url: listening.url }, { as: live })
  t.like(plain, { status: 422, body: { code: 'webhook_url_not_allowed', errors: [{ path: '/url' }] } })
  const other = { as: live, headers: { 'if-match': '"1"' } }
  t.is((await call('GET', `${ENDPOINTS}/${id}`, undefined, other)).status, 404)
  t.is((await call('DELETE', `${ENDPOINTS}/${id}`, undefined, other)).status, 404)
  t.is((await call('PATCH', `${ENDPOINTS}/${id}`, { state: 'disabled' }, other)).status, 404)
  for (let n = 1; n < 20; n++) await kontor.endpoint(listening.url)
  t.like(await call('POST', ENDPOINTS, { url: listening.url }), {
    status: 409,
    body: { code: 'too_many_webhook_endpoints' },
  })
  const pages = await call('GET', `${ENDPOINTS}?limit=15`)
  t.true(pages.body.has_more)
  const rest = await call('GET', `${ENDPOINTS}?limit=15&after=${pages.body.data.at(-1).id}`)
  t.deepEqual([rest.body.data.length, rest.body.has_more], [5, false])
})
