import test from 'ava'
import { LINE } from '../../../../test/support/invoicing.ts'
import { type ChargeStage, chargeStage } from '../testing/charge-stage.ts'

let stage: ChargeStage
test.before(async () => {
  stage = await chargeStage()
})
test.after.always(() => stage.kontor.close())

test.serial('what is open is charged, and is a payment of the invoice', async (t) => {
  const of = await stage.chargeable()
  const { status, body } = await stage.charge(of)
  t.is(status, 201)
  t.like(body, {
    mode: 'test',
    account_id: of.invoice.account_id,
    invoice_id: of.invoice.id,
    token_id: of.token_id,
    instrument: 'Visa •••• 4242',
    processor: 'test',
    amount_minor: 216_200,
    currency: 'CHF',
    capture: 'automatic',
    off_session: false,
    state: 'succeeded',
    action: null,
    decline: null,
    next_check_at: null,
    needs_attention: false,
    version: 2,
  })
  t.like(await stage.read(of), { payment_status: 'paid', open_minor: 0 })
  const payment = await stage.kontor.call('GET', `/v1/payments/${body.payment_id}`)
  t.like(payment.body, {
    charge_id: body.id,
    method: 'card',
    token_id: of.token_id,
    instrument: 'Visa •••• 4242',
    amount_minor: 216_200,
    allocated_minor: 216_200,
    received_on: '2026-11-23',
    reference: body.reference.replace('charge', 'movement'),
  })
  t.deepEqual(await stage.show(body.id), { ...body, dispute_ids: [] })
  t.deepEqual(await stage.steps(body.id), [
    'claimed',
    'sent create',
    'created create created',
    'sent confirm:1',
    'answered confirm:1 succeeded',
  ])
})

test.serial('a charge is an event at each turn, with its version', async (t) => {
  const of = await stage.chargeable()
  const { body } = await stage.charge(of, { amount_minor: 66_612 })
  await stage.later()
  const events = await stage.kontor.sql(
    `select event.type, event.object_version from event join charge on charge.id = event.object_id
      where charge.reference = $1 order by event.object_version`,
    [body.reference],
  )
  t.deepEqual(events, [
    { type: 'charge.created', object_version: 1 },
    { type: 'charge.pending', object_version: 2 },
    { type: 'charge.succeeded', object_version: 3 },
  ])
})

for (const [amount_minor, reason, soft] of [
  [66_601, 'insufficient_funds', true],
  [66_602, 'expired_card', false],
  [66_603, 'fraud_suspected', false],
  [66_604, 'issuer_unavailable', true],
  [66_605, 'authentication_required', false],
] as const) {
  test.serial(`declined for ${reason}, the charge says so, and what it was for is free again`, async (t) => {
    const of = await stage.chargeable()
    const declined = await stage.charge(of, { amount_minor })
    t.like(declined, {
      status: 201,
      body: { state: 'declined', decline: { reason, soft, code: null }, payment_id: null, next_check_at: null },
    })
    t.like(await stage.read(of), { payment_status: 'open', open_minor: 216_200 })
    t.like(await stage.charge(of), { status: 201, body: { state: 'succeeded', amount_minor: 216_200 } })
  })
}

test.serial(
  'what waits for the payer is handed over, again on a repetition, and goes on when they are back',
  async (t) => {
    const of = await stage.chargeable()
    const key = 'the-payer-agrees'
    const first = await stage.charge(of, { amount_minor: 66_611 }, { key })
    const url = `https://processor.example/approve/${first.body.reference}`
    t.like(first, { status: 201, body: { state: 'requires_action', action: { type: 'redirect', url } } })
    const again = await stage.charge(of, { amount_minor: 66_611 }, { key })
    t.deepEqual(again.body, first.body)
    t.is(again.headers['idempotent-replayed'], 'true')
    t.is((await stage.show(first.body.id)).action, null)
    t.like(await stage.charge(of, { amount_minor: 149_590 }), { status: 409, body: { open_minor: 149_589 } })
    const confirmed = await stage.kontor.call('POST', `/v1/charges/${first.body.id}/confirm`)
    t.like(confirmed, { status: 200, body: { id: first.body.id, state: 'succeeded', action: null } })
    const late = await stage.kontor.call('POST', `/v1/charges/${first.body.id}/confirm`)
    t.deepEqual(late.body, confirmed.body)
    t.deepEqual(await stage.steps(first.body.id), [
      'claimed',
      'sent create',
      'created create created',
      'sent confirm:1',
      'answered confirm:1 requires_action',
      'answered retrieve requires_action',
      'sent confirm:2',
      'answered confirm:2 succeeded',
    ])
  },
)

test.serial('what is decided later is asked about later', async (t) => {
  for (const [amount_minor, state] of [
    [66_612, 'succeeded'],
    [66_613, 'declined'],
  ] as const) {
    const of = await stage.chargeable()
    const pending = await stage.charge(of, { amount_minor })
    t.like(pending, { status: 201, body: { state: 'pending', next_check_at: '2026-11-23T10:01:00.000Z' } })
    t.like(await stage.charge(of), { status: 201, body: { amount_minor: 216_200 - amount_minor } })
    await stage.later()
    t.like(await stage.show(pending.body.id), { state, next_check_at: null, version: 3 })
    t.is((await stage.paymentsOf(pending.body.id)).length, state === 'succeeded' ? 1 : 0)
  }
})

test.serial('what was certainly not sent takes nothing, and the same request takes it up again', async (t) => {
  for (const [amount_minor, steps] of [
    [66_625, ['claimed', 'sent create', 'answered create not_sent']],
    [66_621, ['claimed', 'sent create', 'created create created', 'sent confirm:1', 'answered confirm:1 not_sent']],
  ] as const) {
    const of = await stage.chargeable()
    const key = `not-sent-${amount_minor}`
    const refused = await stage.charge(of, { amount_minor }, { key })
    t.like(refused, { status: 502, body: { code: 'processor_not_reached' } })
    const id = refused.body.charge_id
    t.like(await stage.show(id), { state: 'not_sent', needs_attention: false })
    t.deepEqual(await stage.steps(id), [...steps])
    t.like(await stage.charge(of, { amount_minor }, { key }), { status: 502, body: { charge_id: id } })
    t.deepEqual(await stage.steps(id), [...steps, ...steps.slice(-2)])
    t.like(await stage.charge(of), { status: 201, body: { state: 'succeeded', amount_minor: 216_200 } })
    t.like(await stage.charge(of, { amount_minor }, { key }), { status: 409, body: { open_minor: 0 } })
  }
})

for (const [amount_minor, what, before, after] of [
  [66_622, 'paid, and nobody heard of it', 'unknown confirm:1 unknown', ['answered retrieve succeeded']],
  [
    66_623,
    'lost on the way',
    'unknown confirm:1 unknown',
    ['answered retrieve created', 'sent confirm:1', 'answered confirm:1 succeeded'],
  ],
  [
    66_624,
    'made, and nobody heard of it',
    'unknown create unknown',
    ['sent create', 'created create created', 'sent confirm:1', 'answered confirm:1 succeeded'],
  ],
] as const) {
  test.serial(`a charge that was ${what} is found out by its job, once`, async (t) => {
    const of = await stage.chargeable()
    const key = `unknown-${amount_minor}`
    const asked = await stage.charge(of, { amount_minor }, { key })
    t.like(asked, { status: 202, body: { state: 'unknown', payment_id: null, needs_attention: false } })
    t.like(await stage.charge(of, { amount_minor: 216_200 }), { status: 409, body: { code: 'over_allocation' } })
    await stage.later()
    await stage.later()
    const shown = await stage.show(asked.body.id)
    t.like(shown, { state: 'succeeded', amount_minor, next_check_at: null })
    const steps = await stage.steps(asked.body.id)
    t.deepEqual(steps.slice(steps.indexOf(before) + 1), [...after])
    t.is((await stage.paymentsOf(asked.body.id)).length, 1)
    const repeated = await stage.charge(of, { amount_minor }, { key })
    t.is(repeated.status, 201)
    t.deepEqual({ ...repeated.body, dispute_ids: [] }, shown)
  })
}

test.serial('held money is no payment yet, and stays reserved', async (t) => {
  const of = await stage.chargeable()
  const held = await stage.charge(of, { capture: 'manual' })
  t.like(held, { status: 201, body: { state: 'authorized', payment_id: null } })
  t.like(await stage.read(of), { payment_status: 'open' })
  t.like(await stage.charge(of, { amount_minor: 1 }), { status: 409, body: { open_minor: 0 } })
})

test.serial(
  'a repetition of what has ended is the same to the byte; another request under its key is refused',
  async (t) => {
    const of = await stage.chargeable()
    const key = 'the-same-intent'
    const first = await stage.charge(of, {}, { key })
    const again = await stage.charge(of, {}, { key })
    t.deepEqual(again.bytes, first.bytes)
    // Disputes come later, so that they are in what is read alone.
    t.false('dispute_ids' in first.body)
    t.deepEqual((await stage.show(first.body.id)).dispute_ids, [])
    t.deepEqual([again.status, again.headers['idempotent-replayed']], [201, 'true'])
    t.like(await stage.charge(of, { amount_minor: 1 }, { key }), {
      status: 422,
      body: { code: 'idempotency_mismatch' },
    })
  },
)

test.serial('a payment of a person beside a charge makes the rest of the charge a credit', async (t) => {
  const of = await stage.chargeable()
  const pending = await stage.charge(of, { amount_minor: 66_612 })
  const body = {
    invoice_id: of.invoice.id,
    method: 'cash',
    amount_minor: 200_000,
    currency: 'CHF',
    received_on: '2026-11-23',
  }
  t.like(await stage.kontor.call('POST', '/v1/payments', body), { status: 201 })
  t.like(await stage.charge(of), { status: 409, body: { code: 'over_allocation', open_minor: 0 } })
  await stage.later()
  const { payment_id } = await stage.show(pending.body.id)
  const payment = await stage.kontor.call('GET', `/v1/payments/${payment_id}`)
  t.like(payment.body, { amount_minor: 66_612, allocated_minor: 16_200, credit_minor: 50_412 })
  t.like(await stage.read(of), { payment_status: 'paid', open_minor: 0 })
})

test.serial('charges are listed by invoice and by account, in pages', async (t) => {
  const of = await stage.chargeable()
  const made: string[] = []
  for (const amount_minor of [100, 200, 66_601]) made.push((await stage.charge(of, { amount_minor })).body.id)
  const list = async (query: string) => (await stage.kontor.call('GET', `/v1/charges?${query}`)).body
  const page = await list(`invoice_id=${of.invoice.id}&limit=2`)
  t.is(page.has_more, true)
  const rest = await list(`invoice_id=${of.invoice.id}&after=${page.data[1].id}`)
  t.is(rest.has_more, false)
  t.deepEqual([...page.data, ...rest.data].map(({ id }: { id: string }) => id).toSorted(), made.toSorted())
  t.is((await list(`account_id=${of.invoice.account_id}`)).data.length, 3)
  t.deepEqual((await list(`account_id=${(await stage.chargeable()).invoice.account_id}`)).data, [])
})

test.serial('a paid proforma becomes its invoice', async (t) => {
  const of = await stage.chargeable()
  const order = { account_id: of.invoice.account_id, issuer_id: of.invoice.issuer_id, currency: 'CHF' }
  const draft = await stage.kontor.call('POST', '/v1/proformas', { ...order, lines: [LINE] })
  const { body: proforma } = await stage.kontor.call('POST', `/v1/proformas/${draft.body.id}/issue`)
  t.like(await stage.charge({ ...of, invoice: proforma }), {
    status: 201,
    body: { state: 'succeeded', invoice_id: proforma.id, amount_minor: 10_810 },
  })
  await stage.kontor.work()
  const settled = await stage.kontor.call('GET', `/v1/proformas/${proforma.id}`)
  t.is(settled.body.state, 'settled')
  const invoice = await stage.kontor.call('GET', `/v1/invoices/${settled.body.invoice_id}`)
  t.like(invoice.body, { state: 'issued', payment_status: 'paid' })
})
