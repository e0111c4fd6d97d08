import test from 'ava'
import Stripe from 'stripe'
import { atStripe, eur, NOW_MS, WEBHOOK_SECRET } from '../testing/processors.ts'
import { aPaymentIntent, aRefund } from '../testing/stripe-objects.ts'
import type { Subject } from '../webhook.ts'

const stripe = new Stripe('sk_test_unused')
const TYPE = 'payment_intent.succeeded'
const paid = aPaymentIntent('pi_1', { amount: 1000, amount_received: 1000, status: 'succeeded', latest_charge: 'ch_1' })

function event(type: string, object: object): string {
  return JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type,
    created: 1_795_867_200,
    livemode: false,
    data: { object },
  })
}

interface Signing {
  readonly secret?: string
  readonly ageS?: number
  readonly sent?: string
}

function delivery(payload: string, { secret = WEBHOOK_SECRET, ageS = 0, sent = payload }: Signing = {}) {
  const timestamp = NOW_MS / 1000 - ageS
  const signature = stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp })
  return { rawBody: Buffer.from(sent), headers: { 'stripe-signature': signature } }
}

test('a delivery of Stripe is proved, and says what became of a charge', async (t) => {
  const { processor, fake } = await atStripe(t)
  t.deepEqual(await processor.verifyWebhook(delivery(event(TYPE, paid))), {
    outcome: 'verified',
    event: {
      id: 'evt_1',
      type: TYPE,
      occurredAt: new Date(1_795_867_200_000),
      subject: {
        kind: 'charge',
        charge: { outcome: 'succeeded', reference: 'pi_1', movement: 'ch_1', amount: eur(1000n) },
      },
    },
  })
  t.is(fake.received.length, 0, 'nobody is asked')
})

test('while a secret is being replaced, either is taken', async (t) => {
  const { processor } = await atStripe(t, { webhookSecrets: ['whsec_new', WEBHOOK_SECRET] })
  t.like(await processor.verifyWebhook(delivery(event(TYPE, paid))), { outcome: 'verified' })
  t.like(await processor.verifyWebhook(delivery(event(TYPE, paid), { secret: 'whsec_new' })), { outcome: 'verified' })
})

test('what is forged, changed, late or not an event is refused', async (t) => {
  const { processor } = await atStripe(t)
  const body = event(TYPE, paid)
  const rows = [
    [delivery(body, { secret: 'whsec_other' }), 'bad_signature'],
    [delivery(body, { sent: body.replace('1000', '9000') }), 'bad_signature'],
    [delivery(body, { sent: JSON.stringify(JSON.parse(body), null, 1) }), 'bad_signature'],
    [{ ...delivery(body), headers: {} }, 'bad_signature'],
    [{ ...delivery(body), headers: { 'stripe-signature': ['t=1', 'v1=2'] } }, 'bad_signature'],
    [{ ...delivery(body), headers: { 'stripe-signature': 'nonsense' } }, 'bad_signature'],
    [delivery(body, { ageS: 301 }), 'too_old'],
    [delivery(body.replace('"livemode":false', '"livemode":true')), 'wrong_mode'],
    [delivery(body.replace('"livemode":false', '"livemode":""')), 'wrong_mode'],
    [delivery('{"id":'), 'malformed'],
    [delivery('{"id":1,"type":"a","created":1,"livemode":false,"data":{"object":{}}}'), 'malformed'],
    [delivery('[]'), 'wrong_mode'],
    [delivery('null'), 'malformed'],
    [delivery('x'.repeat(1_048_577)), 'too_large'],
  ] as const
  for (const [given, because] of rows)
    t.deepEqual(await processor.verifyWebhook(given), { outcome: 'refused', because })
  t.like(await processor.verifyWebhook(delivery(body, { ageS: 299 })), { outcome: 'verified' })
})

test('an event is about a charge, a refund, a dispute, a registration, or something that is kept', async (t) => {
  const { processor } = await atStripe(t)
  const refund = aRefund('re_1', { amount: 300, charge: 'ch_1', payment_intent: 'pi_1' })
  const dispute = {
    id: 'dp_1',
    object: 'dispute',
    charge: 'ch_1',
    payment_intent: 'pi_1',
    amount: 1000,
    currency: 'eur',
    reason: 'fraudulent',
  }
  const rows: [type: string, object: object, subject: unknown][] = [
    [
      'payment_intent.payment_failed',
      { ...paid, status: 'requires_payment_method', last_payment_error: { code: 'expired_card' } },
      {
        kind: 'charge',
        charge: { outcome: 'declined', reason: 'expired_card', soft: false, code: 'expired_card', reference: 'pi_1' },
      },
    ],
    [
      'payment_intent.new_state',
      { ...paid, status: 'of_tomorrow' },
      { kind: 'charge', charge: { outcome: 'unknown', because: 'unreadable_answer', reference: 'pi_1' } },
    ],
    [
      'refund.updated',
      refund,
      {
        kind: 'refund',
        charge: 'pi_1',
        refund: { outcome: 'succeeded', reference: 're_1', movement: 'ch_1', amount: eur(300n) },
      },
    ],
    [
      'charge.refund.updated',
      { ...refund, status: 'failed', failure_reason: 'expired_or_canceled_card' },
      {
        kind: 'refund',
        charge: 'pi_1',
        refund: {
          outcome: 'declined',
          amount: eur(300n),
          reason: 'not_refundable',
          soft: false,
          code: 'expired_or_canceled_card',
          reference: 're_1',
        },
      },
    ],
    ...(['needs_response', 'under_review', 'won', 'lost'] as const).map((status): [string, object, Subject] => [
      'charge.dispute.updated',
      { ...dispute, status },
      { kind: 'dispute', dispute: 'dp_1', state: status, charge: 'pi_1', amount: eur(1000n), reason: 'fraudulent' },
    ]),
    ['charge.dispute.created', { ...dispute, status: 'of_tomorrow' }, { kind: 'other' }],
    ['setup_intent.succeeded', { id: 'seti_1' }, { kind: 'registration', registration: 'seti_1' }],
    ['plan.created', { id: 'price_1' }, { kind: 'other' }],
  ]
  for (const [type, object, subject] of rows) {
    const verified = await processor.verifyWebhook(delivery(event(type, object)))
    t.deepEqual(verified.outcome === 'verified' ? verified.event.subject : verified, subject as never, type)
  }
})
