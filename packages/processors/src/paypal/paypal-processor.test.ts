import test from 'ava'
import { InstrumentNotAccepted } from '../errors.ts'
import { AN_APPROVAL, aCard, aPaypalAccount, atPaypal, created, eur, PAYPAL_ACCOUNT } from '../testing/processors.ts'

const confirmation = {
  idempotencyKey: 'charge-1-confirm',
  capture: 'automatic',
  offSession: true,
  instrument: PAYPAL_ACCOUNT,
} as const
const manual = { ...confirmation, capture: 'manual' } as const

test('a payer agrees at PayPal, and then their account can be charged', async (t) => {
  const { fake, processor } = await atPaypal(t)
  const asked = await processor.register({ idempotencyKey: 'register-1', instrument: aPaypalAccount() })
  if (asked.outcome !== 'requires_action') return t.fail(asked.outcome)
  t.is(asked.action.type, 'redirect')
  const finish = { idempotencyKey: 'register-1', registration: asked.registration }
  t.like(await processor.finishRegistration(finish), { outcome: 'requires_action', registration: asked.registration })
  fake.engine.approve(asked.registration)
  const kept = await processor.finishRegistration(finish)
  t.like(kept, { outcome: 'registered', reference: { type: 'paypal', customer: 'customer_1' } })
  t.deepEqual(await processor.finishRegistration(finish), kept)
  t.is(fake.timesReceived('register-1'), 1)
  t.is(fake.timesReceived('register-1:tok'), 2)
})

test('PayPal takes no card and no instrument of another processor, and nothing is sent', async (t) => {
  const { fake, processor } = await atPaypal(t)
  await t.throwsAsync(processor.register({ idempotencyKey: 'register-1', instrument: aCard() }), {
    instanceOf: InstrumentNotAccepted,
  })
  const instrument = { type: 'card', instrument: 'pm_1' } as const
  await t.throwsAsync(created(processor, instrument), { instanceOf: InstrumentNotAccepted })
  await t.throwsAsync(processor.confirm({ ...confirmation, reference: 'O1', instrument }), {
    instanceOf: InstrumentNotAccepted,
  })
  t.is(fake.received.length, 0)
})

test('an order is made without a payment source, so that its id is known before money moves', async (t) => {
  const { fake, processor } = await atPaypal(t)
  const reference = await created(processor, PAYPAL_ACCOUNT, eur(1050n))
  t.false('payment_source' in JSON.parse(fake.received.at(-1)?.body ?? ''))
  t.deepEqual(await processor.retrieve(reference), { outcome: 'created', reference, amount: eur(1050n) })
  const paid = await processor.confirm({ ...confirmation, reference })
  t.like(paid, { outcome: 'succeeded', reference, amount: eur(1050n) })
  t.deepEqual(await processor.retrieve(reference), paid)
  t.deepEqual(await processor.confirm({ ...confirmation, reference }), paid, 'the same key')
  t.deepEqual(await processor.confirm({ ...confirmation, idempotencyKey: 'other-key', reference }), paid, 'another')
  t.is(fake.engine.captures.size, 1)
})

test('a create that is repeated under its key makes no second order', async (t) => {
  const { fake, processor } = await atPaypal(t)
  const reference = await created(processor, PAYPAL_ACCOUNT)
  t.is(await created(processor, PAYPAL_ACCOUNT), reference)
  t.is(fake.engine.orders.size, 1)
  const other = { amount: eur(1n), capture: 'automatic', instrument: PAYPAL_ACCOUNT, ourReference: 'chg_2' } as const
  t.deepEqual(await processor.create({ idempotencyKey: 'charge-1-create', ...other }), {
    outcome: 'unknown',
    because: 'key_conflict',
  })
})

test('money that is authorized is captured in part, with or without knowing its id', async (t) => {
  const { processor } = await atPaypal(t)
  const reference = await created(processor, PAYPAL_ACCOUNT, eur(1000n), 'manual')
  const held = await processor.confirm({ ...manual, reference })
  t.like(held, { outcome: 'authorized', amount: eur(1000n) })
  const taken = await processor.capture({ idempotencyKey: 'capture-1', reference, amount: eur(400n) })
  t.like(taken, { outcome: 'succeeded', amount: eur(400n), reference })
  const movement = 'movement' in held ? held.movement : undefined
  t.deepEqual(await processor.capture({ idempotencyKey: 'capture-1', reference, movement, amount: eur(400n) }), taken)
  t.deepEqual(await processor.capture({ idempotencyKey: 'capture-2', reference, movement }), taken)
  t.deepEqual(await processor.retrieve(reference), taken)
})

test('what is authorized can be let go, an order that nobody paid needs it not, and what is captured cannot', async (t) => {
  const { fake, processor } = await atPaypal(t)
  const held = await created(processor, PAYPAL_ACCOUNT, eur(1000n), 'manual')
  await processor.confirm({ ...manual, reference: held })
  for (const key of ['cancel-1', 'cancel-2'])
    t.like(await processor.cancel({ idempotencyKey: key, reference: held }), { outcome: 'cancelled', reference: held })
  const bare = await created(processor, PAYPAL_ACCOUNT, eur(1n), 'automatic', 'charge-2-create')
  t.like(await processor.cancel({ idempotencyKey: 'cancel-3', reference: bare }), { outcome: 'cancelled' })
  await processor.confirm({ ...confirmation, idempotencyKey: 'charge-2-confirm', reference: bare })
  t.like(await processor.cancel({ idempotencyKey: 'cancel-4', reference: bare }), { outcome: 'succeeded' })
  t.is([...fake.engine.authorizations.values()].filter(({ status }) => status === 'VOIDED').length, 1)
})

test('a charge is refunded in parts until nothing is left', async (t) => {
  const { fake, processor } = await atPaypal(t)
  const reference = await created(processor, PAYPAL_ACCOUNT, eur(1000n))
  t.like(await processor.refund({ idempotencyKey: 'refund-0', reference }), {
    outcome: 'declined',
    reason: 'not_refundable',
  })
  const paid = await processor.confirm({ ...confirmation, reference })
  const movement = 'movement' in paid ? paid.movement : undefined
  const part = await processor.refund({ idempotencyKey: 'refund-1', reference, movement, amount: eur(300n) })
  t.like(part, { outcome: 'succeeded', amount: eur(300n) })
  t.deepEqual(await processor.refund({ idempotencyKey: 'refund-1', reference, movement, amount: eur(300n) }), part)
  t.like(await processor.refund({ idempotencyKey: 'refund-2', reference, amount: eur(701n) }), {
    outcome: 'declined',
    reason: 'not_refundable',
    code: 'REFUND_AMOUNT_EXCEEDED',
  })
  t.like(await processor.refund({ idempotencyKey: 'refund-3', reference, amount: eur(700n) }), { outcome: 'succeeded' })
  t.is(fake.engine.refunds.size, 2)
  t.like(await processor.retrieve(reference), { outcome: 'succeeded', amount: eur(1000n) })
  t.deepEqual(await processor.retrieveRefund(part.outcome === 'succeeded' ? part.reference : ''), part)
})

test('a decline is soft or hard by its issue or its response code', async (t) => {
  const { fake, processor } = await atPaypal(t)
  const rows = [
    [{ issue: 'INSTRUMENT_DECLINED' }, 'declined', true],
    [{ issue: 'PAYER_ACCOUNT_RESTRICTED' }, 'payer_restricted', false],
    [{ issue: 'AN_ISSUE_OF_TOMORROW' }, 'invalid_request', false],
    [{ response: '5120' }, 'insufficient_funds', true],
    [{ response: '9500' }, 'fraud_suspected', false],
    [{ response: '0000' }, 'declined', true],
  ] as const
  for (const [index, [verdict, reason, soft]] of rows.entries()) {
    fake.verdicts.set(PAYPAL_ACCOUNT.instrument, verdict)
    const reference = await created(processor, PAYPAL_ACCOUNT, eur(1000n), 'automatic', `create-${index}`)
    const outcome = await processor.confirm({ ...confirmation, idempotencyKey: `confirm-${index}`, reference })
    t.like(outcome, { outcome: 'declined', reason, soft, reference, code: Object.values(verdict)[0] })
  }
})

test('a payer who has to agree again is sent to PayPal, and a capture under review is pending', async (t) => {
  const { fake, processor } = await atPaypal(t)
  fake.verdicts.set(PAYPAL_ACCOUNT.instrument, 'payer action')
  const asked = await created(processor, PAYPAL_ACCOUNT)
  const action = await processor.confirm({ ...confirmation, reference: asked })
  t.like(action, { outcome: 'requires_action', action: { type: 'redirect' }, reference: asked })
  t.like(await processor.retrieve(asked), { outcome: 'requires_action', reference: asked })
  fake.verdicts.set(PAYPAL_ACCOUNT.instrument, 'pending')
  const reviewed = await created(processor, PAYPAL_ACCOUNT, eur(1n), 'automatic', 'charge-2-create')
  const request = { ...confirmation, idempotencyKey: 'charge-2-confirm', reference: reviewed }
  t.like(await processor.confirm(request), { outcome: 'pending', amount: eur(1n) })
})

test('a payer without a registered account agrees to one order on PayPal’s page, and then it is captured', async (t) => {
  const { fake, processor } = await atPaypal(t)
  for (const capture of ['automatic', 'manual'] as const) {
    const reference = await created(processor, AN_APPROVAL, eur(1000n), capture, `create-${capture}`)
    const step = { reference, capture, instrument: AN_APPROVAL, offSession: false }
    const asked = await processor.confirm({ ...step, idempotencyKey: `ask-${capture}` })
    t.like(asked, { outcome: 'requires_action', action: { type: 'redirect' }, reference })
    t.deepEqual(await processor.confirm({ ...step, idempotencyKey: `ask-${capture}` }), asked, 'they are not back yet')
    fake.engine.approve(reference)
    t.like(await processor.retrieve(reference), { outcome: 'created' })
    const pay = { ...step, idempotencyKey: `pay-${capture}` }
    t.like(await processor.confirm(pay), { outcome: capture === 'manual' ? 'authorized' : 'succeeded' })
    t.like(await processor.confirm(pay), { outcome: capture === 'manual' ? 'authorized' : 'succeeded' })
  }
  t.is(fake.engine.captures.size, 1)
})

test('an order whose payer cannot be asked after is not sent', async (t) => {
  const { fake, processor } = await atPaypal(t)
  const reference = await created(processor, AN_APPROVAL)
  const step = { reference, capture: 'automatic', instrument: AN_APPROVAL, offSession: false } as const
  for (const mishap of ['reset after', 'garbage', { status: 500 }] as const) {
    fake.mishaps.push(mishap)
    t.deepEqual(await processor.confirm({ ...step, idempotencyKey: 'confirm-1' }), {
      outcome: 'not_sent',
      because: 'preparation_failed',
    })
  }
  const gone = await processor.confirm({ ...step, reference: 'O-X', idempotencyKey: 'confirm-1' })
  t.like(gone, { outcome: 'declined', reason: 'not_found' })
})

test('a movement that has to be looked for first, in vain, leaves the refund not sent', async (t) => {
  const { fake, processor } = await atPaypal(t)
  const reference = await created(processor, PAYPAL_ACCOUNT)
  await processor.confirm({ ...confirmation, reference })
  fake.mishaps.push('reset after', 'garbage', { status: 503 })
  for (const key of ['refund-1', 'refund-2', 'refund-3'])
    t.deepEqual(await processor.refund({ idempotencyKey: key, reference }), {
      outcome: 'not_sent',
      because: 'preparation_failed',
    })
  t.is(fake.engine.refunds.size, 0)
})

test('what PayPal does not know is not found', async (t) => {
  const { processor } = await atPaypal(t)
  t.like(await processor.retrieve('O-UNHEARD-OF'), { outcome: 'declined', reason: 'not_found' })
  t.like(await processor.retrieveRefund('R-UNHEARD-OF'), { outcome: 'declined', reason: 'not_found' })
  t.like(await processor.capture({ idempotencyKey: 'capture-1', reference: 'O-X' }), { outcome: 'declined' })
  t.like(await processor.refund({ idempotencyKey: 'refund-1', reference: 'O-X' }), { outcome: 'declined' })
})
