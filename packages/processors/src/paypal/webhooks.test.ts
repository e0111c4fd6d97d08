import test from 'ava'
import { atPaypal, eur } from '../testing/processors.ts'

const SIGNATURE = 'kDSKfoBfHcKnp3zkFPEmHVdKp0ykTXMwEA9OYZqJ7wz0YKP3=='

const HEADERS = {
  'paypal-auth-algo': 'SHA256withRSA',
  'paypal-cert-url': 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594',
  'paypal-transmission-id': 'a8e1b5f0-6a3d-11ef-b1a6-1f2d3c4b5a69',
  'paypal-transmission-sig': SIGNATURE,
  'paypal-transmission-time': '2026-11-28T12:00:00Z',
}

const captured = {
  id: 'C1',
  status: 'COMPLETED',
  amount: { currency_code: 'EUR', value: '10.00' },
  supplementary_data: { related_ids: { order_id: 'O1' } },
}

const event = (type: string, resource: object) =>
  JSON.stringify({ id: 'WH-1', event_type: type, create_time: '2026-11-28T12:00:00Z', resource })

test('a delivery of PayPal is proved by PayPal, and says what became of a charge', async (t) => {
  const { processor, fake } = await atPaypal(t)
  fake.signatures.add(SIGNATURE)
  t.deepEqual(
    await processor.verifyWebhook({
      rawBody: Buffer.from(event('PAYMENT.CAPTURE.COMPLETED', captured)),
      headers: HEADERS,
    }),
    {
      outcome: 'verified',
      event: {
        id: 'WH-1',
        type: 'PAYMENT.CAPTURE.COMPLETED',
        occurredAt: new Date('2026-11-28T12:00:00Z'),
        subject: {
          kind: 'charge',
          charge: { outcome: 'succeeded', reference: 'O1', movement: 'C1', amount: eur(1000n) },
        },
      },
    },
  )
})

test('the event goes to PayPal as it came, to the byte', async (t) => {
  const { processor, fake } = await atPaypal(t)
  fake.signatures.add(SIGNATURE)
  const text =
    '{ "id":"WH-1",\n "event_type" : "A.B", "create_time":"2026-11-28T12:00:00Z", "resource":{"n":1.0,"e":1e2,"u":"\\u00e4\u00e4","a":1,"a":2} }'
  t.like(await processor.verifyWebhook({ rawBody: Buffer.from(text), headers: HEADERS }), { outcome: 'verified' })
  t.true(fake.received.at(-1)?.body.endsWith(`,"webhook_event":${text}}`))
})

test('what is forged or not an event is refused, and where the headers say so already, nobody is asked', async (t) => {
  const { processor, fake } = await atPaypal(t)
  fake.signatures.add(SIGNATURE)
  const rawBody = Buffer.from(event('PAYMENT.CAPTURE.COMPLETED', captured))
  const unasked = [
    [{ rawBody, headers: {} }, 'bad_signature'],
    [{ rawBody, headers: { ...HEADERS, 'paypal-cert-url': 'https://paypal.com.example.org/cert' } }, 'bad_signature'],
    [{ rawBody, headers: { ...HEADERS, 'paypal-cert-url': 'http://api.paypal.com/cert/x' } }, 'bad_signature'],
    [{ rawBody, headers: { ...HEADERS, 'paypal-transmission-sig': [SIGNATURE] } }, 'bad_signature'],
    [{ rawBody: Buffer.from('{"id":"WH-1"},"webhook_id":"mine"'), headers: HEADERS }, 'malformed'],
    [{ rawBody: Buffer.from('[]'), headers: HEADERS }, 'malformed'],
    [{ rawBody: Buffer.from([0x7b, 0xff, 0x7d]), headers: HEADERS }, 'malformed'],
    [{ rawBody: Buffer.alloc(1_048_577, 0x20), headers: HEADERS }, 'too_large'],
  ] as const
  for (const [given, because] of unasked)
    t.deepEqual(await processor.verifyWebhook(given), { outcome: 'refused', because })
  t.is(fake.received.length, 0)
  const forged = { rawBody, headers: { ...HEADERS, 'paypal-transmission-sig': 'of-somebody-else' } }
  t.deepEqual(await processor.verifyWebhook(forged), { outcome: 'refused', because: 'bad_signature' })
  t.deepEqual(await processor.verifyWebhook({ rawBody: Buffer.from('{"id":"WH-1"}'), headers: HEADERS }), {
    outcome: 'refused',
    because: 'malformed',
  })
})

test('where PayPal cannot say, the delivery is neither taken nor refused, and comes again', async (t) => {
  const { processor, fake } = await atPaypal(t)
  fake.signatures.add(SIGNATURE)
  const given = { rawBody: Buffer.from(event('PAYMENT.CAPTURE.COMPLETED', captured)), headers: HEADERS }
  for (const mishap of ['reset after', 'not json', { status: 503 }] as const) {
    fake.mishaps.push(mishap)
    t.like(await processor.verifyWebhook(given), { outcome: 'unknown' })
  }
  fake.mishaps.push({ status: 429 })
  t.like(await processor.verifyWebhook(given), { outcome: 'not_sent' })
  t.like(await processor.verifyWebhook(given), { outcome: 'verified' })
})

test('an event is about a charge, a refund, a dispute, or something that is kept', async (t) => {
  const { processor, fake } = await atPaypal(t)
  fake.signatures.add(SIGNATURE)
  const amount = { currency_code: 'EUR', value: '3.00' }
  const less = { currency_code: 'EUR', value: '2.50' }
  const up = { rel: 'up', href: 'https://api.paypal.com/v2/payments/captures/C1', method: 'GET' }
  const dispute = {
    dispute_id: 'PP-D-1',
    disputed_transactions: [{ seller_transaction_id: 'C1' }],
    dispute_amount: amount,
    reason: 'UNAUTHORISED',
  }
  const disputed = { kind: 'dispute', dispute: 'PP-D-1', charge: 'C1', amount: eur(300n), reason: 'UNAUTHORISED' }
  const rows: [type: string, resource: object, subject: unknown][] = [
    [
      'PAYMENT.CAPTURE.PENDING',
      { ...captured, status: 'PENDING', supplementary_data: undefined },
      { kind: 'charge', charge: { outcome: 'pending', reference: 'C1', movement: 'C1', amount: eur(1000n) } },
    ],
    [
      'PAYMENT.CAPTURE.DENIED',
      { ...captured, status: 'DECLINED' },
      { kind: 'charge', charge: { outcome: 'declined', reason: 'declined', soft: true, reference: 'O1' } },
    ],
    [
      'PAYMENT.AUTHORIZATION.VOIDED',
      { ...captured, id: 'A1', status: 'VOIDED' },
      { kind: 'charge', charge: { outcome: 'cancelled', reference: 'O1', movement: 'A1', amount: eur(1000n) } },
    ],
    [
      'CHECKOUT.ORDER.APPROVED',
      { id: 'O1', status: 'APPROVED', purchase_units: [{ amount }] },
      { kind: 'charge', charge: { outcome: 'created', reference: 'O1', amount: eur(300n) } },
    ],
    [
      'PAYMENT.CAPTURE.REFUNDED',
      { id: 'R1', status: 'COMPLETED', amount, links: [up] },
      { kind: 'refund', charge: 'C1', refund: { outcome: 'succeeded', reference: 'R1', amount: eur(300n) } },
    ],
    [
      'CUSTOMER.DISPUTE.CREATED',
      { ...dispute, status: 'WAITING_FOR_SELLER_RESPONSE' },
      { ...disputed, state: 'needs_response' },
    ],
    [
      'CUSTOMER.DISPUTE.RESOLVED',
      { ...dispute, status: 'RESOLVED', dispute_outcome: { outcome_code: 'RESOLVED_BUYER_FAVOUR' } },
      { ...disputed, state: 'lost' },
    ],
    [
      'CUSTOMER.DISPUTE.RESOLVED',
      { ...dispute, status: 'RESOLVED', dispute_outcome: { outcome_code: 'ACCEPTED', amount_refunded: less } },
      { ...disputed, state: 'lost', amount: eur(250n) },
    ],
    [
      'CUSTOMER.DISPUTE.RESOLVED',
      {
        ...dispute,
        status: 'RESOLVED',
        dispute_outcome: { outcome_code: 'RESOLVED_SELLER_FAVOUR', amount_refunded: less },
      },
      { ...disputed, state: 'won' },
    ],
    [
      'CUSTOMER.DISPUTE.RESOLVED',
      {
        ...dispute,
        status: 'RESOLVED',
        dispute_outcome: { outcome_code: 'ACCEPTED', amount_refunded: { ...less, currency_code: 'USD' } },
      },
      { ...disputed, state: 'lost' },
    ],
    [
      'CUSTOMER.DISPUTE.RESOLVED',
      { ...dispute, status: 'RESOLVED', dispute_outcome: { outcome_code: 'OF_TOMORROW' } },
      { ...disputed, state: 'closed' },
    ],
    ['VAULT.PAYMENT-TOKEN.DELETED', { id: 'T1' }, { kind: 'other' }],
  ]
  for (const [type, resource, subject] of rows) {
    const verified = await processor.verifyWebhook({ rawBody: Buffer.from(event(type, resource)), headers: HEADERS })
    t.deepEqual(verified.outcome === 'verified' ? verified.event.subject : verified, subject as never, type)
  }
})
