import { parseId } from '@kontor/ids'
import test from 'ava'
import { callApp, type InvoicingUnderTest, invoicingUnderTest } from '../../../../test/support/invoicing.ts'
import { runStage } from '../testing/run-stage.ts'

let kontor: InvoicingUnderTest
let stage: ReturnType<typeof runStage>
test.before(async () => {
  kontor = await invoicingUnderTest()
  stage = runStage(kontor)
})
test.after.always(() => kontor.close())

test.serial('a key that was revoked or may not issue any more issues nothing of what it asked for', async (t) => {
  for (const [change, code] of [
    ['revoked_at = now()', 'key_ended'],
    [`expires_at = '2026-11-23T00:00:00Z'`, 'key_ended'],
    [`role = 'accounting'`, 'scope_missing'],
  ] as const) {
    const { ids } = await stage.drafts(2)
    const key = await kontor.apiKey('invoicing')
    const made = await kontor.call('POST', '/v1/invoice-runs', { invoice_ids: ids }, { as: key })
    await kontor.sql(`update api_key set ${change} where id = (select key_id from invoice_run where id = $1)`, [
      parseId('run', made.body.id),
    ])
    await kontor.work()
    t.like((await kontor.call('GET', `/v1/invoice-runs/${made.body.id}`)).body, {
      state: 'done',
      refused: 2,
      issued: 0,
    })
    t.deepEqual(
      (await stage.itemsOf(made.body.id)).map((item) => item.code),
      [code, code],
    )
  }
})

test.serial('what passes by itself is tried again, and what was issued before keeps its number', async (t) => {
  const { ids } = await stage.drafts(3)
  const made = await kontor.call('POST', '/v1/invoice-runs', { invoice_ids: ids })
  const held = await kontor.database.knex.transaction()
  await held('document')
    .where({ id: parseId('inv', ids[1] as string) })
    .forUpdate()
    .first('id')
  await kontor.work()
  const url = `/v1/invoice-runs/${made.body.id}`
  t.like((await kontor.call('GET', url)).body, { state: 'running', issued: 2, queued: 1 })
  t.deepEqual(await kontor.sql('select last_error from graphile_worker._private_jobs'), [
    { last_error: 'idempotency_in_progress' },
  ])
  const before = await stage.itemsOf(made.body.id)
  await held.rollback()
  await kontor.sql('update graphile_worker._private_jobs set run_at = now()')
  await kontor.work()
  t.like((await kontor.call('GET', url)).body, { state: 'done', issued: 3 })
  const after = await stage.itemsOf(made.body.id)
  for (const item of before.filter(({ state }) => state === 'issued')) {
    t.deepEqual(
      after.find(({ invoice_id }) => invoice_id === item.invoice_id),
      item,
    )
  }
})

test.serial('a process that dies between the number and its record leaves nothing to be done twice', async (t) => {
  const { ids } = await stage.drafts(3)
  const made = await kontor.call('POST', '/v1/invoice-runs', { invoice_ids: ids })
  // As the run would have issued it, and then was killed.
  const first = await kontor.call('POST', `/v1/invoices/${ids[0]}/issue`, undefined, { key: made.body.id })
  await kontor.work()
  t.like((await kontor.call('GET', `/v1/invoice-runs/${made.body.id}`)).body, { issued: 3, skipped: 0 })
  const item = (await stage.itemsOf(made.body.id)).find(({ invoice_id }) => invoice_id === ids[0])
  t.is(item?.number, first.body.number)
})

test.serial('pieces that are done twice at the same time settle each draft once', async (t) => {
  const { issuer } = await stage.drafts(100)
  const made = await kontor.call('POST', '/v1/invoice-runs', { issuer_id: issuer.id })
  await kontor.sql(`insert into graphile_worker._private_jobs (task_id, payload)
                    select task_id, payload from graphile_worker._private_jobs`)
  await Promise.all([kontor.work(), kontor.work(), kontor.work()])
  t.like((await kontor.call('GET', `/v1/invoice-runs/${made.body.id}`)).body, { state: 'done', issued: 100 })
  const [row] = await kontor.sql<{ count: number }>(
    `select count(*)::int as count from event where type = 'invoice_run.finished' and object_id = $1`,
    [parseId('run', made.body.id)],
  )
  t.is(row?.count, 1)
})

test.serial('a defect of ours at one draft is its refusal, is logged, and holds up nobody', async (t) => {
  const { ids } = await stage.drafts(2)
  const made = await kontor.call('POST', '/v1/invoice-runs', { invoice_ids: ids, dry_run: true })
  await kontor.sql(`update document set content = '{}' where id = $1`, [parseId('inv', ids[0] as string)])
  await kontor.work()
  t.like((await kontor.call('GET', `/v1/invoice-runs/${made.body.id}`)).body, { issuable: 1, refused: 1 })
  t.is((await stage.itemsOf(made.body.id)).find(({ invoice_id }) => invoice_id === ids[0])?.code, 'internal_error')
  t.is(kontor.log.filter((line) => line.includes('job_defect')).length, 1)
})

test.serial('the queue holds ids alone, and a finished run and what became of its drafts do not change', async (t) => {
  const { ids } = await stage.drafts(1)
  const queued = await kontor.call('POST', '/v1/invoice-runs', { invoice_ids: ids })
  const [job] = await kontor.sql<{ payload: object }>('select payload from graphile_worker._private_jobs')
  t.deepEqual(Object.keys(job?.payload ?? {}).sort(), ['from', 'mode', 'run_id', 'tenant_id', 'wave'])
  await kontor.work()
  const run_id = parseId('run', queued.body.id)
  for (const [text, column] of [
    ['update invoice_run_item set settled_at = now() where run_id = ?', undefined],
    ['update invoice_run set version = 9 where id = ?', undefined],
  ] as const) {
    const error = await t.throwsAsync(kontor.database.knex.raw(text, [run_id]))
    t.is((error as { code?: string }).code, '23000', `${text} ${column}`)
  }
  for (const table of ['invoice_run', 'invoice_run_item']) {
    const error = await t.throwsAsync(kontor.sql(`truncate ${table} cascade`))
    t.is((error as { code?: string }).code, '23000')
  }
  const twin = await kontor.twin()
  const read = await callApp(twin, await kontor.apiKey('accounting'), 'GET', `/v1/invoice-runs/${queued.body.id}`)
  t.is(read.status, 200)
})

test.serial('a run whose job failed for the last time ends, and says what stood in its way', async (t) => {
  const { ids } = await stage.drafts(2)
  const made = await kontor.call('POST', '/v1/invoice-runs', { invoice_ids: ids })
  const held = await kontor.database.knex.transaction()
  await held('document')
    .where({ id: parseId('inv', ids[1] as string) })
    .forUpdate()
    .first('id')
  await kontor.sql('update graphile_worker._private_jobs set attempts = max_attempts - 1')
  await kontor.work()
  await held.rollback()
  const url = `/v1/invoice-runs/${made.body.id}`
  t.like((await kontor.call('GET', url)).body, { state: 'done', issued: 1, refused: 1, queued: 0 })
  const item = (await stage.itemsOf(made.body.id)).find(({ invoice_id }) => invoice_id === ids[1])
  t.like(item, { state: 'refused', code: 'idempotency_in_progress', number: null })
  const again = await stage.run({ invoice_ids: [ids[1]] })
  t.like(again, { state: 'done', issued: 1 })
  // What cannot be done at all, whichever draft it is.
  const { ids: others } = await stage.drafts(1)
  const broken = await kontor.call('POST', '/v1/invoice-runs', { invoice_ids: others })
  await kontor.sql('update graphile_worker._private_jobs set attempts = max_attempts - 1')
  const now = () => {
    throw new Error('no clock')
  }
  let asked = 0
  await kontor.work({ ...kontor.deps, now: () => (asked++ === 0 ? now() : kontor.deps.now()) })
  t.like((await kontor.call('GET', `/v1/invoice-runs/${broken.body.id}`)).body, { state: 'done', refused: 1 })
  t.is((await stage.itemsOf(broken.body.id))[0]?.code, 'internal_error')
  await kontor.sql('delete from graphile_worker._private_jobs')
})
