import type { Processor } from '@kontor/processors'
import test from 'ava'
import { ProcessorNotConfigured } from '../processors/errors.ts'
import { type ChargeStage, chargeStage } from '../testing/charge-stage.ts'
import { dies, eventsOf, HARD, NOT_SENT, SOFT, UNKNOWN } from '../testing/obedient-processor.ts'
import { type Refusal, routing } from '../testing/routing.ts'
import { NotRegistered } from '../vault/registration-errors.ts'

let stage: ChargeStage
const { processing, reset, stripe, other, faults, rules, charge, list, taken } = routing(() => stage)
test.before(async () => {
  stage = await chargeStage(processing)
  await rules([{ processors: ['stripe', 'test'] }])
})
test.beforeEach(reset)
test.after.always(() => stage.kontor.close())

test.serial('a rule decides who takes the money', async (t) => {
  await rules([
    { currencies: ['CHF'], max_amount_minor: 100_000, processors: ['test'] },
    { instrument_types: ['card'], processors: ['stripe', 'test'] },
  ])
  const of = await stage.chargeable()
  t.like((await charge(of, { amount_minor: 100_000 })).body, { processor: 'test', chosen_by: 'rule', attempt: 1 })
  t.like((await charge(of, { amount_minor: 100_001 })).body, { processor: 'stripe', chosen_by: 'rule' })
  t.like((await charge(of)).body, { processor: 'test', amount_minor: 16_199, chosen_by: 'rule' })
  const named = await charge(await stage.chargeable(), { processor: 'test' })
  t.like(named.body, { processor: 'test', chosen_by: 'request' })
  await rules([{ instrument_types: ['paypal_account'], processors: ['paypal'] }])
  t.like((await charge(await stage.chargeable())).body, { processor: 'stripe', chosen_by: 'default' })
  await rules([{ processors: ['stripe', 'test'] }])
})

test.serial('who pays meanwhile changes the amount, and with it the processor', async (t) => {
  await rules([{ currencies: ['CHF'], max_amount_minor: 100_000, processors: ['test'] }, { processors: ['stripe'] }])
  const of = await stage.chargeable()
  const came = { invoice_id: of.invoice.id, method: 'cash', currency: 'CHF', received_on: '2026-11-23' }
  faults.meanwhile = async () => {
    faults.meanwhile = undefined
    await stage.kontor.call('POST', '/v1/payments', { ...came, amount_minor: 200_000 })
  }
  const reply = await charge(of)
  t.like(reply, { status: 201, body: { processor: 'test', amount_minor: 16_200 } })
  t.deepEqual(stripe.told.asked, [])
  await rules([{ processors: ['stripe', 'test'] }])
})

const FALLS: readonly (readonly [what: string, does: Partial<Processor>, state: string])[] = [
  ['declines softly', { confirm: SOFT }, 'declined'],
  ['declines softly before it is made', { create: SOFT }, 'declined'],
  ['cannot be reached', { create: NOT_SENT }, 'not_sent'],
  ['cannot be reached to confirm', { confirm: NOT_SENT }, 'not_sent'],
]

for (const [what, does, state] of FALLS) {
  test.serial(`where the first processor ${what}, the second takes the money in the same request`, async (t) => {
    const of = await stage.chargeable()
    stripe.told.does = does
    const key = `falls-${state}-${what.length}`
    const reply = await charge(of, {}, key)
    t.like(reply, { status: 201, body: { state: 'succeeded', processor: 'test', attempt: 2, amount_minor: 216_200 } })
    const { id, retry_of } = reply.body
    t.like(await stage.show(retry_of), { state, processor: 'stripe', retried_by: id, retry_at: null, retry_of: null })
    t.deepEqual(other.told.asked, [`${id}:create`, `${id}:confirm:1`])
    t.true(stripe.told.asked.every((sent) => sent.startsWith(retry_of)))
    await taken(t, of, 'test')
    const again = await charge(of, {}, key)
    t.deepEqual(again.bytes, reply.bytes)
    t.is(again.headers['idempotent-replayed'], 'true')
    await stage.later()
    await stage.later()
    t.deepEqual((await charge(of, {}, key)).bytes, reply.bytes)
    t.is((await list(of)).length, 2)
    t.deepEqual(await eventsOf(stage, id), ['charge.created', 'charge.succeeded'])
  })
}

test.serial('a second processor that declines as well is the answer, for ever', async (t) => {
  const of = await stage.chargeable()
  stripe.told.does = { confirm: SOFT }
  other.told.does = { confirm: HARD }
  const reply = await charge(of, {}, 'both-decline')
  t.like(reply, {
    status: 201,
    body: { state: 'declined', processor: 'test', decline: { soft: false }, retried_by: null, retry_at: null },
  })
  stripe.told.does = other.told.does = {}
  t.deepEqual((await charge(of, {}, 'both-decline')).bytes, reply.bytes)
  await taken(t, of, undefined)
})

const STANDS: readonly (readonly [what: string, does: Partial<Processor>, status: number, state: string])[] = [
  ['declines for good', { confirm: HARD }, 201, 'declined'],
  ['may have carried out the confirmation', { confirm: UNKNOWN }, 202, 'unknown'],
  ['may have made the charge', { create: UNKNOWN }, 202, 'unknown'],
]

for (const [what, does, status, state] of STANDS) {
  test.serial(`where the first processor ${what}, nobody else is asked`, async (t) => {
    const of = await stage.chargeable()
    stripe.told.does = does
    const reply = await charge(of, {}, `stands-${state}-${what.length}`)
    t.like(reply, { status, body: { state, processor: 'stripe', retried_by: null } })
    await charge(of, {}, `stands-${state}-${what.length}`)
    t.deepEqual(other.told.asked, [])
  })
}

test.serial('what is unknown and turns out to be declined later is asked of nobody else', async (t) => {
  const of = await stage.chargeable()
  stripe.told.does = { confirm: UNKNOWN }
  const { body } = await charge(of)
  stripe.told.does = { retrieve: async (reference) => ({ ...(await SOFT()), reference }) }
  await stage.later()
  t.like(await stage.show(body.id), { state: 'declined', retried_by: null, retry_at: null })
  t.deepEqual(other.told.asked, [])
})

for (const [where, does] of [
  ['before the charge is made', { create: dies }],
  ['before it is confirmed', { confirm: dies, retrieve: async (reference) => ({ outcome: 'created', reference }) }],
] as const satisfies readonly (readonly [string, Partial<Processor>])[]) {
  test.serial(
    `a process that ends ${where}, and a decline that the job is answered: nobody waits, and nobody else is asked`,
    async (t) => {
      const of = await stage.chargeable()
      stripe.told.does = does
      const key = `ended-${where.length}`
      t.is((await charge(of, {}, key)).status, 500)
      stripe.told.does = { ...does, create: stripe.whole.create, confirm: SOFT }
      await stage.later()
      const [left] = await list(of)
      t.like(left, {
        state: 'declined',
        decline: { soft: true },
        retried_by: null,
        retry_at: null,
        retry_dropped: null,
      })
      await stage.later()
      t.deepEqual({ ...(await charge(of, {}, key)).body, dispute_ids: [] }, left)
      t.is((await list(of)).length, 1)
      t.deepEqual(other.told.asked, [])
    },
  )
}

test.serial('a processor that the request names is asked alone', async (t) => {
  const of = await stage.chargeable()
  stripe.told.does = { confirm: SOFT }
  t.like((await charge(of, { processor: 'stripe' })).body, { state: 'declined', processor: 'stripe', retried_by: null })
  t.deepEqual(other.told.asked, [])
})

const WITHOUT_SECOND: readonly (readonly [what: string, refused: Refusal, because: string])[] = [
  [
    'has no credentials',
    {
      processor: () => {
        throw new ProcessorNotConfigured()
      },
    },
    'processor_not_configured',
  ],
  [
    'does not hold the instrument',
    {
      registration: async () => {
        throw new NotRegistered('requires_action', null)
      },
    },
    'instrument_not_registered',
  ],
]

for (const [what, refused, because] of WITHOUT_SECOND) {
  test.serial(`a second processor that ${what} leaves the answer of the first`, async (t) => {
    const of = await stage.chargeable()
    faults.refusal = refused
    stripe.told.does = { confirm: SOFT }
    const reply = await charge(of, {}, `second-${because}`)
    t.like(reply, {
      status: 201,
      body: { state: 'declined', processor: 'stripe', retry_at: null, retry_dropped: because },
    })
    faults.refusal = {}
    t.deepEqual((await charge(of, {}, `second-${because}`)).bytes, reply.bytes)
    t.deepEqual(await eventsOf(stage, reply.body.id), ['charge.created', 'charge.declined', 'charge.retry_dropped'])
    t.deepEqual(other.told.asked, [])
  })

  test.serial(
    `a first one that cannot be reached, and a second that ${what}: the same request tries both again`,
    async (t) => {
      const of = await stage.chargeable()
      faults.refusal = refused
      stripe.told.does = { create: NOT_SENT }
      const reply = await charge(of, {}, `neither-${because}`)
      t.like(reply, { status: 502, body: { code: 'processor_not_reached' } })
      faults.refusal = {}
      const again = await charge(of, {}, `neither-${because}`)
      t.like(again.body, { state: 'succeeded', processor: 'test', retry_of: reply.body.charge_id })
    },
  )
}

test.serial(
  'a second processor that cannot be reached is asked again by the same request, and the first never',
  async (t) => {
    const of = await stage.chargeable()
    stripe.told.does = { create: NOT_SENT }
    other.told.does = { create: NOT_SENT }
    const reply = await charge(of, {}, 'none-is-reached')
    t.like(reply, { status: 502, body: { code: 'processor_not_reached' } })
    stripe.told.asked.length = 0
    stripe.told.does = other.told.does = {}
    const again = await charge(of, {}, 'none-is-reached')
    t.like(again.body, { id: reply.body.charge_id, state: 'succeeded', processor: 'test' })
    t.deepEqual(stripe.told.asked, [])
    await taken(t, of, 'test')
  },
)

test.serial('what somebody else took meanwhile is not charged by a second processor', async (t) => {
  const of = await stage.chargeable()
  stripe.told.does = { confirm: SOFT }
  faults.refusal = { registration: async () => void (await stage.charge(of, { processor: 'test', amount_minor: 1 })) }
  const once = faults.refusal.registration as () => Promise<void>
  faults.refusal.registration = async () => {
    faults.refusal = {}
    await once()
  }
  const reply = await charge(of)
  t.like(reply.body, { state: 'declined', processor: 'stripe', retry_dropped: 'nothing_open' })
  t.is((await list(of)).length, 2)
})
