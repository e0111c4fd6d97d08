import { Unavailable } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import type { Processor } from '@kontor/processors'
import test from 'ava'
import { invoicingTasks } from '../jobs.ts'
import { type ChargeStage, chargeStage } from '../testing/charge-stage.ts'
import { dies, dying, eventsOf, HARD, NOT_SENT, SOFT, UNKNOWN } from '../testing/obedient-processor.ts'
import { retrying } from '../testing/retrying.ts'

const HOUR_MS = 3_600_000
let stage: ChargeStage
const { processing, reset, whole, told, faults, rules, declined, pass, inHours, list, pay } = retrying(() => stage)
test.before(async () => {
  stage = await chargeStage(processing)
})
test.beforeEach(reset)
test.after.always(() => stage.kontor.close())

test.serial('a soft decline of an absent payer is tried again on its date, and not before', async (t) => {
  const of = await stage.chargeable()
  const first = await declined(of, {}, 'tried-again-once')
  t.like(first, { state: 'declined', retry_at: inHours(24), retried_by: null, attempt: 1, chosen_by: 'rule' })
  // Those of one transaction are in no order.
  const happened = (await eventsOf(stage, first.id)).toSorted()
  t.deepEqual(happened, ['charge.created', 'charge.declined', 'charge.retry_scheduled'])
  await pass(23)
  t.deepEqual(told.asked, [])
  await pass(1)
  const [, second] = await list(of)
  t.like(second, {
    state: 'succeeded',
    attempt: 2,
    retry_of: first.id,
    retry_at: null,
    amount_minor: 216_200,
    off_session: true,
    token_id: of.token_id,
  })
  t.deepEqual(told.asked, [`${second.id}:create`, `${second.id}:confirm:1`])
  t.like(await stage.show(first.id), { state: 'declined', retried_by: second.id, retry_at: null, retry_dropped: null })
  t.like(await stage.read(of), { payment_status: 'paid', open_minor: 0 })
  const again = await stage.charge(of, { processor: undefined, off_session: true }, { key: 'tried-again-once' })
  t.like(again, { status: 201, body: { id: first.id, state: 'declined', retried_by: second.id } })
  const ledger = await stage.kontor.call('GET', `/v1/charges/${second.id}/steps`)
  t.deepEqual(ledger.body.data[0].learned_by, 'job')
  await pass(100)
  t.is((await list(of)).length, 2)
})

test.serial('dates are counted from the first attempt, and after the last one it is over', async (t) => {
  const of = await stage.chargeable()
  const dates = [inHours(24), inHours(72)]
  const first = await declined(of)
  t.is(first.retry_at, dates[0])
  told.does = { confirm: SOFT }
  await pass(25)
  const second = (await list(of))[1]
  t.like(second, { state: 'declined', attempt: 2, retry_of: first.id, retry_at: dates[1] })
  await pass(47)
  const third = (await list(of))[2]
  t.like(third, { state: 'declined', attempt: 3, retry_of: second.id, retry_at: null, retry_dropped: null })
  await pass(500)
  t.is((await list(of)).length, 3)
})

test.serial('a retry that is declined for good is the last', async (t) => {
  const of = await stage.chargeable()
  await declined(of)
  told.does = { confirm: HARD }
  await pass(24)
  t.like((await list(of))[1], { state: 'declined', retry_at: null })
})

const NEVER: readonly (readonly [what: string, changes: object, does: Partial<Processor>, hours: number[]])[] = [
  ['a hard decline', {}, { confirm: HARD }, [24]],
  ['a decline with the payer there', { off_session: false }, { confirm: SOFT }, [24]],
  ['a decline without a schedule', {}, { confirm: SOFT }, []],
  ['a charge that was not sent', {}, { create: NOT_SENT }, [24]],
]
for (const [what, changes, how, retry_after_hours] of NEVER) {
  test.serial(`${what} is not tried again`, async (t) => {
    await rules({ rules: [{ processors: ['test'] }], retry_after_hours })
    const of = await stage.chargeable()
    told.does = how
    await stage.charge(of, { processor: undefined, off_session: true, ...changes })
    const [only] = await list(of)
    t.like(only, { retry_at: null, retry_dropped: null })
    told.does = {}
    await pass(30)
    t.is((await list(of)).length, 1)
  })
}

test.serial('a decline that a job finds out is tried again as well', async (t) => {
  const of = await stage.chargeable()
  told.does = { confirm: UNKNOWN }
  const { body } = await stage.charge(of, { processor: undefined, off_session: true })
  told.does = { retrieve: async (reference) => ({ ...(await SOFT()), reference }) }
  await pass(1)
  told.does = {}
  t.like(await stage.show(body.id), { state: 'declined', retry_at: inHours(23) })
  await pass(23)
  t.like((await list(of))[1], { state: 'succeeded' })
})

test.serial('it takes what is open by then, and no more than was asked for at first', async (t) => {
  const of = await stage.chargeable()
  await declined(of, { amount_minor: 100_000 })
  await pay(of, 150_000)
  told.does = { confirm: SOFT }
  await pass(24)
  t.like((await list(of))[1], { state: 'declined', amount_minor: 66_200 })
  told.does = {}
  await pass(48)
  t.like((await list(of))[2], { state: 'succeeded', amount_minor: 66_200 })
  t.like(await stage.read(of), { payment_status: 'paid', open_minor: 0 })
})

test.serial('what another charge is about to take is not taken twice', async (t) => {
  const of = await stage.chargeable()
  const first = await declined(of)
  t.like((await stage.charge(of, { capture: 'manual' })).body, { state: 'authorized' })
  await pass(24)
  t.like(await stage.show(first.id), { state: 'declined', retry_at: null, retry_dropped: 'nothing_open' })
  t.is((await list(of)).length, 2)
})

test.serial(
  'rules that were changed meanwhile decide who is asked, unless the request had named somebody',
  async (t) => {
    const [ruled, named] = [await stage.chargeable(), await stage.chargeable()]
    await declined(ruled)
    await declined(named, { processor: 'test' })
    await rules({ rules: [{ processors: ['stripe'] }], retry_after_hours: [200] })
    await pass(24)
    t.like((await list(ruled))[1], { processor: 'stripe', state: 'succeeded', chosen_by: 'rule' })
    t.like((await list(named))[1], { processor: 'test', state: 'succeeded', chosen_by: 'request' })
  },
)

test.serial('what is down delays a retry by an hour, and sixty days later nobody waits any more', async (t) => {
  const of = await stage.chargeable()
  const first = await declined(of)
  faults.refused = new Unavailable('vault_unavailable', 'the vault')
  await pass(24)
  t.like(await stage.show(first.id), { retry_at: inHours(1), retry_dropped: null })
  faults.refused = undefined
  await pass(1)
  t.like((await list(of))[1], { state: 'succeeded' })
  const other = await stage.chargeable()
  const waiting = await declined(other)
  faults.refused = new Unavailable('vault_unavailable', 'the vault')
  await pass(61 * 24)
  t.like(await stage.show(waiting.id), { retry_at: null, retry_dropped: 'vault_unavailable' })
})

test.serial('a retry that cannot be sent is followed by the next date', async (t) => {
  const of = await stage.chargeable()
  await declined(of)
  told.does = { create: NOT_SENT }
  await pass(24)
  told.does = {}
  t.like((await list(of))[1], { state: 'not_sent', retry_at: inHours(48) })
  await pass(48)
  t.like((await list(of))[2], { state: 'succeeded', attempt: 3 })
})

test.serial('two processes that do the job at once make one attempt', async (t) => {
  const ofs = await Promise.all([1, 2, 3].map(() => stage.chargeable()))
  const firsts = []
  for (const of of ofs) firsts.push(await declined(of))
  stage.kontor.clock.advance(24 * HOUR_MS)
  const tasks = invoicingTasks(stage.kontor.deps, (error) => t.fail(String(error)))
  for (const first of firsts) {
    const job = { tenant_id: stage.kontor.tenantId, mode: 'test', charge_id: parseId('chg', first.id) }
    await Promise.all([1, 2, 3, 4].map(() => tasks['charge.retry']?.(job, {} as never)))
  }
  for (const of of ofs) {
    const made = await list(of)
    t.is(made.length, 2)
    t.like(made[1], { state: 'succeeded' })
    t.is((await stage.paymentsOf(made[1].id)).length, 1)
  }
  t.is(new Set(told.asked).size, 6)
  t.is(told.asked.length, 6)
})

const DEATHS: readonly (readonly [where: string, broken: Partial<Processor>])[] = [
  ['before the attempt is made', { create: dies }],
  ['when the attempt is made', { create: dying(whole.create) }],
  ['before it is confirmed', { confirm: dies }],
  ['when the money is taken', { confirm: dying(whole.confirm), retrieve: dies }],
]
for (const [where, broken] of DEATHS) {
  test.serial(`a process that ends ${where} is followed by another, and the money is taken once`, async (t) => {
    const of = await stage.chargeable()
    await declined(of)
    told.does = broken
    await pass(24)
    t.like((await list(of))[1], { state: 'processing' })
    t.like(await stage.charge(of), { status: 409, body: { code: 'over_allocation', open_minor: 0 } })
    await pass(1)
    told.does = {}
    await pass(1)
    await pass(24)
    const made = await list(of)
    t.is(made.length, 2)
    t.like(made[1], { state: 'succeeded' })
    t.deepEqual([...new Set(told.asked)], [`${made[1].id}:create`, `${made[1].id}:confirm:1`])
    t.is((await stage.paymentsOf(made[1].id)).length, 1)
    t.like(await stage.read(of), { payment_status: 'paid', open_minor: 0 })
  })
}
