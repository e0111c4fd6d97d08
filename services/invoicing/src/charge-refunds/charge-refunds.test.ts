import { AmountNotAccepted, memoryTestStore, type Processor, testProcessor } from '@kontor/processors'
import test from 'ava'
import { ProcessorNotConfigured } from '../processors/errors.ts'
import { instead } from '../testing/charge-stage.ts'
import { type RefundStage, refundStage } from '../testing/refund-stage.ts'

const whole = testProcessor({ store: memoryTestStore() })
/** What the processor does otherwise, until it does not any more. */
let changed: Partial<Processor> = {}
let stage: RefundStage
/** Without credentials, nobody can be asked. */
let configured = true
test.before(async () => {
  const through = instead(whole, {
    refund: (request) => (changed.refund ?? whole.refund)(request),
    retrieveRefund: (reference) => (changed.retrieveRefund ?? whole.retrieveRefund)(reference),
  })
  stage = await refundStage({
    processorOf: async () => {
      if (!configured) throw new ProcessorNotConfigured()
      return through
    },
  })
})
test.beforeEach(() => {
  changed = {}
  configured = true
})
test.after.always(() => stage.kontor.close())

test.serial('what a charge took goes back, and its invoice is open again', async (t) => {
  const of = await stage.charged()
  const { status, body } = await stage.refund(of, { reason: 'The goods came back' })
  t.like(
    { status, body },
    {
      status: 201,
      body: {
        state: 'succeeded',
        origin: 'request',
        charge_id: of.charge.id,
        payment_id: of.charge.payment_id,
        invoice_id: null,
        amount_minor: 216_200,
        unbooked_minor: 0,
        reason: 'The goods came back',
        decline: null,
        needs_attention: false,
        next_check_at: null,
      },
    },
  )
  t.regex(body.reference, /^test_refund_/)
  t.like(await stage.read(of), { payment_status: 'open', open_minor: 216_200 })
  const payment = await stage.payment(of)
  t.like(payment, { refunded_minor: 216_200, credit_minor: 0, allocations: [] })
  t.like(payment.refunds[0], {
    id: body.refund_id,
    kind: 'refund',
    amount_minor: 216_200,
    charge_refund_id: body.id,
    reverses_id: null,
    reference: body.reference,
    refunded_on: '2026-11-23',
  })
  t.deepEqual(await stage.stepsOf(of, body.id), ['claimed', 'sent refund', 'answered refund succeeded'])
  t.deepEqual(await stage.eventsOf(body.id), ['charge_refund.created', 'charge_refund.succeeded'])
  t.deepEqual(await stage.refundsOf(of), [body])
  t.deepEqual((await stage.kontor.call('GET', `/v1/charges/${of.charge.id}/refunds/${body.id}`)).body, body)
})

test.serial('it goes back in parts, and never more than was taken', async (t) => {
  const of = await stage.charged()
  t.like(await stage.refund(of, { amount_minor: 16_200 }), { status: 201 })
  t.like(await stage.refund(of, { amount_minor: 200_001 }), {
    status: 409,
    body: { code: 'refund_exceeds_charge', remaining_minor: 200_000, errors: [{ path: '/amount_minor' }] },
  })
  t.like(await stage.byHand(of, 'refunds', { amount_minor: 50_000, invoice_id: of.invoice.id }), { status: 201 })
  t.like(await stage.refund(of), { status: 201, body: { amount_minor: 150_000 } })
  for (const more of [{}, { amount_minor: 1 }]) {
    t.like(await stage.refund(of, more), { status: 409, body: { code: 'refund_exceeds_charge', remaining_minor: 0 } })
  }
  const url = `/v1/charges/${of.charge.id}/refunds?limit=1`
  const page = await stage.kontor.call('GET', url)
  t.true(page.body.has_more)
  const rest = await stage.kontor.call('GET', `${url}&after=${page.body.data[0].id}`)
  t.false(rest.body.has_more)
  t.is(page.body.data[0].amount_minor + rest.body.data[0].amount_minor, 166_200)
})

test.serial('what is left of the payment goes back first, and then what documents have of it', async (t) => {
  const of = await stage.charged()
  const payments = `/v1/payments/${of.charge.payment_id}`
  await stage.kontor.call('POST', `${payments}/unallocations`, { invoice_id: of.invoice.id, amount_minor: 1_000 })
  t.is((await stage.refund(of, { amount_minor: 900 })).status, 201)
  t.like(await stage.payment(of), { credit_minor: 100, refunded_minor: 900 })
  t.is((await stage.refund(of, { amount_minor: 300 })).status, 201)
  t.like(await stage.payment(of), { credit_minor: 0, refunded_minor: 1_200, allocated_minor: 215_000 })
  t.like(await stage.read(of), { open_minor: 1_200 })
})

test.serial('whose allocation goes back may be said', async (t) => {
  const of = await stage.charged()
  const payments = `/v1/payments/${of.charge.payment_id}`
  await stage.kontor.call('POST', `${payments}/unallocations`, { invoice_id: of.invoice.id, amount_minor: 1_000 })
  const invoice_id = of.invoice.id
  const more = await stage.refund(of, { invoice_id, amount_minor: 215_201 })
  t.like(more, { status: 409, body: { code: 'refund_exceeds_charge', remaining_minor: 215_200 } })
  t.like(await stage.refund(of, { invoice_id, amount_minor: 200 }), { status: 201, body: { invoice_id } })
  t.like(await stage.payment(of), { credit_minor: 1_000, allocated_minor: 215_000 })
  t.like(await stage.refund(of, { invoice_id }), { status: 201, body: { amount_minor: 215_000 } })
  const another = await stage.charged()
  const foreign = await stage.refund(of, { invoice_id: another.invoice.id })
  t.like(foreign, { status: 404, body: { code: 'not_found' } })
})

test.serial('an invoice that lost the allocation meanwhile does not keep the money from going', async (t) => {
  const of = await stage.charged({ amount_minor: 66_632 })
  const invoice_id = of.invoice.id
  t.like(await stage.refund(of, { invoice_id }), { status: 201, body: { state: 'pending' } })
  const payments = `/v1/payments/${of.charge.payment_id}`
  await stage.kontor.call('POST', `${payments}/unallocations`, { invoice_id, amount_minor: 66_632 })
  await stage.later()
  t.like((await stage.refundsOf(of))[0], { state: 'succeeded', unbooked_minor: 0 })
  t.like(await stage.payment(of), { credit_minor: 0, refunded_minor: 66_632 })
})

test.serial('one that is decided later keeps its amount, and goes when the processor says so', async (t) => {
  const of = await stage.charged({ amount_minor: 66_632 })
  const asked = await stage.refund(of, { amount_minor: 60_000 })
  t.like(asked, { status: 201, body: { state: 'pending', refund_id: null } })
  t.truthy(asked.body.next_check_at)
  t.like(await stage.payment(of), { refunded_minor: 0 })
  t.like(await stage.refund(of, { amount_minor: 6_633 }), { status: 409, body: { remaining_minor: 6_632 } })
  t.like(await stage.byHand(of, 'refunds', { amount_minor: 6_633, invoice_id: of.invoice.id }), {
    status: 409,
    body: { code: 'refund_exceeds_charge', remaining_minor: 6_632 },
  })
  await stage.later()
  const [refund] = await stage.refundsOf(of)
  t.like(refund, { state: 'succeeded', next_check_at: null })
  t.deepEqual(await stage.stepsOf(of, refund.id), [
    'claimed',
    'sent refund',
    'answered refund pending',
    'answered retrieve succeeded',
  ])
  t.deepEqual(await stage.eventsOf(refund.id), [
    'charge_refund.created',
    'charge_refund.pending',
    'charge_refund.succeeded',
  ])
  t.like(await stage.payment(of), { refunded_minor: 60_000 })
  await stage.later()
  t.is((await stage.payment(of)).refunds.length, 1)
})

test.serial('a chargeback in between leaves less than has gone: that is kept, shown, and in no balance', async (t) => {
  for (const [taken, booked] of [
    [50_000, 16_632],
    [66_632, 0],
  ] as const) {
    const of = await stage.charged({ amount_minor: 66_632 })
    await stage.refund(of)
    t.is((await stage.byHand(of, 'chargebacks', { amount_minor: taken })).status, 201)
    await stage.later()
    const [refund] = await stage.refundsOf(of)
    t.like(refund, { state: 'succeeded', amount_minor: 66_632, unbooked_minor: taken, needs_attention: true })
    t.is(refund.refund_id === null, booked === 0)
    t.like(await stage.payment(of), { refunded_minor: 66_632, credit_minor: 0 })
    const { body } = await stage.kontor.call('GET', `/v1/accounts/${of.invoice.account_id}/balance`)
    t.like(body.balances[0], { open_minor: 216_200, credit_minor: 0, balance_minor: 216_200 })
    t.like(await stage.refund(of), { status: 409, body: { code: 'refund_exceeds_charge', remaining_minor: 0 } })
  }
})

test.serial('one that is declined frees its amount', async (t) => {
  const of = await stage.charged({ amount_minor: 66_631 })
  const declined = await stage.refund(of)
  t.like(declined, {
    status: 201,
    body: { state: 'declined', decline: { reason: 'not_refundable', soft: false }, refund_id: null },
  })
  t.is((await stage.byHand(of, 'refunds', { amount_minor: 66_631, invoice_id: of.invoice.id })).status, 201)
})

test.serial('only what took money can be refunded', async (t) => {
  for (const [amount_minor, state] of [
    [66_601, 'declined'],
    [66_611, 'requires_action'],
  ] as const) {
    const of = await stage.chargeable()
    const { body: charge } = await stage.charge(of, { amount_minor })
    t.like(await stage.refund({ ...of, charge }), {
      status: 409,
      body: { code: 'invalid_transition', from: state, to: 'refunded', allowed: [] },
    })
  }
})

test.serial('what was certainly not sent is a refusal, frees its amount, and is sent by the repetition', async (t) => {
  const of = await stage.charged()
  const key = 'not-sent-at-first'
  changed = { refund: async () => ({ outcome: 'not_sent', because: 'unreachable' }) }
  const refused = await stage.refund(of, { amount_minor: 200_000 }, { key })
  t.like(refused, { status: 502, body: { code: 'processor_not_reached' } })
  t.like((await stage.refundsOf(of))[0], { id: refused.body.charge_refund_id, state: 'not_sent' })
  changed = {}
  t.is((await stage.byHand(of, 'refunds', { amount_minor: 16_201, invoice_id: of.invoice.id })).status, 201)
  const tooMuch = await stage.refund(of, { amount_minor: 200_000 }, { key })
  t.like(tooMuch, { status: 409, body: { code: 'refund_exceeds_charge', remaining_minor: 199_999 } })
  const again = await stage.charged()
  changed = { refund: async () => ({ outcome: 'not_sent', because: 'unreachable' }) }
  await stage.refund(again, {}, { key })
  changed = {}
  const sent = await stage.refund(again, {}, { key })
  t.like(sent, { status: 201, body: { state: 'succeeded' } })
  t.deepEqual(await stage.stepsOf(again, sent.body.id), [
    'claimed',
    'sent refund',
    'answered refund not_sent',
    'sent refund',
    'answered refund succeeded',
  ])
})

test.serial('the same request is the same refund; another one under its key is none', async (t) => {
  const of = await stage.charged()
  const key = 'one-refund-of-two'
  const first = await stage.refund(of, { amount_minor: 1_000 }, { key })
  const again = await stage.refund(of, { amount_minor: 1_000 }, { key })
  t.is(again.status, 201)
  t.deepEqual(again.body, first.body)
  t.is(again.headers['idempotent-replayed'], 'true')
  const other = await stage.refund(of, { amount_minor: 1_001 }, { key })
  t.like(other, { status: 422, body: { code: 'idempotency_mismatch' } })
  t.is((await stage.refundsOf(of)).length, 1)
})

test.serial('an amount that the processor does not count so is declined before anything is sent', async (t) => {
  const of = await stage.charged()
  changed = {
    refund: async () => {
      throw new AmountNotAccepted('it counts in whole units')
    },
  }
  t.like(await stage.refund(of, { amount_minor: 1 }), {
    status: 201,
    body: { state: 'declined', decline: { reason: 'invalid_request', code: 'amount_not_accepted' } },
  })
})

test.serial('without credentials nothing is written down, and what waits goes on waiting', async (t) => {
  const of = await stage.charged({ amount_minor: 66_632 })
  configured = false
  const before = await stage.kontor.state()
  t.like(await stage.refund(of), { status: 422, body: { code: 'processor_not_configured' } })
  t.deepEqual(await stage.kontor.state(), before)
  configured = true
  await stage.refund(of)
  configured = false
  await stage.later()
  t.like((await stage.refundsOf(of))[0], { state: 'pending', needs_attention: false })
  configured = true
  await stage.later()
  t.like((await stage.refundsOf(of))[0], { state: 'succeeded' })
})

test.serial('what is not there, is another charge’s, or holds a card number, is refused', async (t) => {
  const [of, other] = [await stage.charged(), await stage.charged()]
  const { body } = await stage.refund(of, { amount_minor: 1 })
  const gone = '01h455vb4pex5vsknk084sn02q'
  const { call } = stage.kontor
  for (const [method, url] of [
    ['POST', `/v1/charges/chg_${gone}/refunds`],
    ['GET', `/v1/charges/chg_${gone}/refunds`],
    ['GET', `/v1/charges/${of.charge.id}/refunds/crf_${gone}`],
    ['GET', `/v1/charges/${other.charge.id}/refunds/${body.id}`],
    ['GET', `/v1/charges/${other.charge.id}/refunds/${body.id}/steps`],
  ] as const) {
    t.like(await call(method, url, method === 'POST' ? {} : undefined), { status: 404 }, url)
  }
  const as = await stage.kontor.apiKey('admin', { mode: 'live' })
  t.is((await stage.refund(of, {}, { as })).status, 404)
  t.is((await call('GET', `/v1/charges/${of.charge.id}/refunds/${body.id}`, undefined, { as })).status, 404)
  const sensitive = await stage.refund(of, { reason: 'Card 4242 4242 4242 4242' })
  t.like(sensitive, { status: 422, body: { code: 'sensitive_text' } })
  for (const wrong of [{ amount_minor: 0 }, { amount_minor: -1 }, { reason: '' }, { to: 'me' }]) {
    t.is((await stage.refund(of, wrong)).status, 400)
  }
  const seller = await stage.kontor.apiKey('checkout')
  t.like(await stage.refund(of, {}, { as: seller }), { status: 403, body: { code: 'scope_missing' } })
})
