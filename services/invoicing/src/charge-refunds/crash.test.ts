import { memoryTestStore, type Processor, type RefundOutcome, testProcessor } from '@kontor/processors'
import test from 'ava'
import { instead } from '../testing/charge-stage.ts'
import { type RefundStage, refundStage } from '../testing/refund-stage.ts'

const whole = testProcessor({ store: memoryTestStore() })
/** What is wrong with the processor's methods, until it is not any more. */
let broken: Partial<Processor> = {}
/** How often each key was sent. */
const keys: string[] = []
let stage: RefundStage

test.before(async () => {
  const counting = instead(whole, {
    refund(request) {
      keys.push(request.idempotencyKey)
      return (broken.refund ?? whole.refund)(request)
    },
    retrieveRefund: (reference) => (broken.retrieveRefund ?? whole.retrieveRefund)(reference),
  })
  stage = await refundStage({ processorOf: async () => counting })
})
test.beforeEach(() => {
  broken = {}
  keys.length = 0
})
test.after.always(() => stage.kontor.close())

const crash = (): never => {
  throw new Error('the process ends here')
}
const before = async (): Promise<never> => crash()
const behind: Processor['refund'] = async (request) => {
  await whole.refund(request)
  return crash()
}

for (const [where, fault] of [
  ['before it is sent', { refund: before }],
  ['when the money has gone', { refund: behind }],
] as const) {
  test.serial(`a process that ends ${where} leaves a trace, and the job sends the money back once`, async (t) => {
    const of = await stage.charged()
    broken = fault
    const key = 'a-refund-that-ended'
    t.is((await stage.refund(of, {}, { key })).status, 500)
    const [left] = await stage.refundsOf(of)
    t.like(left, { state: 'processing', needs_attention: false })
    t.deepEqual(await stage.stepsOf(of, left.id), ['claimed', 'sent refund'])
    t.like(await stage.refund(of), { status: 409, body: { code: 'refund_exceeds_charge', remaining_minor: 0 } })
    // A job that ends at the same place is done again.
    await stage.later()
    t.like(await stage.payment(of), { refunded_minor: 0 })
    broken = {}
    await stage.later()
    const [shown] = await stage.refundsOf(of)
    t.like(shown, { id: left.id, state: 'succeeded' })
    t.deepEqual([...new Set(keys)], [`${left.id}:refund`])
    t.is((await stage.payment(of)).refunds.length, 1)
    const repeated = await stage.refund(of, {}, { key })
    t.deepEqual([repeated.status, repeated.body], [201, shown])
  })
}

test.serial('a process that ends before a late answer is written leaves the question to the next', async (t) => {
  const of = await stage.charged({ amount_minor: 66_632 })
  await stage.refund(of)
  broken = { retrieveRefund: before }
  await stage.later()
  t.like((await stage.refundsOf(of))[0], { state: 'pending' })
  broken = {}
  await stage.later()
  t.like((await stage.refundsOf(of))[0], { state: 'succeeded' })
  t.is(keys.length, 1)
})

test.serial('a repetition while the first request is at work is shown it, and sends nothing', async (t) => {
  const of = await stage.charged()
  broken = { refund: before }
  const key = 'ended-before-it-began'
  await stage.refund(of, {}, { key })
  const again = await stage.refund(of, {}, { key })
  t.like(again, { status: 202, body: { state: 'processing' } })
  t.is(again.headers['idempotent-replayed'], 'true')
  t.is(keys.length, 1)
})

test.serial('what is not sent now does not undo what may have been done before', async (t) => {
  const of = await stage.charged()
  broken = { refund: behind }
  await stage.refund(of)
  broken = { refund: async () => ({ outcome: 'not_sent', because: 'unreachable' }) }
  await stage.later()
  const [left] = await stage.refundsOf(of)
  t.like(left, { state: 'unknown' })
  t.like(await stage.refund(of), { status: 409, body: { code: 'refund_exceeds_charge' } })
  broken = {}
  await stage.later()
  t.like((await stage.refundsOf(of))[0], { state: 'succeeded' })
})

test.serial('a refused question says nothing about the refund', async (t) => {
  const refused: RefundOutcome[] = [
    { outcome: 'declined', reason: 'not_found', soft: false, reference: 'test_refund_x' },
    { outcome: 'declined', reason: 'not_refundable', soft: false },
    { outcome: 'not_sent', because: 'unreachable' },
    { outcome: 'unknown', because: 'timeout' },
    { outcome: 'succeeded', reference: 'test_refund_x', amount: { minor: 1n, currency: 'CHF' } },
    { outcome: 'succeeded', reference: 'test_refund_x', amount: { minor: 66_632n, currency: 'EUR' } },
  ]
  for (const outcome of refused) {
    const of = await stage.charged({ amount_minor: 66_632 })
    await stage.refund(of)
    broken = { retrieveRefund: async () => outcome }
    await stage.later()
    t.like(
      (await stage.refundsOf(of))[0],
      { state: 'pending', needs_attention: false },
      JSON.stringify(outcome.outcome),
    )
    broken = {}
    await stage.later()
    t.like((await stage.refundsOf(of))[0], { state: 'succeeded' })
  }
})

test.serial('after a lost request, what is refused as a question may still have been carried out', async (t) => {
  const of = await stage.charged()
  broken = { refund: behind }
  await stage.refund(of)
  broken = { refund: async () => ({ outcome: 'declined', reason: 'merchant_restricted', soft: false }) }
  await stage.later()
  t.like((await stage.refundsOf(of))[0], { state: 'unknown' })
  broken = {}
  await stage.later()
  t.like((await stage.refundsOf(of))[0], { state: 'succeeded' })
})

test.serial('a request whose key the processor may have forgotten is not repeated: it is for a person', async (t) => {
  const of = await stage.charged()
  broken = { refund: async () => ({ outcome: 'unknown', because: 'timeout' }) }
  t.like(await stage.refund(of), { status: 202, body: { state: 'unknown' } })
  stage.kontor.clock.advance(366 * 24 * 3_600_000)
  keys.length = 0
  await stage.later()
  t.deepEqual(keys, [])
  t.like((await stage.refundsOf(of))[0], { state: 'unknown', needs_attention: true, next_check_at: null })
  // Its amount stays kept: it may have gone.
  t.like(await stage.refund(of), { status: 409, body: { code: 'refund_exceeds_charge', remaining_minor: 0 } })
})

test.serial('two at once with one key are one refund, and with two keys never more than was taken', async (t) => {
  const of = await stage.charged()
  const same = await Promise.all([1, 2, 3].map(() => stage.refund(of, { amount_minor: 100_000 }, { key: 'at-once-1' })))
  t.is(new Set(same.map(({ body }) => body.id)).size, 1)
  t.is(new Set(keys).size, 1)
  const other = await Promise.all(
    ['a', 'b', 'c'].map((name) => stage.refund(of, { amount_minor: 100_000 }, { key: `at-once-${name}` })),
  )
  t.deepEqual(other.map(({ status }) => status).sort(), [201, 409, 409])
  t.like(await stage.payment(of), { refunded_minor: 200_000 })
  const rest = await Promise.all([
    stage.refund(of),
    stage.byHand(of, 'refunds', { amount_minor: 16_200, invoice_id: of.invoice.id }),
  ])
  t.deepEqual(rest.map(({ status }) => status).sort(), [201, 409])
  t.like(await stage.payment(of), { refunded_minor: 216_200 })
})
