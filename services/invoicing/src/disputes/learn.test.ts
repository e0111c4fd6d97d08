import { parseId } from '@kontor/ids'
import test from 'ava'
import { holdingPayments } from '../balances/held-payment.ts'
import { ledger } from '../balances/ledger.ts'
import { receiving } from '../payments/receive.ts'
import { settling } from '../proformas/settle.ts'
import { type DisputeStage, disputeStage, PAYABLE, stepsOf } from '../testing/dispute-stage.ts'
import { isNews, whereaboutsOf } from './dispute.ts'
import { learningOfDisputes } from './learn.ts'

let stage: DisputeStage
test.before(async () => {
  stage = await disputeStage()
})
test.after.always(() => stage.close())

test('of one moment a decision is the later word; otherwise the clock of the processor decides', (t) => {
  const [early, late] = [new Date(1_000), new Date(2_000)]
  t.false(isNews({ state: 'needs_response', occurred_at: late }, { state: 'lost', occurredAt: early }))
  t.true(isNews({ state: 'lost', occurred_at: early }, { state: 'needs_response', occurredAt: late }))
  t.true(isNews({ state: 'needs_response', occurred_at: late }, { state: 'won', occurredAt: late }))
  t.false(isNews({ state: 'won', occurred_at: late }, { state: 'under_review', occurredAt: late }))
})

test('PayPal holds the money until it has decided, and Stripe takes it when a dispute is opened', (t) => {
  const STATES = ['inquiry', 'needs_response', 'under_review', 'lost', 'won', 'closed'] as const
  t.deepEqual(
    STATES.map((state) => whereaboutsOf('paypal', state)),
    ['unchanged', 'unchanged', 'unchanged', 'taken', 'ours', 'unchanged'],
  )
  t.deepEqual(
    STATES.map((state) => whereaboutsOf('stripe', state)),
    ['unchanged', 'taken', 'taken', 'taken', 'ours', 'unchanged'],
  )
})

test('whoever learns late or again changes nothing, and fails at nothing', async (t) => {
  const { deps, tenantId } = stage.kontor
  const book = ledger(deps, settling(deps))
  const learn = learningOfDisputes(deps, { hold: holdingPayments(book), receive: receiving(deps, book) })
  const of = await stage.charge('stripe')
  const at = Date.parse('2026-11-23T12:00:00Z')
  const say = (state: 'needs_response' | 'lost' | 'won', hour: number) =>
    learn(
      { tenantId, mode: 'test' },
      'stripe',
      {
        dispute: 'dp_direct',
        state,
        occurredAt: new Date(at + hour * 3_600_000),
        amount: { minor: BigInt(PAYABLE), currency: 'CHF' },
      },
      of.reference,
    )
  await say('needs_response', 2)
  await say('won', 1)
  t.deepEqual(stepsOf(await of.dispute()), [`needs_response ${PAYABLE}`])
  await Promise.all([say('won', 3), say('won', 3), say('won', 4)])
  await say('won', 5)
  await say('lost', 3)
  t.deepEqual(stepsOf(await of.dispute()), [`needs_response ${PAYABLE}`, `won ${PAYABLE} back`])
  const payments = await stage.kontor.sql('select id from payment where account_id = $1', [
    parseId('acc', of.accountId),
  ])
  t.is(payments.length, 2)
})
