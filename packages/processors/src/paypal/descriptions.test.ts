// Holds what our code and the fake say to each other against PayPal's own descriptions, which are read where they lie.
import { join } from 'node:path'
import test from 'ava'
import { paypalDescriptions, readJson, sharedData } from '../testing/descriptions.ts'
import type { Received } from '../testing/mishap.ts'
import {
  AN_APPROVAL,
  type AtPaypal,
  aPaypalAccount,
  atPaypal,
  created,
  eur,
  PAYPAL_ACCOUNT,
} from '../testing/processors.ts'
import { PAYPAL_ISSUES } from './declines.ts'

const data = sharedData()
const here = data === undefined ? 'skipped, ../shared/data is not here: ' : ''

/** Codes that PayPal sends and does not describe, or describes elsewhere. */
const NOT_DESCRIBED = ['PAYEE_ACCOUNT_NOT_VERIFIED']

/** The guide to saving PayPal accounts, and the API itself, know the type SETUP_TOKEN; the description does not. */
const SETUP_TOKEN = /payment-tokens.*\/payment_source\/token\/type must be equal to one of the allowed values/

/** Uses everything there is: each method, and each way in which it can be answered. */
async function everything({ fake, processor }: AtPaypal): Promise<void> {
  const instrument = PAYPAL_ACCOUNT
  const confirmation = { capture: 'automatic', offSession: true, instrument } as const
  const asked = await processor.register({
    idempotencyKey: 'register-1',
    instrument: aPaypalAccount(),
    customer: 'customer_2',
  })
  if (asked.outcome !== 'requires_action') throw new Error(asked.outcome)
  fake.engine.approve(asked.registration)
  await processor.finishRegistration({ idempotencyKey: 'register-1', registration: asked.registration })
  const verdicts = [
    undefined,
    { issue: 'INSTRUMENT_DECLINED' },
    { response: '5120' },
    'pending',
    'payer action',
  ] as const
  for (const [index, verdict] of verdicts.entries()) {
    fake.verdicts.delete(instrument.instrument)
    if (verdict) fake.verdicts.set(instrument.instrument, verdict)
    const reference = await created(processor, instrument, eur(1000n), 'automatic', `create-${index}`)
    await processor.confirm({ ...confirmation, idempotencyKey: `confirm-${index}`, reference })
    await processor.confirm({ ...confirmation, idempotencyKey: `charge-again-${index}`, reference })
    await processor.retrieve(reference)
    const refund = await processor.refund({ idempotencyKey: `refund-${index}`, reference, amount: eur(1n) })
    await processor.refund({ idempotencyKey: `charge-rest-${index}`, reference })
    if (refund.outcome === 'succeeded') await processor.retrieveRefund(refund.reference)
  }
  fake.verdicts.clear()
  for (const [index, amount] of [
    eur(1000n),
    { minor: 500n, currency: 'JPY' },
    { minor: 100_00n, currency: 'HUF' },
  ].entries()) {
    const reference = await created(processor, instrument, amount, 'manual', `create-manual-${index}`)
    await processor.confirm({ ...confirmation, capture: 'manual', idempotencyKey: `charge-hold-${index}`, reference })
    if (index > 0) await processor.capture({ idempotencyKey: `capture-${index}`, reference, amount })
    await processor.cancel({ idempotencyKey: `cancel-${index}`, reference })
  }
  const approved = await created(processor, AN_APPROVAL, eur(1n), 'automatic', 'create-approval')
  const approval = { reference: approved, capture: 'automatic', instrument: AN_APPROVAL, offSession: false } as const
  await processor.confirm({ ...approval, idempotencyKey: 'approval-1' })
  fake.engine.approve(approved)
  await processor.confirm({ ...approval, idempotencyKey: 'approval-2' })
  await processor.retrieve('O-UNHEARD-OF')
  for (const status of [400, 401, 403, 404, 409, 422, 500, 503]) {
    fake.mishaps.push({ status })
    await processor.retrieve('O-1')
  }
  for (const signature of ['signature-of-paypal', 'another-signature']) {
    fake.signatures.add('signature-of-paypal')
    await processor.verifyWebhook({
      rawBody: Buffer.from(
        '{"id":"WH-1","event_type":"CHECKOUT.ORDER.APPROVED","create_time":"2026-11-28T12:00:00Z","resource":{}}',
      ),
      headers: {
        'paypal-auth-algo': 'SHA256withRSA',
        'paypal-cert-url': 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42',
        'paypal-transmission-id': 'a8e1b5f0-6a3d-11ef-b1a6-1f2d3c4b5a69',
        'paypal-transmission-sig': signature,
        'paypal-transmission-time': '2026-11-28T12:00:00Z',
      },
    })
  }
}

test(`${here}every request of ours, and every answer of the fake, is as PayPal describes it`, async (t) => {
  if (data === undefined) {
    t.pass()
    return
  }
  const violations = paypalDescriptions(data)
  const at = await atPaypal(t)
  await everything(at)
  const exchanges = at.fake.received.filter(({ path }) => path !== '/v1/oauth2/token')
  t.true(exchanges.length > 40)
  const found = exchanges.flatMap((exchange: Received) => violations(exchange))
  t.deepEqual(
    found.filter((violation) => !SETUP_TOKEN.test(violation)),
    [],
  )
  t.is(found.length, 1, 'the one difference that is known is still one')
  const paths = new Set(exchanges.map(({ method, path }) => `${method} ${path.replace(/[^/]*\d{8,}\w*/g, '{id}')}`))
  for (const used of [
    'POST /v2/checkout/orders',
    'GET /v2/checkout/orders/{id}',
    'POST /v2/checkout/orders/{id}/capture',
    'POST /v2/checkout/orders/{id}/authorize',
    'POST /v2/checkout/orders/{id}/confirm-payment-source',
    'POST /v2/payments/authorizations/{id}/capture',
    'POST /v2/payments/authorizations/{id}/void',
    'POST /v2/payments/captures/{id}/refund',
    'GET /v2/payments/refunds/{id}',
    'POST /v3/vault/setup-tokens',
    'GET /v3/vault/setup-tokens/{id}',
    'POST /v3/vault/payment-tokens',
    'POST /v1/notifications/verify-webhook-signature',
  ])
    t.true(paths.has(used), used)
})

test(`${here}what is not as PayPal describes it is found`, (t) => {
  if (data === undefined) {
    t.pass()
    return
  }
  const violations = paypalDescriptions(data)
  const exchange = { method: 'POST', path: '/v2/checkout/orders', headers: { 'content-type': 'application/json' } }
  const order = { intent: 'CAPTURE', purchase_units: [{ amount: { currency_code: 'EUR', value: '1.00' } }] }
  t.deepEqual(violations({ ...exchange, body: JSON.stringify(order), status: 201, answer: { id: 'O1' } }), [])
  for (const wrong of [
    { ...exchange, body: JSON.stringify({ ...order, intent: 'TAKE' }) },
    { ...exchange, body: JSON.stringify({ intent: 'CAPTURE' }) },
    { ...exchange, body: '{"intent":"CAPTURE","purchase_units":[{"amount":{"currency_code":"EUR","value":1}}]}' },
    { ...exchange, body: JSON.stringify(order), status: 201, answer: { id: 1 } },
    { ...exchange, body: JSON.stringify(order), status: 201, answer: { status: 'PAID' } },
    { ...exchange, body: JSON.stringify(order), status: 202, answer: {} },
    { ...exchange, path: '/v2/checkout/nothing', body: '' },
  ])
    t.not(violations(wrong).length, 0)
})

test(`${here}every issue that we know is one that PayPal describes`, (t) => {
  if (data === undefined) {
    t.pass()
    return
  }
  const described = ['checkout_orders_v2', 'payments_payment_v2', 'vault_payment_tokens_v3']
    .map((api) => JSON.stringify(readJson(join(data, 'paypal-openapi', `${api}.json`))))
    .join('\n')
  const unknown = [...PAYPAL_ISSUES.keys()].filter((issue) => !described.includes(`"${issue}"`))
  t.deepEqual(
    unknown.filter((issue) => !NOT_DESCRIBED.includes(issue)),
    [],
  )
})
