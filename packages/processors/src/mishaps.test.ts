// What a processor does to a request, and what we may then say about it. `unknown` is resolved by asking, or by the same request
// under the same key; the money moves once.
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
      t.like(await processor.create({ ...request, instrument: stage.instrument }), { outcome: 'created' })
      t.is(stage.counted().made, 1)
      t.is(stage.fake.timesReceived('charge-1'), 2)
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
      t.like(await processor.confirm(request), { outcome: 'succeeded', amount: eur(1000n) })
      t.like(await processor.retrieve(reference), { outcome: 'succeeded', amount: eur(1000n) })
      t.deepEqual(stage.counted(), { made: 1, paid: 1 })
    })
  }
}

/** A processor with more patience, at the same fake. */
async function again(t: ExecutionContext, name: string, { fake }: Stage): Promise<{ readonly processor: Processor }> {
  return name === 'stripe' ? atStripe(t, { baseUrl: fake.baseUrl }) : atPaypal(t, { baseUrl: fake.baseUrl })
}
