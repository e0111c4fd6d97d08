import { bucketOf } from '@kontor/ids'
import { sender } from '@kontor/webhooks'
import test from 'ava'
import { settled } from '../testing/settled.ts'
import { type Listener, listener, type WebhookStage, webhookStage } from '../testing/webhook-stage.ts'
import { startWebhooks } from '../webhook-jobs.ts'

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

test.serial('what happened in the vault is told as well, and a vault that is away delays nothing else', async (t) => {
  const { call } = kontor
  const { id } = await kontor.endpoint(listening.url, ['token.*', 'account.created'])
  const asked: (number | 'end')[] = []
  let away = false
  const event = (n: number) => ({
    id: kontor.deps.newId(bucketOf(kontor.tenantId)),
    type: n === 3 ? 'key.rotated' : 'token.updated',
    account_id: null,
    object_kind: n === 3 ? 'ten' : 'tok',
    object_id: kontor.tenantId,
    object_version: n,
    at: kontor.clock.now().toISOString(),
  })
  const log = [1, 2, 3].map(event)
  const deps = {
    ...kontor.deps,
    readVaultFeed: async (_owner: unknown, after: number | 'end', limit: number) => {
      asked.push(after)
      if (away) throw new Error('away')
      const from = after === 'end' ? 0 : after
      const events = after === 'end' ? [] : log.slice(from, from + Math.min(limit, 2))
      return { events, nextAfter: from + events.length, more: from + events.length < log.length && after !== 'end' }
    },
  }
  const tell = async () => {
    await settled(kontor)
    await kontor.sql('update graphile_worker_webhooks._private_jobs set run_at = now() where run_at > now()')
    await kontor.work(deps)
  }
  await tell()
  t.deepEqual(listening.told, [])
  await tell()
  t.deepEqual(
    listening.told.map(({ type, version }) => [type, version]),
    [
      ['token.updated', 1],
      ['token.updated', 2],
    ],
  )
  t.deepEqual(asked, ['end', 0, 2])
  t.regex(listening.told[0]?.object ?? '', /^tok_/)
  away = true
  await account(0)
  await tell()
  t.is(listening.told.at(-1)?.type, 'account.created')
  t.true(kontor.log.some((line) => line.includes('webhooks_failed')))
  away = false
  log.push(event(4))
  await tell()
  t.is(listening.told.at(-1)?.version, 4)
  const named = await call('POST', `${ENDPOINTS}/${id}/replay`, { event_ids: [listening.told[0]?.id] })
  t.deepEqual(named.body, { queued: 1 })
  t.is((await call('POST', `${ENDPOINTS}/${id}/replay`, { from: '2026-01-01T00:00:00Z' })).body.queued, 3)
})

test.serial('what has ended is cleaned after thirty days, and what waits for a deleted endpoint', async (t) => {
  const { clock, sql } = kontor
  const [kept, gone] = [
    await kontor.endpoint(listening.url, ['account.*']),
    await kontor.endpoint('http://127.0.0.1:9/', ['*']),
  ]
  await account(0)
  await kontor.tell()
  const count = async () => Number((await sql<{ n: string }>('select count(*) as n from webhook_delivery'))[0]?.n)
  t.true((await count()) > 2)
  await kontor.call('DELETE', `${ENDPOINTS}/${gone.id}`)
  await kontor.tell()
  t.is(await count(), 1)
  clock.advance(31 * 24 * HOUR)
  await kontor.tell()
  t.deepEqual(await kontor.deliveries(kept.id), [])
  t.is(await count(), 0)
})

test.serial('two processes at once make each attempt once', async (t) => {
  await kontor.endpoint(listening.url, ['account.*'])
  const objects = await Promise.all(Array.from({ length: 12 }, () => account(3)))
  const options = { url: kontor.databases.invoicingUrl, concurrency: 4, log: () => undefined }
  const processes = await Promise.all([startWebhooks(kontor.deps, options), startWebhooks(kontor.deps, options)])
  t.teardown(() => Promise.all(processes.map((each) => each.stop())))
  for (let n = 0; n < 600 && listening.told.length < 48; n++) await new Promise((resolve) => setTimeout(resolve, 50))
  await new Promise((resolve) => setTimeout(resolve, 500))
  await Promise.all(processes.map((each) => each.stop()))
  t.is(listening.told.length, 48)
  for (const object of objects) t.deepEqual(versionsOf(object), [1, 2, 3, 4])
})

test.serial('a queue that has lost everything is made anew by the next process that starts', async (t) => {
  await kontor.endpoint(listening.url, ['account.*'])
  listening.answers = () => 503
  const object = await account(1)
  await kontor.tell()
  const tried = listening.told.length
  t.true(tried > 0)
  await kontor.sql('delete from graphile_worker_webhooks._private_jobs')
  listening.answers = () => 204
  kontor.clock.advance(HOUR)
  const options = { url: kontor.databases.invoicingUrl, concurrency: 4, log: () => undefined }
  const process = await startWebhooks(kontor.deps, options)
  t.teardown(() => process.stop())
  for (let n = 0; n < 600 && listening.told.length < tried + 2; n++)
    await new Promise((resolve) => setTimeout(resolve, 50))
  t.deepEqual(versionsOf(object).slice(tried), [1, 2])
  t.deepEqual(await kontor.sql('select from graphile_worker._private_jobs'), [], 'nothing of it is in the other queue')
})

test.serial('an endpoint that never answers does not slow down another', async (t) => {
  const silent = await listener()
  silent.answers = () => undefined
  for (let n = 0; n < 3; n++) await kontor.endpoint(silent.url, ['account.*'])
  await kontor.endpoint(listening.url, ['account.*'])
  await Promise.all(Array.from({ length: 12 }, () => account(0)))
  // Nobody gives up on it in time: whatever it holds up is held up for good.
  const send = sender({ loopback: true, timeoutMs: HOUR })
  const process = await startWebhooks(
    { ...kontor.deps, webhooks: { ...kontor.deps.webhooks, send } },
    { url: kontor.databases.invoicingUrl, concurrency: 4, log: () => undefined },
  )
  t.teardown(async () => {
    await silent.close()
    await process.stop()
  })
  for (let n = 0; n < 3_000 && listening.told.length < 12; n++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  t.is(listening.told.length, 12)
  t.true(silent.told.length <= 24, `eight at once for each of three: ${silent.told.length}`)
})
