// What a processor does to a request, and what we may then say about it. `unknown` is resolved by asking, or by the same request
// under the same key; the money moves once.
import { setTimeout as delay } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { InstrumentReference } from './instrument.ts'
import type { Processor } from './processor.ts'
import type { FakeServer } from './testing/fake-server.ts'
import type { Mishap } from './testing/mishap.ts'
import { atPaypal, atStripe, created, eur, PAYPAL_ACCOUNT, registered } from './testing/processors.ts'

interface Stage {
  readonly fake: FakeServer
  readonly processor: Processor
  readonly instrument: InstrumentReference
  /** How many charges have been made, and how many have taken money. */
  counted(): { readonly made: number; readonly paid: number }
}

/** The same again, for as long as the processor is at work on the first. */
async function insist<T extends { readonly outcome: string }>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    const outcome = await ask()
    if (!('because' in outcome) || outcome.because !== 'in_progress') return outcome
    await delay(100)
  }
}

const SHORT_MS = 400

async function stripeStage(t: ExecutionContext, timeoutMs: number): Promise<Stage> {
  const { fake, processor: patient } = await atStripe(t)
  const instrument = await registered(patient)
  const { processor } = await atStripe(t, { baseUrl: fake.baseUrl, timeoutMs })
  return {
    fake,
    processor,
    instrument,
    counted: () => {
      const intents = [...fake.state.intents.values()]
      return { made: intents.length, paid: intents.filter(({ status }) => status === 'succeeded').length }
    },
  }
}

async function paypalStage(t: ExecutionContext, timeoutMs: number): Promise<Stage> {
  const { fake } = await atPaypal(t)
  const { processor } = await atPaypal(t, { baseUrl: fake.baseUrl, timeoutMs })
  // The access token is fetched beforehand: what is short is the patience with what comes then.
  while ((await processor.retrieve('O-WARM')).outcome === 'not_sent');
  return {
    fake,
    processor,
    instrument: PAYPAL_ACCOUNT,
    counted: () => ({ made: fake.engine.orders.size, paid: fake.engine.captures.size }),
  }
}

const STAGES = { stripe: stripeStage, paypal: paypalStage }

const MISHAPS: readonly (readonly [what: string, mishap: Mishap, outcome: object])[] = [
  ['never answers', 'silence', { outcome: 'unknown', because: 'timeout' }],
  ['answers late', { late: SHORT_MS * 4 }, { outcome: 'unknown', because: 'timeout' }],
  ['hangs up before it did it', 'reset before', { outcome: 'unknown', because: 'connection_lost' }],
  ['hangs up after it did it', 'reset after', { outcome: 'unknown', because: 'connection_lost' }],
  ['answers half of something', 'garbage', { outcome: 'unknown', because: 'unreadable_answer' }],
  ['answers another JSON', 'not json', { outcome: 'unknown', because: 'unreadable_answer' }],
  ['answers an unknown type', 'unknown type', { outcome: 'unknown', because: 'unreadable_answer' }],
  ['answers a broken gzip', 'broken gzip', { outcome: 'unknown', because: 'connection_lost' }],
  ['answers without end', 'huge', { outcome: 'unknown', because: 'unreadable_answer' }],
  ['did it, and answers 500', 'lost in 500', { outcome: 'unknown', because: 'processor_error' }],
  ['answers 500', { status: 500 }, { outcome: 'unknown', because: 'processor_error' }],
  ['answers 503', { status: 503 }, { outcome: 'unknown', because: 'processor_error' }],
  ['is behind a gateway that answers 502', { bare: 502 }, { outcome: 'unknown', because: 'processor_error' }],
  ['is behind a gateway that answers 403', { bare: 403 }, { outcome: 'unknown', because: 'unreadable_answer' }],
  ['is busy with the same key', { status: 409 }, { outcome: 'unknown', because: 'in_progress' }],
  ['asks for patience', { status: 429 }, { outcome: 'not_sent', because: 'rate_limited' }],
  ['sends us elsewhere', { redirect: 'http://127.0.0.1:9/' }, { outcome: 'unknown', because: 'unreadable_answer' }],
]

for (const [name, stageOf] of Object.entries(STAGES)) {
  for (const [what, mishap, expected] of MISHAPS) {
    test(`${name} ${what} when a charge is made: the same request again makes no second one`, async (t) => {
      const patient = mishap !== 'silence' && !(typeof mishap === 'object' && 'late' in mishap)
      const stage = await stageOf(t, patient ? 20_000 : SHORT_MS)
      const request = {
        idempotencyKey: 'charge-1',
        amount: eur(1000n),
        capture: 'automatic',
        ourReference: 'chg_1',
      } as const
      stage.fake.mishaps.push(mishap)
      t.deepEqual(await stage.processor.create({ ...request, instrument: stage.instrument }), expected as never)
      const { processor } = await again(t, name, stage)
      t.like(await insist(() => processor.create({ ...request, instrument: stage.instrument })), { outcome: 'created' })
      t.is(stage.counted().made, 1)
      t.true(stage.fake.timesReceived('charge-1') >= 2)
    })

    test(`${name} ${what} when a charge is confirmed: asked again it pays once`, async (t) => {
      const patient = mishap !== 'silence' && !(typeof mishap === 'object' && 'late' in mishap)
      const stage = await stageOf(t, patient ? 20_000 : SHORT_MS)
      const { processor } = await again(t, name, stage)
      const { instrument } = stage
      const reference = await created(processor, instrument, eur(1000n))
      const request = {
        idempotencyKey: 'confirm-1',
        reference,
        instrument,
        capture: 'automatic',
        offSession: true,
      } as const
      stage.fake.mishaps.push(mishap)
      t.like(await stage.processor.confirm(request), expected as never)
      const asked = await processor.retrieve(reference)
      t.true(asked.outcome === 'created' || asked.outcome === 'succeeded', asked.outcome)
      t.like(await insist(() => processor.confirm(request)), { outcome: 'succeeded', amount: eur(1000n) })
      t.like(await processor.retrieve(reference), { outcome: 'succeeded', amount: eur(1000n) })
      t.deepEqual(stage.counted(), { made: 1, paid: 1 })
    })
  }
}

const OF_A_CONNECTION = ['silence', 'reset before', 'reset after', 'garbage', 'lost in 500', { status: 409 }] as const

for (const [name, stageOf] of Object.entries(STAGES)) {
  for (const mishap of OF_A_CONNECTION) {
    test(`${name} does ${JSON.stringify(mishap)} to a capture and to a refund: asked again, each happens once`, async (t) => {
      const stage = await stageOf(t, mishap === 'silence' ? SHORT_MS : 20_000)
      const { processor } = await again(t, name, stage)
      const { instrument } = stage
      const reference = await created(processor, instrument, eur(1000n), 'manual')
      const step = { reference, instrument, capture: 'manual', offSession: true } as const
      const held = await processor.confirm({ ...step, idempotencyKey: 'confirm-1' })
      if (held.outcome !== 'authorized') return t.fail(held.outcome)
      const capture = { idempotencyKey: 'capture-1', reference, movement: held.movement, amount: eur(900n) }
      stage.fake.mishaps.push(mishap)
      t.like(await stage.processor.capture(capture), { outcome: 'unknown' })
      const taken = await processor.capture(capture)
      if (taken.outcome !== 'succeeded') return t.fail(taken.outcome)
      t.deepEqual(taken.amount, eur(900n))
      const refund = { idempotencyKey: 'refund-1', reference, movement: taken.movement, amount: eur(500n) }
      stage.fake.mishaps.push(mishap)
      t.like(await stage.processor.refund(refund), { outcome: 'unknown' })
      t.like(await processor.refund(refund), { outcome: 'succeeded', amount: eur(500n) })
      const rest = { ...refund, idempotencyKey: 'refund-2', amount: eur(400n) }
      t.like(await processor.refund(rest), { outcome: 'succeeded' }, 'the first took 500 once')
    })
  }

  test(`${name} is asked twice at once under one key: one is told that the other is at work, and one charge is made`, async (t) => {
    const stage = await stageOf(t, 20_000)
    const { instrument, processor } = stage
    const request = {
      idempotencyKey: 'charge-1',
      amount: eur(1n),
      capture: 'automatic',
      instrument,
      ourReference: 'c',
    } as const
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    stage.fake.mishaps.push({ held })
    const first = processor.create(request)
    while (stage.fake.timesReceived('charge-1') === 0) await delay(5)
    t.deepEqual(await processor.create(request), { outcome: 'unknown', because: 'in_progress' })
    release()
    const made = await first
    t.is(made.outcome, 'created')
    t.deepEqual(await processor.create(request), made)
    t.is(stage.counted().made, 1)
  })

  test(`${name} answers twice: the answer that nobody asked for is nobody's`, async (t) => {
    const { fake, processor, instrument } = await stageOf(t, 20_000)
    const reference = await created(processor, instrument)
    for (let round = 0; round < 5; round++) {
      fake.mishaps.push('twice')
      for (let asked = 0; asked < 2; asked++) {
        const outcome = await processor.retrieve(reference)
        t.true(outcome.outcome === 'created' || outcome.outcome === 'unknown', outcome.outcome)
      }
    }
    t.like(await processor.retrieve(reference), { outcome: 'created', reference })
  })
}

/** A processor with more patience, at the same fake. */
async function again(t: ExecutionContext, name: string, { fake }: Stage): Promise<{ readonly processor: Processor }> {
  return name === 'stripe' ? atStripe(t, { baseUrl: fake.baseUrl }) : atPaypal(t, { baseUrl: fake.baseUrl })
}
