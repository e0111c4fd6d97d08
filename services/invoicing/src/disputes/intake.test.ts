import { readFileSync } from 'node:fs'
import { bucketOf, formatId, parseId } from '@kontor/ids'
import test, { type ExecutionContext } from 'ava'
import { type DisputeStage, disputeStage, PAYABLE } from '../testing/dispute-stage.ts'

let stage: DisputeStage
test.before(async () => {
  stage = await disputeStage()
})
test.after.always(() => stage.close())

test.serial('a dispute of no charge of ours is ignored, and nothing is written', async (t) => {
  const before = await stage.kontor.state()
  const id = await stage.byStripe(stage.newDispute(), { reference: 'pi_of_another_shop' }, 'needs_response', 1)
  await stage.work()
  t.like(await stage.eventOf(id), { state: 'ignored' })
  const { processor_event: _, ...rest } = before as Record<string, unknown>
  t.like(await stage.kontor.state(), rest)
})

test.serial('a dispute that comes before the money waits for it', async (t) => {
  const of = await stage.charge('stripe', { capture: 'manual' })
  const dispute = stage.newDispute()
  const id = await stage.byStripe(dispute, of, 'needs_response', 1)
  await stage.work()
  t.deepEqual(await stage.eventOf(id), { state: 'received', failure: 'charge_not_taken_yet' })
  t.deepEqual(await of.disputes(), [])
  const captured = await stage.kontor.call('POST', `/v1/charges/${of.id}/capture`, {})
  t.is(captured.body.state, 'succeeded')
  await stage.later()
  t.like(await stage.eventOf(id), { state: 'handled' })
  t.like(await of.invoice(), { open_minor: PAYABLE })
})

test.serial('what was told while nothing followed from it is taken up by the migration', async (t) => {
  const of = await stage.charge('stripe')
  const foreign = await stage.byStripe(stage.newDispute(), { reference: 'pi_of_a_third_shop' }, 'lost', 1)
  const undecided = await stage.byStripe(stage.newDispute(), of, 'needs_response', 1)
  const lost = await stage.byStripe(stage.newDispute(), of, 'lost', 1)
  await stage.kontor.sql(
    `update processor_event set state = 'ignored', settled_at = now() where event_reference = any($1)`,
    [[foreign, undecided, lost]],
  )
  await stage.kontor.sql('delete from graphile_worker._private_jobs')
  const migration = readFileSync(new URL('../../../../db/invoicing/0027_dispute.sql', import.meta.url), 'utf8')
  const takingUp = migration.slice(migration.indexOf('create function take_up'))
  for (const statement of takingUp.split(/;\n(?=alter|update|drop)/)) await stage.kontor.sql(statement)
  t.deepEqual(await Promise.all([foreign, undecided, lost].map(async (id) => (await stage.eventOf(id))?.state)), [
    'ignored',
    'ignored',
    'received',
  ])
  await stage.work()
  t.like(await stage.eventOf(lost), { state: 'handled' })
  t.like(await of.invoice(), { open_minor: PAYABLE })
  const again = stage.kontor.sql(
    `update processor_event set state = 'received', settled_at = null where state = 'ignored'`,
  )
  t.is(((await t.throwsAsync(again)) as { code?: string }).code, '23000')
})

test.serial('disputes are listed by charge, account and state, by page, and for their tenant alone', async (t) => {
  const [one, two] = [await stage.charge('stripe'), await stage.charge('stripe')]
  await stage.byStripe(stage.newDispute(), one, 'lost', 1)
  await stage.byStripe(stage.newDispute(), two, 'warning_closed', 1)
  await stage.work()
  const list = async (query: string) => (await stage.kontor.call('GET', `/v1/disputes${query}`)).body
  const ids = async (query: string) => (await list(query)).data.map(({ charge_id }: { charge_id: string }) => charge_id)
  t.deepEqual(await ids(`?charge_id=${one.id}`), [one.id])
  const [dispute] = (await list(`?charge_id=${one.id}`)).data
  const charged = (path: string) => stage.kontor.call('GET', `/v1/charges${path}`)
  t.deepEqual((await charged(`/${one.id}`)).body.dispute_ids, [dispute.id])
  t.deepEqual((await charged(`?account_id=${one.accountId}`)).body.data[0].dispute_ids, [dispute.id])
  t.deepEqual((await charged(`/${(await stage.charge('stripe')).id}`)).body.dispute_ids, [])
  t.deepEqual(await ids(`?account_id=${two.accountId}`), [two.id])
  t.deepEqual(await ids(`?account_id=${two.accountId}&state=lost`), [])
  t.deepEqual(await ids(`?account_id=${two.accountId}&state=closed`), [two.id])
  const seen: string[] = []
  for (let after = ''; ; ) {
    const page = await list(`?limit=3${after}`)
    seen.push(...page.data.map(({ id }: { id: string }) => id))
    if (!page.has_more) break
    after = `&after=${page.data.at(-1).id}`
  }
  const [all] = await stage.kontor.sql<{ count: number }>('select count(*)::int as count from dispute')
  t.is(new Set(seen).size, Number(all?.count))
  t.is((await stage.kontor.call('GET', '/v1/disputes?state=unheard')).status, 400)
  t.is((await stage.kontor.call('GET', '/v1/disputes?colour=red')).status, 400)
  const live = await stage.kontor.apiKey('admin', { mode: 'live' })
  t.deepEqual((await stage.kontor.call('GET', '/v1/disputes', undefined, { as: live })).body.data, [])
  t.is((await stage.kontor.call('GET', `/v1/disputes/${seen[0]}`, undefined, { as: live })).status, 404)
  const unknown = formatId('dsp', stage.kontor.deps.newId(bucketOf(parseId('acc', one.accountId))))
  t.is((await stage.kontor.call('GET', `/v1/disputes/${unknown}`)).status, 404)
})

test.serial('a dispute is no row to be changed at will, and takes money once whoever writes', async (t) => {
  const of = await stage.charge('stripe')
  await stage.byStripe(stage.newDispute(), of, 'lost', 1)
  await stage.work()
  const { id } = await of.dispute()
  const uuid = parseId('dsp', id)
  const code = async (t: ExecutionContext, done: Promise<unknown>) =>
    ((await t.throwsAsync(done)) as { code?: string }).code
  for (const text of [
    `update dispute set reference = 'dp_x'`,
    `update dispute set charge_id = id`,
    'delete from dispute',
    `update dispute_step set state = 'won'`,
    'delete from dispute_step',
  ]) {
    t.is(await code(t, stage.kontor.database.knex.raw(text) as unknown as Promise<unknown>), '42501', text)
  }
  for (const text of [
    'delete from dispute',
    'truncate dispute, dispute_step',
    `update dispute_step set state = 'won'`,
    'delete from dispute_step',
    'truncate dispute_step',
  ]) {
    t.is(await code(t, stage.kontor.sql(text)), '23000', text)
  }
  const twice = `insert into dispute_step (bucket, dispute_id, seq, tenant_id, state, occurred_at, refund_id, amount_minor, reopened, at)
    select bucket, dispute_id, 99, tenant_id, state, occurred_at, refund_id, amount_minor, reopened, at
      from dispute_step where dispute_id = $1 and refund_id is not null`
  t.is(await code(t, stage.kontor.sql(twice, [uuid])), '23505')
})
