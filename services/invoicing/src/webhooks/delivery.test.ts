import { bucketOf, parseId } from '@kontor/ids'
import test from 'ava'
import { recordEvent } from '../events/event.ts'
import { settled } from '../testing/settled.ts'
import { type Listener, listener, type WebhookStage, webhookStage } from '../testing/webhook-stage.ts'

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
const SECOND = 1_000
const HOUR = 3_600 * SECOND

const account = (times: number) => kontor.account(times)
const versionsOf = (object: string) =>
  listening.told.filter((told) => told.object === object).map(({ version }) => version)

test.serial('what failed holds what came later of the same object, and nothing of others', async (t) => {
  const { id } = await kontor.endpoint(listening.url, ['account.*'])
  const [held, free] = [await account(2), await account(2)]
  listening.answers = ({ object, version }) => (object === held && version === 1 ? 500 : 200)
  await kontor.tell()
  t.deepEqual(versionsOf(held), [1])
  t.deepEqual(versionsOf(free), [1, 2, 3])
  await kontor.tell()
  t.deepEqual(versionsOf(held), [1], 'before its time it is not tried again')
  const first = (await kontor.deliveries(id, 'pending')).find(({ object_version }) => object_version === 1)
  t.like(first, { attempts: 1, last_status: 500, last_failure: null })
  t.is(first?.next_attempt_at, new Date(kontor.clock.nowMs() + 5 * SECOND).toISOString())
  kontor.clock.advance(5 * SECOND)
  await kontor.tell()
  t.deepEqual(versionsOf(held), [1, 1])
  listening.answers = () => 204
  kontor.clock.advance(30 * SECOND)
  await kontor.tell()
  t.deepEqual(versionsOf(held), [1, 1, 1, 2, 3])
  t.is((await kontor.deliveries(id, 'delivered')).length, 6)
})

test.serial('it is tried for three days, then given up, and told again when it is asked for', async (t) => {
  const { call, clock } = kontor
  const { id } = await kontor.endpoint(listening.url, ['account.*'])
  const object = await account(1)
  listening.answers = () => 503
  const begun = clock.nowMs()
  const tried: number[] = []
  for (let before = 0; ; before = listening.told.length) {
    await kontor.tell()
    if (listening.told.length > before) tried.push((clock.nowMs() - begun) / SECOND)
    const pending = await kontor.deliveries(id, 'pending')
    // What waits behind another one is dated before it.
    const next = pending
      .map(({ next_attempt_at }) => next_attempt_at as string)
      .sort()
      .at(-1)
    if (next === undefined) break
    clock.set(next)
  }
  t.deepEqual(tried.slice(0, 6), [0, 5, 35, 155, 755, 4355])
  const last = tried.at(-1) ?? 0
  t.true(last > 45 * 3_600 && last <= 72 * 3_600, String(last))
  const dead = await kontor.deliveries(id, 'dead')
  t.deepEqual(dead.map(({ object_version }) => object_version).sort(), [1, 2])
  t.like(dead[0], { last_status: 503, next_attempt_at: null })
  t.false(versionsOf(object).includes(2) && versionsOf(object).indexOf(2) < versionsOf(object).lastIndexOf(1))
  listening.answers = () => 200
  const from = listening.told.length
  const replayed = await call('POST', `${ENDPOINTS}/${id}/replay`, { dead_letters: true }, { key: 'again-please' })
  t.deepEqual([replayed.status, replayed.body], [202, { queued: 2 }])
  t.deepEqual(
    (await call('POST', `${ENDPOINTS}/${id}/replay`, { dead_letters: true }, { key: 'again-please' })).body,
    replayed.body,
  )
  await kontor.tell()
  t.deepEqual(
    listening.told.slice(from).map(({ version }) => version),
    [1, 2],
  )
  t.is(new Set(listening.told.map(({ id }) => id)).size, 2, 'under the ids that they had')
})

test.serial('410 disables the endpoint, and what waits goes on when it is made active again', async (t) => {
  const { call } = kontor
  const { id } = await kontor.endpoint(listening.url, ['account.*'])
  await account(1)
  listening.answers = () => 410
  await kontor.tell()
  t.is(listening.told.length, 1)
  const shown = (await call('GET', `${ENDPOINTS}/${id}`)).body
  t.like(shown, { state: 'disabled', disabled_because: 'gone', version: 2 })
  t.like((await kontor.deliveries(id, 'dead'))[0], { last_status: 410, object_version: 1 })
  await settled(kontor)
  const events = await call('GET', `/v1/events?object_id=${id}&type=webhook_endpoint.disabled`)
  t.is(events.body.data[0].object_version, 2)
  await kontor.tell()
  t.is(listening.told.length, 1)
  listening.answers = () => 200
  await call('PATCH', `${ENDPOINTS}/${id}`, { state: 'active' }, { headers: { 'if-match': '"2"' } })
  await kontor.tell()
  t.deepEqual(
    listening.told.map(({ version }) => version),
    [1, 2],
  )
})

test.serial('a redirect is not followed, and whoever gives no answer is left alone for a while', async (t) => {
  const { id } = await kontor.endpoint(listening.url, ['account.*'])
  const elsewhere = await listener()
  t.teardown(() => elsewhere.close())
  const objects = [await account(0), await account(0)]
  listening.answers = (_told, response) => void response.writeHead(301, { location: elsewhere.url }).end()
  await kontor.tell()
  t.is(listening.told.length, 2)
  t.deepEqual(elsewhere.told, [])
  t.true((await kontor.deliveries(id)).every(({ last_status }) => last_status === 301))
  listening.answers = (_told, response) => void response.socket?.destroy()
  kontor.clock.advance(5 * SECOND)
  await kontor.tell()
  t.is(listening.told.length, 4)
  t.deepEqual(
    (await kontor.deliveries(id)).map(({ last_failure }) => last_failure),
    ['connection_failed', 'connection_failed'],
  )
  kontor.clock.advance(4 * SECOND)
  objects.push(await account(0))
  await kontor.tell()
  t.is(listening.told.length, 4)
  kontor.clock.advance(SECOND)
  await kontor.tell()
  t.is(listening.told.length, 5, 'one question is asked first')
  listening.answers = () => 200
  kontor.clock.advance(HOUR)
  await kontor.tell()
  t.is((await kontor.deliveries(id, 'delivered')).length, 3)
})

test.serial('whoever says when they can take more is asked then, and told nothing else meanwhile', async (t) => {
  const { clock } = kontor
  const { id } = await kontor.endpoint(listening.url, ['account.*'])
  await account(0)
  listening.answers = (_told, response) => void response.writeHead(429, { 'retry-after': '120' }).end()
  await kontor.tell()
  t.is(listening.told.length, 1)
  const [waiting] = await kontor.deliveries(id, 'pending')
  t.is(waiting?.next_attempt_at, new Date(clock.nowMs() + 120 * SECOND).toISOString())
  listening.answers = () => 200
  await account(0)
  clock.advance(119 * SECOND)
  await kontor.tell()
  t.is(listening.told.length, 1)
  clock.advance(SECOND)
  await kontor.tell()
  t.is((await kontor.deliveries(id, 'delivered')).length, 2)

  const until = new Date(clock.nowMs() + 3 * HOUR).toUTCString()
  listening.answers = (_told, response) => void response.writeHead(503, { 'retry-after': until }).end()
  const object = await account(0)
  await kontor.tell()
  listening.answers = () => 200
  await account(0)
  clock.advance(300 * SECOND)
  await kontor.tell()
  t.is((await kontor.deliveries(id, 'delivered')).length, 3, 'what is about others waits five minutes at most')
  t.is(versionsOf(object).length, 1)
  clock.set(new Date(until).toISOString())
  await kontor.tell()
  t.deepEqual(versionsOf(object), [1, 1])
})

test.serial('events between two instants, or named ones, are told again or for the first time', async (t) => {
  const { call, clock } = kontor
  const early = await account(1)
  clock.advance(2 * HOUR)
  const from = clock.now().toISOString()
  const object = await account(2)
  clock.advance(HOUR)
  const until = clock.now().toISOString()
  const late = await account(0)
  await settled(kontor)
  const { id } = await kontor.endpoint(listening.url, ['account.updated'])
  const replay = (body: object) => call('POST', `${ENDPOINTS}/${id}/replay`, body)
  await kontor.tell()
  t.deepEqual(listening.told, [])
  t.deepEqual((await replay({ from, until })).body, { queued: 2 })
  t.deepEqual((await replay({ from })).body, { queued: 0 }, 'what waits already is not counted')
  await kontor.tell()
  t.deepEqual(versionsOf(object), [2, 3])
  t.deepEqual((await replay({ from: '2026-01-01T00:00:00Z' })).body, { queued: 3 })
  await kontor.tell()
  t.deepEqual(versionsOf(object), [2, 3, 2, 3])
  t.deepEqual(versionsOf(early), [2])
  const [named, another] = listening.told
  t.deepEqual((await replay({ event_ids: [named?.id, another?.id] })).body, { queued: 2 })
  await kontor.tell()
  t.is(listening.told.length, 7)
  t.deepEqual(versionsOf(late), [])
  const created = (await call('GET', `/v1/events?object_id=${late}`)).body.data[0].id
  for (const event_ids of [
    [created],
    ['evt_01h455vb4pex5vsknk084sn02q'],
    [named?.id, 'evt_01h455vb4pex5vsknk084sn02q'],
  ])
    t.like(await replay({ event_ids }), { status: 422, body: { code: 'unknown_event' } })
  for (const body of [
    {},
    { until },
    { from, event_ids: [created] },
    { dead_letters: true, until },
    { from, dead_letters: true },
  ])
    t.like(await replay(body), { status: 422, body: { code: 'replay_unclear' } })
  t.is((await replay({ from: 'yesterday' })).status, 400)
  await kontor.tell()
  t.is(listening.told.length, 7)
})

test.serial('versions are told in their order, also when the later one had its transaction first', async (t) => {
  const { database, deps } = kontor
  await kontor.endpoint(listening.url, ['account.updated'])
  const object = await account(0)
  await kontor.tell()
  const accountId = parseId('acc', object)
  const doer = { tenantId: kontor.tenantId, mode: 'test', keyId: accountId } as const
  const [later, holding, earlier] = [
    await database.knex.transaction(),
    await database.knex.transaction(),
    await database.knex.transaction(),
  ]
  for (const tx of [later, holding, earlier]) await tx.raw('select pg_current_xact_id()')
  const record = (tx: typeof later, objectVersion: number) => {
    const event = { id: deps.newId(bucketOf(accountId)), type: 'account.updated', accountId, at: deps.now() } as const
    return recordEvent(tx, doer, { ...event, objectId: accountId, objectVersion })
  }
  await record(earlier, 2)
  await earlier.commit()
  await record(later, 3)
  await later.commit()
  // One that is still open lies between the two: only the later version lies below it.
  await kontor.sql('update graphile_worker_webhooks._private_jobs set run_at = now()')
  for (let n = 0; n < 500 && versionsOf(object).length === 0; n++) {
    await kontor.sql('update graphile_worker_webhooks._private_jobs set run_at = now()')
    await kontor.work()
  }
  t.deepEqual(versionsOf(object), [2, 3])
  await holding.commit()
  await kontor.tell()
  t.deepEqual(versionsOf(object), [2, 3], 'and each is handed out once')
})
