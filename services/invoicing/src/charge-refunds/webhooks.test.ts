import test from 'ava'
import { type ToldStage, toldStage } from '../testing/told-stage.ts'

let stage: ToldStage
test.before(async () => {
  stage = await toldStage()
})
test.beforeEach(() => {
  stage.broken = undefined
})
test.after.always(() => stage.close())

const atStripe = () => stage.charged({ processor: 'stripe' })

test.serial('a webhook before the answer, twice, and after it, is the same refund', async (t) => {
  const of = await atStripe()
  stage.broken = (whole) => ({
    refund: async (request) => {
      const made = await whole.refund(request)
      const [refund] = stage.sent(of)
      await stage.tell(String(refund?.id))
      await stage.tell(String(refund?.id), 'refund.created')
      await stage.kontor.work()
      return made
    },
  })
  const { status, body } = await stage.refund(of, { amount_minor: 5_000 })
  t.like({ status, body }, { status: 201, body: { state: 'succeeded', origin: 'request' } })
  stage.broken = undefined
  await stage.tell(body.reference)
  await stage.kontor.work()
  t.is((await stage.refundsOf(of)).length, 1)
  t.is((await stage.payment(of)).refunds.length, 1)
  t.deepEqual(await stage.stepsOf(of, body.id), [
    'claimed',
    'sent refund',
    'answered told succeeded',
    'answered refund succeeded',
  ])
})

test.serial('the answer is lost, and the webhook says what became of it', async (t) => {
  const of = await atStripe()
  stage.stripe.mishaps.push('reset after')
  t.like(await stage.refund(of, { amount_minor: 5_000 }), { status: 202, body: { state: 'unknown' } })
  await stage.tell(String(stage.sent(of)[0]?.id))
  await stage.kontor.work()
  t.like((await stage.refundsOf(of))[0], { state: 'succeeded', origin: 'request' })
  await stage.later()
  t.is(stage.sent(of).length, 1)
  t.is((await stage.payment(of)).refunds.length, 1)
})

test.serial('what was refunded in the dashboard becomes a refund, once', async (t) => {
  const of = await atStripe()
  const reference = await stage.outside(of, 16_200)
  await Promise.all(
    Array.from({ length: 5 }, (_, index) => stage.tell(reference, index % 2 ? 'refund.created' : undefined)),
  )
  await Promise.all([stage.kontor.work(), stage.kontor.work()])
  const [refund, ...more] = await stage.refundsOf(of)
  t.deepEqual(more, [])
  t.like(refund, { state: 'succeeded', origin: 'processor', reference, amount_minor: 16_200, reason: null })
  t.deepEqual(await stage.eventsOf(refund.id), ['charge_refund.created', 'charge_refund.succeeded'])
  t.like(await stage.payment(of), { refunded_minor: 16_200, allocated_minor: 200_000 })
  t.like(await stage.read(of), { open_minor: 16_200 })
  t.like(await stage.refund(of, { amount_minor: 200_001 }), { status: 409, body: { remaining_minor: 200_000 } })
})

test.serial('what was refunded in the dashboard of PayPal does too', async (t) => {
  const of = await stage.charged({ processor: 'paypal' })
  const reference = await stage.outside(of, 1_000, 'paypal')
  await stage.tellByPaypal(reference)
  await stage.kontor.work()
  t.like((await stage.refundsOf(of))[0], { state: 'succeeded', origin: 'processor', reference, amount_minor: 1_000 })
})

test.serial(
  'more than was left went in the dashboard: what there was is booked, the rest is for a person',
  async (t) => {
    const of = await atStripe()
    await stage.byHand(of, 'chargebacks', { amount_minor: 210_000 })
    await stage.tell(await stage.outside(of, 16_200))
    await stage.kontor.work()
    t.like((await stage.refundsOf(of))[0], { state: 'succeeded', unbooked_minor: 10_000, needs_attention: true })
    t.like(await stage.payment(of), { refunded_minor: 216_200, credit_minor: 0 })
  },
)

test.serial('one that waits in the dashboard keeps its amount, and is asked about', async (t) => {
  const of = await atStripe()
  const reference = await stage.outside(of, 16_200)
  stage.becomes(reference, 'pending')
  await stage.tell(reference)
  await stage.kontor.work()
  t.like((await stage.refundsOf(of))[0], { state: 'pending' })
  t.like(await stage.refund(of, { amount_minor: 200_001 }), { status: 409 })
  stage.becomes(reference, 'canceled')
  await stage.later()
  t.like((await stage.refundsOf(of))[0], { state: 'cancelled', refund_id: null })
  await stage.tell(reference)
  await stage.kontor.work()
  t.like(await stage.payment(of), { refunded_minor: 0 })
})

test.serial('one that succeeded and fails later is taken back, for all to see', async (t) => {
  const of = await atStripe()
  const { body } = await stage.refund(of, { amount_minor: 16_200 })
  stage.becomes(body.reference, 'failed', { failure_reason: 'expired_or_canceled_card' })
  await stage.tell(body.reference, 'refund.failed')
  await stage.tell(body.reference, 'refund.updated')
  await stage.kontor.work()
  const [refund] = await stage.refundsOf(of)
  t.like(refund, { state: 'failed', decline: { code: 'expired_or_canceled_card' }, refund_id: body.refund_id })
  t.deepEqual((await stage.eventsOf(refund.id)).slice(-2), ['charge_refund.succeeded', 'charge_refund.failed'])
  const payment = await stage.payment(of)
  t.like(payment, { refunded_minor: 0, credit_minor: 16_200, allocated_minor: 200_000 })
  t.deepEqual(
    payment.refunds.map(({ amount_minor }: { amount_minor: number }) => amount_minor).sort(),
    [-16_200, 16_200],
  )
  const reversal = payment.refunds.find(({ reverses_id }: { reverses_id: string }) => reverses_id === body.refund_id)
  t.like(reversal, { amount_minor: -16_200, charge_refund_id: body.id })
  // What was true before comes late, and changes nothing.
  stage.becomes(body.reference, 'succeeded')
  await stage.tell(body.reference)
  await stage.kontor.work()
  t.like((await stage.refundsOf(of))[0], { state: 'failed' })
  const account = of.invoice.account_id
  const statement = await stage.kontor.call('GET', `/v1/accounts/${account}/statement?currency=CHF`)
  const balance = await stage.kontor.call('GET', `/v1/accounts/${account}/balance`)
  t.is(statement.body.closing_minor, balance.body.balances[0].balance_minor)
  t.like(balance.body.balances[0], { open_minor: 16_200, credit_minor: 16_200, balance_minor: 0 })
})

test.serial('one that failed without ever having gone moves nothing', async (t) => {
  const of = await atStripe()
  const reference = await stage.outside(of, 16_200)
  stage.becomes(reference, 'failed', { failure_reason: 'unknown' })
  await stage.tell(reference, 'refund.failed')
  await stage.kontor.work()
  t.like((await stage.refundsOf(of))[0], { state: 'declined', origin: 'processor', refund_id: null })
  stage.becomes(reference, 'succeeded')
  await stage.tell(reference)
  await stage.kontor.work()
  t.like((await stage.refundsOf(of))[0], { state: 'declined' })
})

test.serial('a name of ours that somebody copied, or that is none, is a stranger’s refund', async (t) => {
  const of = await atStripe()
  const own = await stage.refund(of, { amount_minor: 1_000 })
  for (const kontor_reference of [own.body.id, 'crf_nonsense']) {
    const reference = await stage.outside(of, 500)
    stage.becomes(reference, 'succeeded', { metadata: { kontor_reference } })
    await stage.tell(reference)
  }
  await stage.kontor.work()
  const refunds = await stage.refundsOf(of)
  t.deepEqual(refunds.map(({ origin, amount_minor }) => `${origin} ${amount_minor}`).sort(), [
    'processor 500',
    'processor 500',
    'request 1000',
  ])
})

test.serial('a processor that forgets our name tells of a stranger’s refund: the money is booked once', async (t) => {
  const of = await atStripe()
  stage.broken = (whole) => ({
    refund: async (request) => {
      const made = await whole.refund(request)
      const id = String(stage.sent(of)[0]?.id)
      stage.becomes(id, 'succeeded', { metadata: {} })
      await stage.tell(id)
      await stage.kontor.work()
      return made
    },
  })
  const { body } = await stage.refund(of, { amount_minor: 1_000 })
  t.like(body, { state: 'declined', decline: { code: 'known_as_another_refund' } })
  t.deepEqual((await stage.refundsOf(of)).map(({ origin, state }) => `${origin} ${state}`).sort(), [
    'processor succeeded',
    'request declined',
  ])
  t.like(await stage.payment(of), { refunded_minor: 1_000 })
})

test.serial('a refund of a charge that is not known to have taken money waits until it is', async (t) => {
  const of = await stage.chargeable()
  // Made, confirmed, and the answers lost: the charge is known by its id.
  stage.stripe.mishaps.push(...Array(4).fill(undefined), 'reset after')
  const { body: charge } = await stage.charge(of, { processor: 'stripe' })
  t.is(charge.state, 'unknown')
  const charged = { ...of, charge }
  const reference = await stage.outside(charged, 700)
  await stage.tell(reference)
  await stage.kontor.work()
  t.like(await stage.toldOf(reference), { state: 'received', failure: 'charge_not_paid_yet' })
  await stage.later()
  await stage.later()
  t.like((await stage.refundsOf(charged))[0], { state: 'succeeded', amount_minor: 700 })
})

test.serial('a refund in another currency cannot be one of this charge, and stays to be looked at', async (t) => {
  const of = await atStripe()
  const reference = await stage.outside(of, 700)
  stage.becomes(reference, 'succeeded', { currency: 'eur' })
  await stage.tell(reference)
  await stage.kontor.work()
  t.like(await stage.toldOf(reference), { state: 'received', failure: 'refund_unreadable' })
  t.deepEqual(await stage.refundsOf(of), [])
})
