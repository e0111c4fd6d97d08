import { memoryTestStore, type Processor, testProcessor } from '@kontor/processors'
import test from 'ava'
import { type ChargeStage, chargeStage, instead } from '../testing/charge-stage.ts'

const whole = testProcessor({ store: memoryTestStore() })
let broken: Partial<Processor> = {}
const keys: string[] = []
let stage: ChargeStage

test.before(async () => {
  stage = await chargeStage({
    processorOf: async () =>
      instead(whole, {
        ...broken,
        capture(request) {
          keys.push(request.idempotencyKey)
          return (broken.capture ?? whole.capture)(request)
        },
      }),
  })
})
test.beforeEach(() => {
  broken = {}
  keys.length = 0
})
test.after.always(() => stage.kontor.close())

const held = async (changes: object = {}) => {
  const of = await stage.chargeable()
  const { body } = await stage.charge(of, { capture: 'manual', ...changes })
  return { of, id: body.id as string }
}
const post = (id: string, what: string, body?: object) => stage.kontor.call('POST', `/v1/charges/${id}/${what}`, body)

test.serial('what is held is taken, once, and is a payment', async (t) => {
  const { of, id } = await held()
  const captured = await post(id, 'capture', {})
  t.like(captured, { status: 200, body: { state: 'succeeded', amount_minor: 216_200 } })
  t.like(await stage.read(of), { payment_status: 'paid' })
  const again = await post(id, 'capture', {})
  t.deepEqual([again.status, again.body], [200, captured.body])
  t.is((await stage.paymentsOf(id)).length, 1)
  t.deepEqual(keys, [`${id}:capture:1`])
  t.like(await post(id, 'cancel'), {
    status: 409,
    body: { code: 'invalid_transition', from: 'succeeded', to: 'cancelled' },
  })
})

test.serial('of what is held a part is taken, the rest is open again; more is refused', async (t) => {
  const { of, id } = await held()
  t.like(await post(id, 'capture', { amount_minor: 216_201 }), {
    status: 422,
    body: { code: 'capture_exceeds_charge', charged_minor: 216_200 },
  })
  t.like(await post(id, 'capture', { amount_minor: 100_000 }), { status: 200, body: { state: 'succeeded' } })
  t.like(await stage.paymentsOf(id), [{ amount_minor: 100_000n }])
  t.like(await stage.charge(of), { status: 201, body: { amount_minor: 116_200 } })
})

test.serial('what is held, or waits for the payer, is let go, and is free again', async (t) => {
  for (const changes of [{ capture: 'manual' }, { capture: 'automatic', amount_minor: 66_611 }]) {
    const { of, id } = await held(changes)
    const cancelled = await post(id, 'cancel')
    t.like(cancelled, { status: 200, body: { state: 'cancelled', next_check_at: null } })
    t.deepEqual((await post(id, 'cancel')).body, cancelled.body)
    t.like(await post(id, 'capture', {}), { status: 409, body: { code: 'invalid_transition' } })
    t.like(await stage.charge(of), { status: 201, body: { amount_minor: 216_200 } })
  }
})

test.serial('what has no id at the processor was never confirmed, and is let go here, for good', async (t) => {
  const of = await stage.chargeable()
  for (const [create, status] of [
    [async () => ({ outcome: 'unknown', because: 'timeout' }) as const, 202],
    [async () => ({ outcome: 'not_sent', because: 'unreachable' }) as const, 502],
  ] as const) {
    broken = { create }
    const key = `let-go-here-${status}`
    const asked = await stage.charge(of, {}, { key })
    t.is(asked.status, status)
    const id = asked.body.id ?? asked.body.charge_id
    broken = {}
    t.like(await post(id, 'cancel'), { status: 200, body: { state: 'cancelled' } })
    await stage.later()
    t.like(await stage.show(id), { state: 'cancelled' })
    t.like(await stage.charge(of, {}, { key }), { status: 201, body: { id, state: 'cancelled' } })
  }
  t.like(await stage.charge(of), { status: 201, body: { state: 'succeeded' } })
})

test.serial('a capture that nobody heard of is found out, whether it was made or lost', async (t) => {
  for (const [mode, steps] of [
    ['made', ['sent capture:1', 'unknown capture:1 unknown', 'answered retrieve succeeded']],
    [
      'lost',
      [
        'sent capture:1',
        'unknown capture:1 unknown',
        'answered retrieve authorized',
        'sent capture:1',
        'answered capture:1 succeeded',
      ],
    ],
  ] as const) {
    const { id } = await held()
    broken = {
      async capture(request) {
        if (mode === 'made') await whole.capture(request)
        return { outcome: 'unknown', because: 'timeout' }
      },
    }
    t.like(await post(id, 'capture', { amount_minor: 5_000 }), { status: 202, body: { state: 'unknown' } })
    t.like(await post(id, 'capture', { amount_minor: 5_000 }), { status: 202 }, 'it is under way')
    broken = {}
    await stage.later()
    t.like(await stage.show(id), { state: 'succeeded' })
    t.deepEqual((await stage.steps(id)).slice(5), [...steps])
    t.like(await stage.paymentsOf(id), [{ amount_minor: 5_000n }])
    t.deepEqual([...new Set(keys)], [`${id}:capture:1`])
    keys.length = 0
  }
})

test.serial('a process that ends while it captures leaves a capture that is finished', async (t) => {
  const { id } = await held()
  broken = {
    capture: async () => {
      throw new Error('the process ends here')
    },
  }
  t.is((await post(id, 'capture', {})).status, 500)
  t.like(await stage.show(id), { state: 'processing' })
  broken = {}
  await stage.later()
  t.like(await stage.show(id), { state: 'succeeded' })
})

test.serial('a capture that is declined or not sent leaves the money held, and another one may follow', async (t) => {
  const { id } = await held()
  broken = { capture: async () => ({ outcome: 'not_sent', because: 'unreachable' }) }
  t.like(await post(id, 'capture', {}), { status: 502, body: { code: 'processor_not_reached', charge_id: id } })
  t.like(await stage.show(id), { state: 'authorized' })
  broken = { capture: async () => ({ outcome: 'declined', reason: 'invalid_request', soft: false }) }
  t.like(await post(id, 'capture', {}), { status: 200, body: { state: 'authorized' } })
  broken = {}
  t.like(await post(id, 'capture', {}), { status: 200, body: { state: 'succeeded' } })
  t.deepEqual(
    keys,
    [1, 2, 3].map((no) => `${id}:capture:${no}`),
  )
})

test.serial('what is decided later, or in the middle of it, is not let go', async (t) => {
  const pending = await held({ capture: 'automatic', amount_minor: 66_612 })
  t.like(await post(pending.id, 'cancel'), { status: 409, body: { code: 'invalid_transition', from: 'pending' } })
  t.like(await post(pending.id, 'capture', {}), { status: 409, body: { code: 'invalid_transition', from: 'pending' } })
  t.like(await post('chg_01k0000000e4c9p5q2r8s3t6v7', 'cancel'), { status: 404 })
})

test.serial('letting go of a charge that nobody knows about finds out what it came to', async (t) => {
  const of = await stage.chargeable()
  const asked = await stage.charge(of, { amount_minor: 66_622 })
  t.is(asked.body.state, 'unknown')
  t.like(await post(asked.body.id, 'cancel'), { status: 200, body: { state: 'succeeded' } })
  t.is((await stage.paymentsOf(asked.body.id)).length, 1)
})
