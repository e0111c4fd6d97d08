import { workOffJobs } from '@kontor/jobs'
import type { ChargeOutcome } from '@kontor/processors'
import { paypalEvent, stripeEvent } from '@kontor/processors/testing'
import test from 'ava'
import { InvalidTransition } from '../documents/errors.ts'
import { charged, type ProcessorStage, processorStage } from '../testing/processor-stage.ts'
import { processorEventTasks } from './work.ts'

let stage: ProcessorStage
test.before(async () => {
  stage = await processorStage()
})
test.after.always(() => stage.close())

/** What was learnt since the test began, the processor's ids of our charges, and what the next to learn throws. */
const learnt: unknown[] = []
const ours = new Map<string, string>()
const defects: unknown[] = []
let broken: Error | undefined

function learn(...said: unknown[]): void {
  const thrown = broken
  broken = undefined
  if (thrown) throw thrown
  learnt.push(said)
}

async function work(): Promise<void> {
  const { kontor, processors } = stage
  await workOffJobs(
    kontor.databases.invoicingUrl,
    processorEventTasks({
      database: kontor.database,
      now: kontor.clock.now,
      processorOf: kontor.deps.processorOf,
      referenceOfCharge: async ({ tenantId, mode }, processor, id) =>
        processors.has(`${tenantId}/${mode}/${processor}`) ? ours.get(id) : undefined,
      learnOfCharge: async (_owner, processor, reference, outcome) => learn(processor, reference, outcome),
      learnOfRefund: async (_owner, processor, reference, outcome, charge) =>
        learn(processor, reference, outcome.outcome, charge),
      learnOfDispute: async (_owner, processor, told, charge) => learn(processor, told, charge),
      onDefect: (error) => defects.push(error),
    }),
  )
}

test.beforeEach(() => {
  learnt.length = 0
  defects.length = 0
})

let events = 0

/** Has Stripe tell something of an object. @returns The id of the event. */
async function tell(type: string, object: object, createdMs = stage.kontor.clock.nowMs()): Promise<string> {
  const id = `evt_work_${++events}`
  const { status } = await stage.deliver(stage.byStripe(stripeEvent(id, type, object, { createdMs })))
  if (status !== 200) throw new Error(String(status))
  return id
}

const shown = async (id: string) => {
  const { body } = await stage.kontor.call('GET', '/v1/processor-events?limit=200')
  return body.data.find((each: { event_reference: string }) => each.event_reference === id)
}

/** A charge of ours that Stripe has taken, as Stripe shows it. */
async function paidAtStripe(key: string) {
  const reference = await charged(stage.at('stripe'), key)
  const intent = stage.stripe.state.intents.get(reference)
  if (!intent) throw new Error('the fake lost it')
  ours.set(reference, reference)
  return intent
}

const tryAgain = () => stage.kontor.sql('update graphile_worker._private_jobs set run_at = now()')

test.serial('what has become of a charge is asked, and events may come in any order', async (t) => {
  const intent = await paidAtStripe('any-order')
  const [paid, made] = [
    await tell('payment_intent.succeeded', intent),
    await tell('payment_intent.created', { ...intent, status: 'requires_confirmation' }),
  ]
  await work()
  const outcome = {
    outcome: 'succeeded',
    reference: intent.id,
    movement: String(intent.latest_charge),
    amount: { minor: 10_000n, currency: 'EUR' },
  } satisfies ChargeOutcome
  t.deepEqual(learnt, [
    ['stripe', intent.id, outcome],
    ['stripe', intent.id, outcome],
  ])
  for (const id of [paid, made]) t.like(await shown(id), { state: 'handled', failures: 0, failure: null })
})

test.serial('fifty deliveries of one event are handled once', async (t) => {
  const intent = await paidAtStripe('fifty')
  const delivered = stage.byStripe(stripeEvent('evt_fifty', 'payment_intent.succeeded', intent))
  await Promise.all(Array.from({ length: 50 }, () => stage.deliver(delivered)))
  await Promise.all([work(), work()])
  t.is(learnt.length, 1)
  await stage.deliver(delivered)
  await work()
  t.is(learnt.length, 1)
  // As a process that died after it had settled the event.
  await stage.kontor.sql(
    `select graphile_worker.add_job('processor_event', json_build_object('id', id)) from processor_event where event_reference = $1`,
    ['evt_fifty'],
  )
  await work()
  t.is(learnt.length, 1)
})

test.serial('while the processor cannot say, nothing is learnt, and it is asked again', async (t) => {
  const { stripe } = stage
  const intent = await paidAtStripe('asked-again')
  const id = await tell('payment_intent.succeeded', intent)
  let failures = 0
  for (const [mishap, failure] of [
    [{ status: 429 }, 'processor_not_reached'],
    [{ status: 500 }, 'outcome_unknown'],
    ['reset after', 'outcome_unknown'],
    ['garbage', 'outcome_unknown'],
    [{ status: 404 }, 'question_refused'],
    [{ status: 403 }, 'question_refused'],
  ] as const) {
    stripe.mishaps.push(mishap)
    await work()
    t.like(await shown(id), { state: 'received', failures: ++failures, failure }, failure)
    await tryAgain()
  }
  t.deepEqual([learnt, defects], [[], []])
  await work()
  t.is(learnt.length, 1)
  t.like(await shown(id), { state: 'handled', failures, failure: 'question_refused' })
})

test.serial('a handler that fails is tried again; what is no refusal is a defect that somebody hears of', async (t) => {
  const id = await tell('payment_intent.succeeded', await paidAtStripe('handler-fails'))
  broken = new InvalidTransition('open', 'paid', [])
  await work()
  t.like(await shown(id), { state: 'received', failures: 1, failure: 'invalid_transition' })
  t.is(defects.length, 0)
  const defect = new TypeError('4242 4242 4242 4242')
  broken = defect
  await tryAgain()
  await work()
  t.like(await shown(id), { state: 'received', failures: 2, failure: 'internal_error' })
  t.deepEqual(defects, [defect])
  t.is(learnt.length, 0)
  await tryAgain()
  await work()
  t.is(learnt.length, 1)
  t.like(await shown(id), { state: 'handled' })
})

test.serial('a refund is asked about by its own id, whoever made it', async (t) => {
  const intent = await paidAtStripe('refunded')
  const refunded = await stage.at('stripe').refund({ idempotencyKey: 'refund-1', reference: intent.id })
  const reference = refunded.outcome === 'succeeded' ? refunded.reference : ''
  const refund = stage.stripe.state.refunds.get(reference)
  const id = await tell('refund.created', { ...refund, status: 'pending' })
  await work()
  t.deepEqual(learnt, [['stripe', reference, 'succeeded', intent.id]])
  t.like(await shown(id), { kind: 'refund', reference, charge_reference: intent.id, state: 'handled' })
})

test.serial('of a dispute the latest word counts, in whatever order it was told', async (t) => {
  const intent = await paidAtStripe('disputed')
  const atMs = stage.kontor.clock.nowMs()
  const dispute = { id: 'dp_1', payment_intent: intent.id, amount: 10_000, currency: 'eur', reason: 'fraudulent' }
  const lost = await tell('charge.dispute.closed', { ...dispute, status: 'lost' }, atMs + 60_000)
  await tell('charge.dispute.created', { ...dispute, status: 'needs_response' }, atMs)
  await work()
  const told = {
    dispute: 'dp_1',
    state: 'lost',
    occurredAt: new Date(atMs + 60_000),
    amount: { minor: 10_000n, currency: 'EUR' },
    reason: 'fraudulent',
  }
  t.deepEqual(learnt, [
    ['stripe', told, intent.id],
    ['stripe', told, intent.id],
  ])
  t.like(await shown(lost), {
    kind: 'dispute',
    dispute: { state: 'lost', amount_minor: 10_000, currency: 'EUR', reason: 'fraudulent' },
    state: 'handled',
  })
})

test.serial(
  'what is about nothing of ours, or of a kind that is not used, is kept and marked, and nobody is asked',
  async (t) => {
    const foreign = {
      id: 'pi_of_another_shop',
      object: 'payment_intent',
      amount: 1,
      currency: 'eur',
      status: 'succeeded',
    }
    const ids = [
      await tell('payment_intent.succeeded', foreign),
      await tell('refund.created', { id: 're_1', object: 'refund', payment_intent: foreign.id, status: 'succeeded' }),
      await tell('refund.created', { id: 're_2', object: 'refund', status: 'succeeded' }),
      await tell('charge.dispute.created', { id: 'dp_2', payment_intent: foreign.id, status: 'needs_response' }),
      await tell('setup_intent.succeeded', { id: 'seti_1' }),
      await tell('plan.created', { id: 'price_1' }),
    ]
    const asked = stage.stripe.received.length
    await work()
    for (const id of ids) t.like(await shown(id), { state: 'ignored', failures: 0 })
    t.deepEqual(learnt, [])
    t.is(stage.stripe.received.length, asked)
  },
)

test.serial('an event that names the movement of money alone finds its charge', async (t) => {
  const { paypal } = stage
  const processor = stage.at('paypal')
  const created = await processor.create({
    idempotencyKey: 'movement-create',
    amount: { minor: 1_000n, currency: 'EUR' },
    capture: 'automatic',
    instrument: { type: 'paypal', instrument: '8kk8451t', customer: 'customer_1' },
    ourReference: 'movement-alone',
  })
  const reference = created.outcome === 'created' ? created.reference : ''
  const confirmed = await processor.confirm({
    idempotencyKey: 'movement-confirm',
    reference,
    instrument: { type: 'paypal', instrument: '8kk8451t', customer: 'customer_1' },
    capture: 'automatic',
    offSession: true,
  })
  const movement = confirmed.outcome === 'succeeded' ? String(confirmed.movement) : ''
  ours.set(movement, reference)
  const { supplementary_data: _, ...capture } = { supplementary_data: 1, ...paypal.engine.captures.get(movement) }
  const body = paypalEvent('WH-movement', 'PAYMENT.CAPTURE.COMPLETED', capture, stage.kontor.clock.nowMs())
  t.is((await stage.deliver(stage.byPaypal(body), { processor: 'paypal' })).status, 200)
  await work()
  t.deepEqual(learnt, [['paypal', reference, confirmed]])
  t.like(await shown('WH-movement'), { reference: movement, state: 'handled' })
})
