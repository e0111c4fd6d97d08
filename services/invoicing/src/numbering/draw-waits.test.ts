import { bucketOf, parseId } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import test, { type ExecutionContext } from 'ava'
import {
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  type Reply,
} from '../../../../test/support/invoicing.ts'
import { digestIntent } from '../idempotency/command.ts'
import { booksOf } from '../testing/books.ts'

let kontor: InvoicingUnderTest
let { drafts, issueOn, assertBooks } = {} as ReturnType<typeof booksOf>

test.before(async () => {
  kontor = await invoicingUnderTest()
  ;({ drafts, issueOn, assertBooks } = booksOf(kontor, await kontor.apiKey('admin')))
})
test.after.always(() => kontor.close())

/** A transaction beside the service, which ends with the test at the latest. */
async function hold(t: ExecutionContext): Promise<Tx> {
  const tx = await kontor.database.knex.transaction()
  t.teardown(() => (tx.isCompleted() ? undefined : tx.rollback()))
  return tx
}

/** For serial tests: it cannot tell who waits. */
async function untilSomebodyWaits(): Promise<void> {
  for (let times = 0; times < 200; times++) {
    const rows = await kontor.sql(
      'select pid from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()',
    )
    if (rows.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('nobody waits for what is held')
}

test.serial('a draft that was changed between reading and drawing takes no number', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const [changed = '', other = ''] = await drafts(order, 2)
  const uuid = parseId('inv', changed)
  const held = await hold(t)
  await held('document')
    .where({ bucket: bucketOf(uuid), id: uuid })
    .update({ version: 2 })
  const waiting = issueOn(await kontor.twin(), changed)
  // The draw waits for the row that is held; what was validated no longer stands there when it gets it.
  await untilSomebodyWaits()
  await held.commit()
  t.like(await waiting, { status: 409, body: { code: 'draft_changed' } })
  const next = await issueOn(kontor.app, other)
  t.regex(next.body.number, /-1$/, 'the number was not used up')
  t.regex((await issueOn(kontor.app, changed)).body.number, /-2$/)
})

test.serial('a draft that somebody does not let go of keeps nobody else from a number', async (t) => {
  const [stuck, free] = [await issuerAndAccount(kontor), await issuerAndAccount(kontor)]
  const [first = '', second = ''] = await drafts(stuck.order, 2)
  const [third = ''] = await drafts(free.order, 1)
  const uuid = parseId('inv', first)
  const held = await hold(t)
  await held('document')
    .select('id')
    .where({ bucket: bucketOf(uuid), id: uuid })
    .forUpdate()
  const app = await kontor.twin()
  const [refused, ...issued] = await Promise.all([first, second, third].map((id) => issueOn(app, id, `held-${id}`)))
  t.like(refused, { status: 409, body: { code: 'idempotency_in_progress' } })
  t.deepEqual(
    issued.map(({ status }) => status),
    [200, 200],
  )
  await held.rollback()
  const later = await issueOn(app, first, `held-${first}`)
  t.is(later.status, 200)
  await assertBooks(t, stuck.order, [issued[0] as Reply, later])
})

test.serial(
  'a series that somebody does not let go of is busy, which nobody remembers, and the others are numbered',
  async (t) => {
    const [stuck, free] = [await issuerAndAccount(kontor), await issuerAndAccount(kontor)]
    const ids = await drafts(stuck.order, 3)
    const [before = '', ...waiting] = ids
    const earlier = await issueOn(kontor.app, before)
    const [other = ''] = await drafts(free.order, 1)
    const held = await hold(t)
    await held('series')
      .select('id')
      .where({ account_id: parseId('acc', stuck.account.id) })
      .forUpdate()
    const app = await kontor.twin()
    const replies = await Promise.all([...waiting, other].map((id) => issueOn(app, id, `busy-${id}`)))
    for (const refused of replies.slice(0, 2)) {
      t.like(refused, { status: 503, body: { code: 'series_busy' } })
      t.is(refused.headers['retry-after'], '1')
    }
    t.is(replies[2]?.status, 200, 'a neighbour of the batch is not held up')
    const state = await kontor.sql('select 1 from idempotency where status <> 200 and status <> 201')
    t.deepEqual(state, [], 'the refusal is not stored')
    await held.rollback()
    const later = await Promise.all(waiting.map((id) => issueOn(app, id, `busy-${id}`)))
    t.deepEqual(
      later.map(({ status, headers }) => [status, headers['idempotent-replayed']]),
      [
        [200, undefined],
        [200, undefined],
      ],
    )
    await assertBooks(t, stuck.order, [earlier, ...later])
  },
)

test.serial(
  'of two processes that wait for a series both are told, also the one that waits behind the other',
  async (t) => {
    const { order, account } = await issuerAndAccount(kontor)
    const [before = '', first = '', second = ''] = await drafts(order, 3)
    const replies = [await issueOn(kontor.app, before)]
    const held = await hold(t)
    await held('series')
      .select('id')
      .where({ account_id: parseId('acc', account.id) })
      .forUpdate()
    const refused = await Promise.all([issueOn(kontor.app, first), issueOn(await kontor.twin(), second)])
    for (const reply of refused) t.like(reply, { status: 503, body: { code: 'series_busy' } })
    await held.rollback()
    for (const id of [first, second]) replies.push(await issueOn(kontor.app, id))
    await assertBooks(t, order, replies)
  },
)

test.serial('a document that cannot be written does not take its neighbours with it', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const ids = await drafts(order, 8)
  const key = 'poisoned-key-1'
  const poisoned = ids[3] as string
  const uuid = parseId('inv', poisoned)
  const digest = digestIntent(
    kontor.deps.idempotencySecret,
    {
      tenantId: kontor.tenantId,
      mode: 'test',
      operation: 'POST /v1/invoices/:id/issue',
      parentId: uuid,
      idempotencyKey: key,
      request: null,
    },
    bucketOf(uuid),
  )
  // Not committed when the request is judged, and committed when it draws: the key collides inside the draw.
  const held = await hold(t)
  await held('idempotency').insert({
    bucket: digest.bucket,
    key_hmac: digest.keyHmac,
    tenant_id: kontor.tenantId,
    request_hmac: digest.requestHmac,
    status: 200,
    answer: '{}',
  })
  const app = await kontor.twin()
  const pending = Promise.all(ids.map((id) => issueOn(app, id, id === poisoned ? key : undefined)))
  await untilSomebodyWaits()
  await held.commit()
  const replies = await pending
  t.deepEqual(
    replies.map(({ status }) => status === 200),
    ids.map((id) => id !== poisoned),
  )
  await assertBooks(t, order, replies)
})
