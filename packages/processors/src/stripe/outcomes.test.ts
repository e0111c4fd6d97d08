import test from 'ava'
import fc from 'fast-check'
import { aPaymentIntent, aRefund, aSetupIntent } from '../testing/stripe-objects.ts'
import { chargeOutcome, refundOutcome, registerOutcome } from './outcomes.ts'

const MOVES = ['succeeded', 'authorized', 'pending', 'refunded', 'registered']

test('what is no PaymentIntent, Refund or SetupIntent never says that money moved', (t) => {
  fc.assert(
    fc.property(fc.object(), (object) => {
      for (const read of [chargeOutcome, refundOutcome, registerOutcome])
        t.false(MOVES.includes(read({ ...object } as never).outcome))
    }),
  )
})

test('a state that is not known yet is unknown, and keeps the id', (t) => {
  const status = 'of_tomorrow' as never
  const unread = { outcome: 'unknown', because: 'unreadable_answer' }
  t.deepEqual(chargeOutcome(aPaymentIntent('pi_1', { status })), { ...unread, reference: 'pi_1' } as never)
  t.deepEqual(refundOutcome(aRefund('re_1', { status })), { ...unread, reference: 're_1' } as never)
  t.deepEqual(registerOutcome(aSetupIntent('seti_1', { status })), { ...unread, reference: 'seti_1' } as never)
})

test('every state of a PaymentIntent has an outcome', (t) => {
  const outcomes = {
    requires_payment_method: 'created',
    requires_confirmation: 'created',
    requires_action: 'requires_action',
    processing: 'pending',
    requires_capture: 'authorized',
    succeeded: 'succeeded',
    canceled: 'cancelled',
  } as const
  for (const [status, outcome] of Object.entries(outcomes))
    t.is(chargeOutcome(aPaymentIntent('pi_1', { status: status as keyof typeof outcomes })).outcome, outcome)
})

test('a payer is sent over https, and nowhere else', (t) => {
  for (const url of ['javascript:alert(1)', 'http://bank.example/', 'data:text/html,hi', '/relative', '']) {
    const next_action = { type: 'redirect_to_url', redirect_to_url: { url, return_url: null } }
    const outcome = chargeOutcome(aPaymentIntent('pi_1', { status: 'requires_action', next_action }))
    t.like(outcome, { outcome: 'requires_action', action: { type: 'client_secret' } })
    const none = chargeOutcome(aPaymentIntent('pi_1', { status: 'requires_action', next_action, client_secret: null }))
    t.like(none, { outcome: 'unknown', reference: 'pi_1' })
  }
})

test('every state of a SetupIntent and of a Refund has an outcome', (t) => {
  const refunds = {
    pending: 'pending',
    requires_action: 'pending',
    succeeded: 'succeeded',
    failed: 'declined',
    canceled: 'cancelled',
  }
  for (const [status, outcome] of Object.entries(refunds))
    t.is(refundOutcome(aRefund('re_1', { status })).outcome, outcome as never)
  const setups = {
    processing: 'pending',
    requires_payment_method: 'declined',
    canceled: 'declined',
    requires_action: 'requires_action',
  } as const
  for (const [status, outcome] of Object.entries(setups))
    t.is(registerOutcome(aSetupIntent('seti_1', { status: status as keyof typeof setups })).outcome, outcome)
  t.is(registerOutcome(aSetupIntent('seti_1', { status: 'succeeded', payment_method: null })).outcome, 'unknown')
})
