import { memoryTestStore, type Processor, testProcessor } from '@kontor/processors'
import test from 'ava'
import { type ChargeStage, chargeStage, instead } from '../testing/charge-stage.ts'

const whole = testProcessor({ store: memoryTestStore() })
/** What is wrong with the processor's methods, until it is not any more. */
let broken: Partial<Processor> = {}
/** How often each key was sent. */
const keys: string[] = []
let stage: ChargeStage

test.before(async () => {
  const counting = instead(whole, {
    create(request) {
      keys.push(request.idempotencyKey)
      return (broken.create ?? whole.create)(request)
    },
    confirm(request) {
      keys.push(request.idempotencyKey)
      return (broken.confirm ?? whole.confirm)(request)
    },
    retrieve: (reference) => (broken.retrieve ?? whole.retrieve)(reference),
  })
  stage = await chargeStage({ processorOf: async () => counting })
})
test.beforeEach(() => {
  broken = {}
  keys.length = 0
})
test.after.always(() => stage.kontor.close())

const crash = (): never => {
  throw new Error('the process ends here')
}
type Method = (request: never) => Promise<unknown>
const before: () => Promise<never> = async () => crash()
const behind =
  (method: Method): Method =>
  async (request) => {
    await method(request)
    crash()
  }

const POINTS: readonly (readonly [where: string, broken: object, state: string, steps: readonly string[]])[] = [
  ['before it is made', { create: before }, 'processing', ['claimed', 'sent create']],
  ['when it is made', { create: behind(whole.create) }, 'processing', ['claimed', 'sent create']],
  [
    'before it is confirmed',
    { confirm: before },
    'processing',
    ['claimed', 'sent create', 'created create created', 'sent confirm:1'],
  ],
  [
    'when the money is taken',
    { confirm: behind(whole.confirm), retrieve: before },
    'processing',
    ['claimed', 'sent create', 'created create created', 'sent confirm:1'],
  ],
]

for (const [where, fault, state, steps] of POINTS) {
  test.serial(`a process that ends ${where} leaves a trace, and the job takes the money once`, async (t) => {
    const of = await stage.chargeable()
    broken = fault
    const key = 'a-request-that-ended'
    t.is((await stage.charge(of, {}, { key })).status, 500)
    const [left] = (await stage.kontor.call('GET', `/v1/charges?invoice_id=${of.invoice.id}`)).body.data
    t.is(left.state, state)
    t.deepEqual(await stage.steps(left.id), [...steps])
    t.like(await stage.charge(of), { status: 409, body: { code: 'over_allocation', open_minor: 0 } })
    // A job that ends at the same place is done again.
    await stage.later()
    t.is((await stage.paymentsOf(left.id)).length, 0)
    broken = {}
    await stage.later()
    const shown = await stage.show(left.id)
    t.like(shown, { state: 'succeeded', amount_minor: 216_200 })
    t.is((await stage.paymentsOf(left.id)).length, 1)
    t.deepEqual([...new Set(keys)], [`${left.id}:create`, `${left.id}:confirm:1`])
    t.like(await stage.read(of), { payment_status: 'paid', open_minor: 0 })
    const repeated = await stage.charge(of, {}, { key })
    t.deepEqual([repeated.status, { ...repeated.body, dispute_ids: [] }], [201, shown])
  })
}

test.serial('a process that ends while the payer agrees again leaves what they agreed to', async (t) => {
  const of = await stage.chargeable()
  const asked = await stage.charge(of, { amount_minor: 66_611 })
  broken = { confirm: behind(whole.confirm) as Processor['confirm'] }
  t.is((await stage.kontor.call('POST', `/v1/charges/${asked.body.id}/confirm`)).status, 500)
  broken = {}
  t.like(await stage.show(asked.body.id), { state: 'processing' })
  await stage.later()
  t.like(await stage.show(asked.body.id), { state: 'succeeded' })
})

test.serial('a repetition of a request that ended shows what is known, after a little patience', async (t) => {
  const of = await stage.chargeable()
  broken = { create: before }
  const key = 'ended-before-it-began'
  await stage.charge(of, {}, { key })
  const again = await stage.charge(of, {}, { key })
  t.like(again, { status: 202, body: { state: 'processing' } })
  t.is(again.headers['idempotent-replayed'], 'true')
})

test.serial('what is not sent now does not undo what may have been done before', async (t) => {
  const of = await stage.chargeable()
  broken = { confirm: behind(whole.confirm) as Processor['confirm'] }
  await stage.charge(of)
  const [left] = (await stage.kontor.call('GET', `/v1/charges?invoice_id=${of.invoice.id}`)).body.data
  // The processor says that it has it unconfirmed, which may be an old answer, and then cannot be reached.
  broken = {
    retrieve: async (reference) => ({ outcome: 'created', reference }),
    confirm: async () => ({ outcome: 'not_sent', because: 'unreachable' }),
  }
  await stage.later()
  t.like(await stage.show(left.id), { state: 'unknown' })
  t.like(await stage.charge(of), { status: 409, body: { code: 'over_allocation' } })
  broken = {}
  await stage.later()
  t.like(await stage.show(left.id), { state: 'succeeded' })
})

test.serial('after a lost confirmation, what is refused as a question may still have been carried out', async (t) => {
  const of = await stage.chargeable()
  broken = { confirm: behind(whole.confirm) as Processor['confirm'] }
  await stage.charge(of)
  const [left] = (await stage.kontor.call('GET', `/v1/charges?invoice_id=${of.invoice.id}`)).body.data
  broken = {
    retrieve: async (reference) => ({ outcome: 'created', reference }),
    confirm: async () => ({ outcome: 'declined', reason: 'merchant_restricted', soft: false }),
  }
  await stage.later()
  t.like(await stage.show(left.id), { state: 'unknown' })
  t.like(await stage.charge(of), { status: 409, body: { code: 'over_allocation' } })
  broken = {}
  await stage.later()
  t.like(await stage.show(left.id), { state: 'succeeded' })
})

test.serial('a processor that does not know the charge, or us, says nothing about it', async (t) => {
  const of = await stage.chargeable()
  broken = { confirm: behind(whole.confirm) as Processor['confirm'] }
  await stage.charge(of)
  const [left] = (await stage.kontor.call('GET', `/v1/charges?invoice_id=${of.invoice.id}`)).body.data
  broken = {
    retrieve: async (reference) => ({ outcome: 'declined', reason: 'not_found', soft: false, reference }),
    confirm: before,
  }
  await stage.later()
  t.like(await stage.show(left.id), { state: 'processing', needs_attention: false })
  t.like(await stage.charge(of), { status: 409, body: { code: 'over_allocation' } })
})

test.serial('a request whose key the processor may have forgotten is not repeated: it is for a person', async (t) => {
  const of = await stage.chargeable()
  broken = { create: async () => ({ outcome: 'unknown', because: 'timeout' }) }
  const key = 'older-than-its-key'
  const asked = await stage.charge(of, {}, { key })
  t.like(asked, { status: 202, body: { state: 'unknown' } })
  stage.kontor.clock.advance(366 * 24 * 3_600_000)
  keys.length = 0
  await stage.later()
  t.deepEqual(keys, [])
  t.like(await stage.show(asked.body.id), { state: 'unknown', needs_attention: true, next_check_at: null })
  t.deepEqual(await stage.kontor.sql("select 1 from graphile_worker._private_jobs where payload->>'times' <> '0'"), [])
})
