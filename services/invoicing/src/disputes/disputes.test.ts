import { parseId } from '@kontor/ids'
import test from 'ava'
import { type DisputeStage, disputeStage, PAYABLE, stepsOf } from '../testing/dispute-stage.ts'

let stage: DisputeStage
test.before(async () => {
  stage = await disputeStage()
})
test.after.always(() => stage.close())

test.serial('Stripe takes the money when a dispute is opened, once whatever it tells afterwards', async (t) => {
  const of = await stage.charge('stripe')
  const dispute = stage.newDispute()
  await stage.byStripe(dispute, of, 'warning_needs_response', 0)
  await stage.work()
  t.like(await of.dispute(), { state: 'inquiry', reference: dispute, needs_attention: false })
  t.like(await of.invoice(), { payment_status: 'paid' })
  for (const [status, hour] of [
    ['needs_response', 1],
    ['needs_response', 1],
    ['under_review', 2],
    ['lost', 3],
    ['lost', 4],
  ] as const) {
    await stage.byStripe(dispute, of, status, hour)
    await stage.work()
    t.like(await of.invoice(), { open_minor: PAYABLE, paid_minor: 0 }, status)
  }
  const shown = await of.dispute()
  t.like(shown, {
    state: 'lost',
    account_id: of.accountId,
    charge_id: of.id,
    processor: 'stripe',
    amount_minor: PAYABLE,
    currency: 'CHF',
    reason: 'fraudulent',
    missing_minor: 0,
    needs_attention: false,
    version: 4,
  })
  t.deepEqual(stepsOf(shown), ['inquiry –', `needs_response ${PAYABLE}`, 'under_review –', 'lost –'])
  t.deepEqual(await of.events(), [
    'dispute.opened 1',
    'dispute.needs_response 2',
    'dispute.under_review 3',
    'dispute.lost 4',
  ])
  t.like(await of.payment(), { refunded_minor: PAYABLE, allocated_minor: 0, credit_minor: 0 })
  const [refund] = await stage.kontor.sql(
    'select kind, reference, refunded_on::text from refund where payment_id = $1',
    [parseId('pay', of.paymentId)],
  )
  t.deepEqual(refund, { kind: 'chargeback', reference: dispute, refunded_on: '2026-11-23' })
  t.is(await of.balance(), PAYABLE)
})

test.serial('what is won comes back as a payment, and the invoice that had lost it is paid again', async (t) => {
  const of = await stage.charge('stripe')
  const dispute = stage.newDispute()
  await stage.byStripe(dispute, of, 'needs_response', 1)
  await stage.work()
  t.is(await of.balance(), PAYABLE)
  for (const hour of [2, 3]) {
    await stage.byStripe(dispute, of, 'won', hour)
    await stage.work()
  }
  t.like(await of.invoice(), { payment_status: 'paid', open_minor: 0 })
  const shown = await of.dispute()
  t.deepEqual(stepsOf(shown), [`needs_response ${PAYABLE}`, `won ${PAYABLE} back`])
  const back = (await stage.kontor.call('GET', `/v1/payments/${shown.steps[1].payment_id}`)).body
  t.like(back, { amount_minor: PAYABLE, currency: 'CHF', reference: dispute, method: 'card', charge_id: null })
  t.is(await of.balance(), 0)
  await stage.byStripe(dispute, of, 'lost', 5)
  await stage.work()
  t.like(await of.dispute(), { state: 'lost', needs_attention: true, version: 3 })
  t.like(await of.invoice(), { open_minor: 0 }, 'what was taken a second time is for a person')
})

test.serial('an invoice that was paid otherwise meanwhile gets nothing again: what comes back is credit', async (t) => {
  const of = await stage.charge('stripe')
  const dispute = stage.newDispute()
  await stage.byStripe(dispute, of, 'needs_response', 1)
  await stage.work()
  const { id } = await of.invoice()
  const paid = await stage.kontor.call('POST', '/v1/payments', {
    invoice_id: id,
    amount_minor: PAYABLE - 200,
    currency: 'CHF',
    method: 'bank_transfer',
    received_on: '2026-11-22',
  })
  t.is(paid.status, 201, JSON.stringify(paid.body))
  await stage.byStripe(dispute, of, 'won', 2)
  await stage.work()
  t.like(await of.invoice(), { open_minor: 0 })
  const { steps: all } = await of.dispute()
  const back = (await stage.kontor.call('GET', `/v1/payments/${all[1].payment_id}`)).body
  t.like(back, { allocated_minor: 200, credit_minor: PAYABLE - 200 })
  t.is(await of.balance(), 200 - PAYABLE)
})

test.serial('the latest word counts, in whatever order and by however many at once it is learnt', async (t) => {
  const of = await stage.charge('stripe')
  const dispute = stage.newDispute()
  await stage.byStripe(dispute, of, 'won', 9)
  await stage.work()
  t.deepEqual(stepsOf(await of.dispute()), ['won –'])
  await stage.byStripe(dispute, of, 'needs_response', 1)
  await stage.byStripe(dispute, of, 'under_review', 9)
  await stage.work()
  t.deepEqual(stepsOf(await of.dispute()), ['won –'])
  t.deepEqual(await of.events(), ['dispute.opened 1'])
  t.like(await of.invoice(), { payment_status: 'paid' })

  const other = await stage.charge('stripe')
  const second = stage.newDispute()
  const told = Array.from({ length: 8 }, (_, hour) =>
    stage.byStripe(second, other, hour % 2 ? 'lost' : 'needs_response', hour),
  )
  await Promise.all(told)
  await Promise.all([stage.work(), stage.work(), stage.work()])
  await stage.later()
  t.like(await other.payment(), { refunded_minor: PAYABLE })
  t.is((await other.disputes()).length, 1)
  t.like(await other.dispute(), { state: 'lost', needs_attention: false })
  t.is((await other.dispute()).steps.filter(({ chargeback_id }: { chargeback_id: string }) => chargeback_id).length, 1)
})

test.serial('of what went back before only the rest is taken, and what exceeds it is for a person', async (t) => {
  for (const [refunded, more, taken, missing] of [
    [100_000, {}, PAYABLE - 100_000, 100_000],
    [PAYABLE, {}, null, PAYABLE],
    [0, { amount: PAYABLE + 5 }, PAYABLE, 5],
    [0, { amount: 700 }, 700, 0],
    [0, { currency: 'eur' }, null, 0],
  ] as const) {
    const of = await stage.charge('stripe')
    const { id } = await of.invoice()
    if (refunded > 0) {
      const body = { amount_minor: refunded, refunded_on: '2026-11-22', invoice_id: id }
      t.is((await stage.kontor.call('POST', `/v1/payments/${of.paymentId}/refunds`, body)).status, 201)
    }
    const dispute = stage.newDispute()
    await stage.byStripe(dispute, of, 'needs_response', 1, more)
    await stage.byStripe(dispute, of, 'lost', 2, more)
    await stage.work()
    const shown = await of.dispute()
    const attention = missing > 0 || 'currency' in more
    t.like(shown, {
      missing_minor: missing,
      needs_attention: attention,
      amount_minor: 'amount' in more ? more.amount : PAYABLE,
    })
    t.deepEqual(
      shown.steps.flatMap(({ amount_minor }: { amount_minor: number | null }) => amount_minor ?? []),
      taken === null ? [] : [taken],
    )
    t.like(await of.payment(), { refunded_minor: refunded + (taken ?? 0) })
    t.is(await of.balance(), refunded + (taken ?? 0))
    await stage.byStripe(dispute, of, 'won', 3, more)
    await stage.work()
    t.like(await of.dispute(), { missing_minor: 0, needs_attention: false })
    t.is(await of.balance(), refunded)
  }
})

test.serial('a dispute that grows after its money was taken is for a person', async (t) => {
  const of = await stage.charge('stripe')
  const dispute = stage.newDispute()
  await stage.byStripe(dispute, of, 'needs_response', 1, { amount: 500 })
  await stage.work()
  await stage.byStripe(dispute, of, 'needs_response', 2, { amount: 600 })
  await stage.work()
  t.like(await of.dispute(), { amount_minor: 600, needs_attention: true, version: 2 })
  t.deepEqual(await of.events(), ['dispute.opened 1', 'dispute.needs_response 2'])
  t.like(await of.payment(), { refunded_minor: 500 })
})

test.serial('two disputes of one charge take no more than there was', async (t) => {
  const of = await stage.charge('stripe')
  await Promise.all([
    stage.byStripe(stage.newDispute(), of, 'lost', 1),
    stage.byStripe(stage.newDispute(), of, 'lost', 1),
  ])
  await Promise.all([stage.work(), stage.work()])
  await stage.later()
  const all = await of.disputes()
  t.deepEqual(all.map(({ missing_minor }: { missing_minor: number }) => missing_minor).sort(), [0, PAYABLE])
  t.like(await of.payment(), { refunded_minor: PAYABLE })
})

test.serial('PayPal takes the money when it decides for the buyer, and not before', async (t) => {
  const of = await stage.charge('paypal')
  await stage.byPaypal('PP-D-1', of, 'OPEN', undefined, 1)
  await stage.byPaypal('PP-D-1', of, 'UNDER_REVIEW', undefined, 2)
  await stage.work()
  t.like(await of.dispute(), { state: 'under_review', processor: 'paypal', amount_minor: PAYABLE })
  t.like(await of.invoice(), { payment_status: 'paid' })
  await stage.byPaypal('PP-D-1', of, 'RESOLVED', 'RESOLVED_BUYER_FAVOUR', 3)
  await stage.work()
  t.like(await of.dispute(), { state: 'lost', reason: 'MERCHANDISE_OR_SERVICE_NOT_RECEIVED' })
  t.like(await of.invoice(), { open_minor: PAYABLE })
  await stage.byPaypal('PP-D-1', of, 'RESOLVED', 'RESOLVED_SELLER_FAVOUR', 4)
  await stage.work()
  t.like(await of.invoice(), { payment_status: 'paid' })
  t.is(await of.balance(), 0)

  const paidOut = await stage.charge('paypal')
  await stage.byPaypal('PP-D-2', paidOut, 'RESOLVED', 'RESOLVED_WITH_PAYOUT', 1)
  await stage.work()
  t.like(await paidOut.dispute(), { state: 'closed' })
  t.like(await paidOut.invoice(), { payment_status: 'paid' })
})
