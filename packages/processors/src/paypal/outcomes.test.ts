import test from 'ava'
import fc from 'fast-check'
import { eur } from '../testing/processors.ts'
import { authorizationOutcome, captureOutcome, orderOutcome, refundOutcome, refusalOf } from './outcomes.ts'

const amount = { currency_code: 'EUR', value: '1.00' }
const order = (captures: object[], status = 'COMPLETED') => ({
  id: 'O1',
  status,
  purchase_units: [{ amount, payments: { captures } }],
})

test('what is no order, capture, authorization or refund never says that money moved', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.object(), fc.anything()), (value) => {
      for (const outcome of [
        orderOutcome(value),
        captureOutcome(value, 'O1'),
        authorizationOutcome(value, 'O1'),
        refundOutcome(value),
      ])
        t.false(['succeeded', 'authorized', 'pending'].includes(outcome.outcome))
    }),
  )
})

test('of several captures of an order the one that took money counts', (t) => {
  const [declined, pending, completed] = ['DECLINED', 'PENDING', 'COMPLETED'].map((status, i) => ({
    id: `C${i}`,
    status,
    amount,
  }))
  if (!declined || !pending || !completed) return t.fail()
  t.like(orderOutcome(order([declined])), { outcome: 'declined' })
  t.like(orderOutcome(order([declined, pending])), { outcome: 'pending', movement: 'C1' })
  t.like(orderOutcome(order([completed, declined])), { outcome: 'succeeded', movement: 'C2', amount: eur(100n) })
})

test('every state of an order, a capture, an authorization and a refund has an outcome', (t) => {
  const link = { rel: 'payer-action', href: 'https://www.paypal.com/checkoutnow?token=O1' }
  for (const [status, outcome] of [
    ['CREATED', 'created'],
    ['SAVED', 'created'],
    ['APPROVED', 'created'],
    ['VOIDED', 'cancelled'],
    ['PAYER_ACTION_REQUIRED', 'requires_action'],
    ['COMPLETED', 'unknown'],
    ['OF_TOMORROW', 'unknown'],
  ])
    t.like(orderOutcome({ id: 'O1', status, purchase_units: [{ amount }], links: [link] }), {
      outcome,
      reference: 'O1',
    } as never)
  for (const [status, outcome] of [
    ['COMPLETED', 'succeeded'],
    ['PARTIALLY_REFUNDED', 'succeeded'],
    ['REFUNDED', 'succeeded'],
    ['PENDING', 'pending'],
    ['DECLINED', 'declined'],
    ['FAILED', 'declined'],
    ['OF_TOMORROW', 'unknown'],
  ])
    t.is(captureOutcome({ id: 'C1', status, amount }, 'O1').outcome, outcome as never)
  for (const [status, outcome] of [
    ['CREATED', 'authorized'],
    ['PENDING', 'pending'],
    ['VOIDED', 'cancelled'],
    ['DENIED', 'declined'],
    ['CAPTURED', 'unknown'],
  ])
    t.is(authorizationOutcome({ id: 'A1', status, amount }, 'O1').outcome, outcome as never)
  for (const [status, outcome] of [
    ['COMPLETED', 'succeeded'],
    ['PENDING', 'pending'],
    ['CANCELLED', 'cancelled'],
    ['FAILED', 'declined'],
    ['OF_TOMORROW', 'unknown'],
  ])
    t.is(refundOutcome({ id: 'R1', status, amount }).outcome, outcome as never)
})

test('a payer is sent over https, and nowhere else', (t) => {
  for (const href of ['javascript:alert(1)', 'http://paypal.example/', 'data:text/html,hi', 7]) {
    const links = [{ rel: 'payer-action', href }]
    t.is(orderOutcome({ id: 'O1', status: 'PAYER_ACTION_REQUIRED', links }).outcome, 'unknown')
  }
})

test('a refusal is definite only where PayPal itself says so', (t) => {
  const body = { name: 'UNPROCESSABLE_ENTITY', details: [{ issue: 'PAYER_CANNOT_PAY' }] }
  t.is(refusalOf({ status: 200, body: {} }), undefined)
  for (const [status, given, outcome] of [
    [422, body, { outcome: 'declined', reason: 'declined', code: 'PAYER_CANNOT_PAY' }],
    [422, {}, { outcome: 'unknown', because: 'unreadable_answer' }],
    [400, { error: 'no' }, { outcome: 'unknown', because: 'unreadable_answer' }],
    [403, { name: 'NOT_AUTHORIZED' }, { outcome: 'declined', reason: 'merchant_restricted' }],
    [404, { name: 'RESOURCE_NOT_FOUND' }, { outcome: 'declined', reason: 'not_found' }],
    [409, {}, { outcome: 'unknown', because: 'in_progress' }],
    [
      422,
      { ...body, details: [{ issue: 'ORDER_COMPLETION_IN_PROGRESS' }] },
      { outcome: 'unknown', because: 'in_progress' },
    ],
    [302, body, { outcome: 'unknown', because: 'unreadable_answer' }],
    [500, body, { outcome: 'unknown', because: 'processor_error' }],
  ] as const)
    t.like(refusalOf({ status, body: given }), outcome as never)
})
