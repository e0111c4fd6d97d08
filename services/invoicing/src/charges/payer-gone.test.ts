import { memoryTestStore, type Processor, testProcessor } from '@kontor/processors'
import test from 'ava'
import { type ChargeStage, chargeStage, instead } from '../testing/charge-stage.ts'
import type { ChargeState } from './charge.ts'
import { waitsForPayerUntil } from './rules.ts'
import { EMPTY, sent } from './steps.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NEEDS_PAYER = 66_611

const whole = testProcessor({ store: memoryTestStore() })
let broken: Partial<Processor> = {}
const cancels: string[] = []
let stage: ChargeStage
test.before(async () => {
  stage = await chargeStage({
    processorOf: async () =>
      instead(whole, {
        ...broken,
        cancel(request) {
          cancels.push(request.idempotencyKey)
          return (broken.cancel ?? whole.cancel)(request)
        },
      }),
  })
})
test.beforeEach(() => {
  broken = {}
  cancels.length = 0
})
test.after.always(() => stage.kontor.close())

async function waiting(changes: object = {}) {
  const of = await stage.chargeable()
  const { body } = await stage.charge(of, { amount_minor: NEEDS_PAYER, ...changes })
  return { of, id: body.id as string, state: body.state as string }
}
const confirm = (id: string) => stage.kontor.call('POST', `/v1/charges/${id}/confirm`)
const advance = (ms: number) => stage.kontor.clock.advance(ms)

test.serial('a payer who does not come back has a day, and then the amount is free again', async (t) => {
  const { of, id, state } = await waiting()
  t.is(state, 'requires_action')
  const end = stage.kontor.clock.nowMs() + DAY
  // Asked ever less often, and at the end of the day.
  const asked: number[] = []
  for (let times = 0; times < 30; times++) {
    const { next_check_at } = await stage.show(id)
    asked.push(Date.parse(next_check_at))
    if (asked.at(-1) === end) break
    stage.kontor.clock.set(next_check_at)
    await stage.later()
    t.is((await stage.show(id)).state, 'requires_action')
  }
  t.is(asked.at(-1), end, JSON.stringify(asked))
  t.deepEqual(cancels, [])
  t.like(await stage.charge(of), { status: 201, body: { amount_minor: 216_200 - NEEDS_PAYER } })

  stage.kontor.clock.set(new Date(end).toISOString())
  await stage.later()
  t.like(await stage.show(id), { state: 'cancelled', next_check_at: null, needs_attention: false, payment_id: null })
  t.deepEqual(cancels, [`${id}:cancel:1`])
  const { body } = await stage.kontor.call('GET', `/v1/charges/${id}/steps`)
  t.like(body.data.at(-2), { kind: 'sent', request: 'cancel:1', learned_by: 'job' })
  t.like(body.data.at(-1), { kind: 'answered', request: 'cancel:1', outcome: 'cancelled', learned_by: 'job' })
  t.like(await stage.charge(of), { status: 201, body: { state: 'requires_action', amount_minor: NEEDS_PAYER } })
  t.like(await confirm(id), { status: 200, body: { state: 'cancelled' } })
})

test.serial('a payer who is asked once more has a day from then on', async (t) => {
  const { id } = await waiting()
  advance(20 * HOUR)
  broken.confirm = async ({ reference }) => ({
    outcome: 'requires_action',
    reference,
    action: { type: 'redirect', url: 'https://bank.example/again' },
  })
  t.is((await confirm(id)).body.state, 'requires_action')
  advance(20 * HOUR)
  await stage.later()
  t.is((await stage.show(id)).state, 'requires_action')
  advance(4 * HOUR)
  await stage.later()
  t.is((await stage.show(id)).state, 'cancelled')
})

test.serial('a payer who has agreed by then has paid, whether they are asked after or let go of', async (t) => {
  const paid = await waiting()
  advance(DAY)
  broken.retrieve = async (reference) => ({ outcome: 'succeeded', reference })
  await stage.later()
  t.is((await stage.show(paid.id)).state, 'succeeded')
  t.deepEqual(cancels, [])
  broken = {}
  const late = await waiting()
  advance(DAY)
  broken.cancel = async ({ reference }) => ({ outcome: 'succeeded', reference })
  await stage.later()
  const { state, payment_id } = await stage.show(late.id)
  t.is(state, 'succeeded')
  t.regex(payment_id, /^pay_/)
})

test.serial('a payer who comes back between question and letting go wins; one who comes after it loses', async (t) => {
  const early = await waiting()
  advance(DAY)
  broken.retrieve = async (reference) => {
    const outcome = await whole.retrieve(reference)
    if (cancels.length === 0) t.is((await confirm(early.id)).body.state, 'succeeded')
    return outcome
  }
  await stage.later()
  t.like(await stage.show(early.id), { state: 'succeeded' })
  t.deepEqual(cancels, [])
  t.is((await stage.paymentsOf(early.id)).length, 1)
  broken = {}
  const late = await waiting()
  advance(DAY)
  broken.cancel = async (request) => {
    t.like(await confirm(late.id), { status: 202, body: { state: 'processing' } })
    return whole.cancel(request)
  }
  await stage.later()
  t.like(await confirm(late.id), { status: 200, body: { state: 'cancelled', payment_id: null } })
})

test.serial('confirmed by a request and let go of by the job at once: paid or cancelled, and both agree', async (t) => {
  const ended: Record<string, number> = {}
  for (let round = 0; round < 20; round++) {
    const { id } = await waiting()
    advance(DAY)
    const confirming = async () => {
      await new Promise((resolve) => setTimeout(resolve, round * 5))
      return confirm(id)
    }
    await Promise.all([confirming(), stage.later()])
    await stage.later()
    const { state, reference } = await stage.show(id)
    t.is((await whole.retrieve(reference)).outcome, state)
    t.is((await stage.paymentsOf(id)).length, state === 'succeeded' ? 1 : 0)
    ended[state] = (ended[state] ?? 0) + 1
  }
  t.log(ended)
})

test.serial('a letting go that nobody heard of is found out soon, under the same key', async (t) => {
  for (const carriedOut of [true, false]) {
    cancels.length = 0
    const { id } = await waiting()
    advance(DAY)
    broken.cancel = async (request) => {
      if (carriedOut) await whole.cancel(request)
      return { outcome: 'unknown', because: 'timeout' }
    }
    await stage.later()
    const { state, next_check_at } = await stage.show(id)
    t.is(state, 'unknown')
    t.true(Date.parse(next_check_at) - stage.kontor.clock.nowMs() <= 120_000, next_check_at)
    broken = {}
    await stage.later()
    t.is((await stage.show(id)).state, 'cancelled')
    t.deepEqual(new Set(cancels), new Set([`${id}:cancel:1`]))
  }
})

test.serial('a process that ends before it lets go leaves that to the next, under the same key', async (t) => {
  const { id } = await waiting()
  advance(DAY)
  broken.cancel = async () => {
    throw new Error('the process ends')
  }
  await stage.later()
  t.is((await stage.show(id)).state, 'processing')
  broken = {}
  await stage.later()
  t.is((await stage.show(id)).state, 'cancelled')
  t.deepEqual(new Set(cancels), new Set([`${id}:cancel:1`]))
})

test.serial(
  'a letting go that was not sent leaves the charge as it was, and is tried again under a new number',
  async (t) => {
    const { id } = await waiting()
    advance(DAY)
    broken.cancel = async () => ({ outcome: 'not_sent', because: 'unreachable' })
    await stage.later()
    t.is((await stage.show(id)).state, 'requires_action')
    broken = {}
    await stage.later()
    t.is((await stage.show(id)).state, 'cancelled')
    t.deepEqual(cancels, [`${id}:cancel:1`, `${id}:cancel:2`])
  },
)

test.serial('money that is held, or decided later, waits for no payer', async (t) => {
  const held = await waiting({ capture: 'manual' })
  t.is((await confirm(held.id)).body.state, 'authorized')
  const pending = await waiting({ amount_minor: 66_612 })
  broken.retrieve = async (reference) => ({ outcome: 'pending', reference })
  advance(3 * DAY)
  await stage.later()
  broken = {}
  t.is((await stage.show(held.id)).state, 'authorized')
  t.is((await stage.show(pending.id)).state, 'pending')
  t.deepEqual(cancels, [])
})

test('what waits for its payer, and nothing else, is let go of, counted from the last time that they were asked', (t) => {
  const at = (hours: number) => new Date(hours * HOUR)
  const steps = [1, 2].map((no) => ({
    ...EMPTY,
    ...sent({ request: 'confirm', no }, 'request'),
    seq: no,
    at: at(no),
  }))
  const until = (state: ChargeState) => waitsForPayerUntil({ state }, steps, DAY)
  t.deepEqual(until('requires_action'), at(26))
  t.is(waitsForPayerUntil({ state: 'requires_action' }, [], DAY), undefined)
  for (const state of ['processing', 'unknown', 'pending', 'authorized', 'succeeded', 'cancelled'] as const) {
    t.is(until(state), undefined, state)
  }
})
