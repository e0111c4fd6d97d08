import test from 'ava'
import { AmountNotAccepted, InstrumentNotAccepted, InvalidIdempotencyKey } from '../errors.ts'
import { AN_APPROVAL, aBankAccount, aPaypalAccount, atStripe, created, eur, registered } from '../testing/processors.ts'

const confirmation = { idempotencyKey: 'charge-1-confirm', capture: 'automatic', offSession: true } as const

test('a card is registered for charges while the payer is away, in three requests under parts of one key', async (t) => {
  const { fake, processor } = await atStripe(t)
  const reference = await registered(processor)
  t.like(reference, { type: 'card', instrument: 'pm_fake00000001', customer: 'cus_fake00000002' })
  t.is(reference.mandate, undefined)
  t.deepEqual(
    fake.received.map(({ path, headers }) => [path, headers['idempotency-key']]),
    [
      ['/v1/payment_methods', 'register-1:pm'],
      ['/v1/customers', 'register-1:cus'],
      ['/v1/setup_intents', 'register-1:seti'],
    ],
  )
})

test('a customer of Stripe that is known gets the next instrument too', async (t) => {
  const { fake, processor } = await atStripe(t)
  const { customer } = await registered(processor)
  const second = await processor.register({ idempotencyKey: 'register-2', instrument: aBankAccount(), customer })
  t.like(second, { outcome: 'registered', reference: { type: 'sepa_debit', customer } })
  t.is(fake.received.filter(({ path }) => path === '/v1/customers').length, 1)
})

test('a bank account is registered with the mandate that its payer accepted', async (t) => {
  const { fake, processor } = await atStripe(t)
  const reference = await registered(processor, aBankAccount())
  t.is(reference.type, 'sepa_debit')
  t.regex(reference.mandate ?? '', /^mandate_/)
  const setup = new URLSearchParams(fake.received.at(-1)?.body)
  t.is(setup.get('mandate_data[customer_acceptance][type]'), 'online')
  t.is(setup.get('mandate_data[customer_acceptance][online][ip_address]'), '192.0.2.7')
  t.is(setup.get('mandate_data[customer_acceptance][accepted_at]'), '1795867200')
})

test('a registration that was cut off goes on where it stopped, and makes nothing twice', async (t) => {
  const { fake, processor } = await atStripe(t)
  fake.mishaps.push(undefined, 'reset after')
  const request = { idempotencyKey: 'register-1', instrument: aBankAccount() }
  t.like(await processor.register(request), { outcome: 'unknown', because: 'connection_lost' })
  t.like(await processor.register(request), { outcome: 'registered', reference: { instrument: 'pm_fake00000001' } })
  t.is(fake.state.methods.size, 1)
  t.is(fake.state.setups.size, 1)
})

test('a registration that needs the payer hands them over, and is asked about afterwards', async (t) => {
  const { fake, processor } = await atStripe(t)
  fake.setupVerdicts.push('redirect')
  const outcome = await processor.register({ idempotencyKey: 'register-1', instrument: aBankAccount() })
  if (outcome.outcome !== 'requires_action') return t.fail(outcome.outcome)
  t.is(outcome.action.type, 'redirect')
  const setup = fake.state.setups.get(outcome.registration)
  if (setup) fake.state.setups.set(setup.id, { ...setup, status: 'succeeded', next_action: null })
  const finished = await processor.finishRegistration({
    idempotencyKey: 'register-1',
    registration: outcome.registration,
  })
  t.is(finished.outcome, 'registered')
})

test('a card that the bank does not let be kept is declined with its reason', async (t) => {
  const { fake, processor } = await atStripe(t)
  fake.setupVerdicts.push({ decline_code: 'lost_card' })
  const outcome = await processor.register({ idempotencyKey: 'register-1', instrument: aBankAccount() })
  t.like(outcome, { outcome: 'declined', reason: 'lost_or_stolen', soft: false, code: 'lost_card' })
})

test('Stripe takes no PayPal account and no payer without an instrument, and nothing is sent', async (t) => {
  const { fake, processor } = await atStripe(t)
  await t.throwsAsync(processor.register({ idempotencyKey: 'register-1', instrument: aPaypalAccount() }), {
    instanceOf: InstrumentNotAccepted,
  })
  const instrument = { type: 'paypal', instrument: 'x' } as const
  await t.throwsAsync(created(processor, instrument), { instanceOf: InstrumentNotAccepted })
  await t.throwsAsync(created(processor, AN_APPROVAL), { instanceOf: InstrumentNotAccepted })
  t.is(fake.received.length, 0)
})

test('a charge is made first and confirmed then, and no money moves in between', async (t) => {
  const { fake, processor } = await atStripe(t)
  const instrument = await registered(processor)
  const reference = await created(processor, instrument, eur(1050n))
  t.deepEqual(await processor.retrieve(reference), { outcome: 'created', reference, amount: eur(1050n) })
  const paid = await processor.confirm({ ...confirmation, reference, instrument })
  t.like(paid, { outcome: 'succeeded', reference, amount: eur(1050n) })
  t.deepEqual(await processor.retrieve(reference), paid)
  t.is(fake.state.intents.get(reference)?.metadata.kontor_reference, 'chg_01k0000000e4c9p5q2r8s3t6v7')
})

test('a charge that is confirmed twice under two keys is charged once', async (t) => {
  const { fake, processor } = await atStripe(t)
  const instrument = await registered(processor)
  const reference = await created(processor, instrument)
  const first = await processor.confirm({ ...confirmation, reference, instrument })
  t.deepEqual(await processor.confirm({ ...confirmation, idempotencyKey: 'other-key', reference, instrument }), first)
  t.is(fake.state.intents.size, 1)
})

test('the same key with another amount is refused by Stripe, and nobody says what it made', async (t) => {
  const { processor } = await atStripe(t)
  const instrument = await registered(processor)
  await created(processor, instrument, eur(100n))
  const other = { amount: eur(200n), capture: 'automatic', instrument, ourReference: 'chg_2' } as const
  t.deepEqual(await processor.create({ idempotencyKey: 'charge-1-create', ...other }), {
    outcome: 'unknown',
    because: 'key_conflict',
  })
})

test('money that is authorized is captured in part, once, and the rest let go', async (t) => {
  const { processor } = await atStripe(t)
  const instrument = await registered(processor)
  const reference = await created(processor, instrument, eur(1000n), 'manual')
  const held = await processor.confirm({ ...confirmation, capture: 'manual', reference, instrument })
  t.like(held, { outcome: 'authorized', amount: eur(1000n) })
  const taken = await processor.capture({ idempotencyKey: 'capture-1', reference, amount: eur(400n) })
  t.like(taken, { outcome: 'succeeded', amount: eur(400n) })
  t.deepEqual(await processor.capture({ idempotencyKey: 'capture-2', reference }), taken)
})

test('what is not captured can be let go, and what is captured cannot', async (t) => {
  const { processor } = await atStripe(t)
  const instrument = await registered(processor)
  const held = await created(processor, instrument, eur(1000n), 'manual')
  await processor.confirm({ ...confirmation, capture: 'manual', reference: held, instrument })
  t.like(await processor.cancel({ idempotencyKey: 'cancel-1', reference: held }), { outcome: 'cancelled' })
  const paid = await created(processor, instrument, eur(1000n), 'automatic', 'charge-2-create')
  await processor.confirm({ ...confirmation, idempotencyKey: 'charge-2-confirm', reference: paid, instrument })
  t.like(await processor.cancel({ idempotencyKey: 'cancel-2', reference: paid }), { outcome: 'succeeded' })
})

test('a charge is refunded in parts until nothing is left', async (t) => {
  const { processor } = await atStripe(t)
  const instrument = await registered(processor)
  const reference = await created(processor, instrument, eur(1000n))
  await processor.confirm({ ...confirmation, reference, instrument })
  const part = await processor.refund({ idempotencyKey: 'refund-1', reference, amount: eur(300n) })
  t.like(part, { outcome: 'succeeded', amount: eur(300n) })
  t.deepEqual(await processor.refund({ idempotencyKey: 'refund-1', reference, amount: eur(300n) }), part)
  t.like(await processor.refund({ idempotencyKey: 'refund-2', reference, amount: eur(800n) }), { outcome: 'declined' })
  const rest = await processor.refund({ idempotencyKey: 'refund-3', reference })
  t.like(rest, { outcome: 'succeeded', amount: eur(700n) })
  if (!('reference' in rest)) return t.fail()
  t.deepEqual(await processor.retrieveRefund(rest.reference ?? ''), rest)
  t.like(await processor.refund({ idempotencyKey: 'refund-4', reference }), {
    outcome: 'declined',
    reason: 'not_refundable',
  })
})

test('a direct debit is pending under its mandate, and may fail later', async (t) => {
  const { fake, processor } = await atStripe(t)
  const instrument = await registered(processor, aBankAccount())
  fake.verdicts.set(instrument.instrument, 'processing')
  const reference = await created(processor, instrument)
  t.like(await processor.confirm({ ...confirmation, reference, instrument }), { outcome: 'pending' })
  t.is(new URLSearchParams(fake.received.at(-1)?.body).get('mandate'), instrument.mandate ?? '')
  const intent = fake.state.intents.get(reference)
  if (!intent) return t.fail()
  fake.state.intents.set(reference, {
    ...intent,
    status: 'requires_payment_method',
    last_payment_error: { type: 'card_error', code: 'debit_not_authorized' },
  })
  t.like(await processor.retrieve(reference), { outcome: 'declined', reason: 'revoked', soft: false })
})

test('a payer who is there is sent to their bank; of one who is away the charge is declined', async (t) => {
  const { fake, processor } = await atStripe(t)
  const instrument = await registered(processor)
  for (const [verdict, type] of [
    ['redirect', 'redirect'],
    ['script', 'client_secret'],
  ] as const) {
    fake.verdicts.set(instrument.instrument, verdict)
    const reference = await created(processor, instrument, eur(1000n), 'automatic', `create-${verdict}`)
    const request = { idempotencyKey: `here-${verdict}`, capture: 'automatic', reference, instrument } as const
    const here = await processor.confirm({ ...request, offSession: false, returnUrl: 'https://shop.example/back' })
    t.like(here, { outcome: 'requires_action', action: { type } })
    t.deepEqual(await processor.retrieve(reference), here)
  }
  const reference = await created(processor, instrument, eur(1000n), 'automatic', 'create-away')
  const away = await processor.confirm({ ...confirmation, reference, instrument })
  t.like(away, { outcome: 'declined', reason: 'authentication_required', soft: false, reference })
})

test('a decline is soft or hard by its code, and never soft against the advice of the network', async (t) => {
  const { fake, processor } = await atStripe(t)
  const instrument = await registered(processor)
  const rows = [
    [{ decline_code: 'insufficient_funds' }, 'insufficient_funds', true],
    [{ decline_code: 'stolen_card' }, 'lost_or_stolen', false],
    [{ decline_code: 'a_code_of_tomorrow' }, 'declined', true],
    [{ decline_code: 'generic_decline', advice_code: 'do_not_try_again' }, 'declined', false],
  ] as const
  for (const [index, [verdict, reason, soft]] of rows.entries()) {
    fake.verdicts.set(instrument.instrument, verdict)
    const reference = await created(processor, instrument, eur(1000n), 'automatic', `create-${index}`)
    const outcome = await processor.confirm({
      ...confirmation,
      idempotencyKey: `confirm-${index}`,
      reference,
      instrument,
    })
    t.like(outcome, { outcome: 'declined', reason, soft, reference, code: verdict.decline_code })
    t.like(await processor.retrieve(reference), { outcome: 'declined', reason, soft })
  }
})

test('what Stripe does not know is not found', async (t) => {
  const { processor } = await atStripe(t)
  t.like(await processor.retrieve('pi_unheardof'), { outcome: 'declined', reason: 'not_found', soft: false })
  t.like(await processor.retrieveRefund('re_unheardof'), { outcome: 'declined', reason: 'not_found' })
})

test('what would be wrong whenever it is said is refused before anything is sent', async (t) => {
  const { fake, processor } = await atStripe(t)
  const instrument = { type: 'card', instrument: 'pm_1' } as const
  await t.throwsAsync(created(processor, instrument, eur(0n)), { instanceOf: AmountNotAccepted })
  for (const key of ['short', 'with space in it', 'x'.repeat(101), 'line\nbreak'])
    await t.throwsAsync(created(processor, instrument, eur(1n), 'automatic', key), {
      instanceOf: InvalidIdempotencyKey,
    })
  t.is(fake.received.length, 0)
})

test('only what Stripe needs leaves the process', async (t) => {
  const { fake, processor } = await atStripe(t)
  await registered(processor)
  const expected = [
    'authorization',
    'content-type',
    'stripe-version',
    'idempotency-key',
    'accept-encoding',
    'user-agent',
  ]
  const ofHttp = ['host', 'connection', 'content-length', 'accept', 'accept-language', 'sec-fetch-mode']
  for (const { headers } of fake.received) {
    t.deepEqual(
      Object.keys(headers).filter((name) => ![...expected, ...ofHttp].includes(name)),
      [],
    )
    t.is(headers['stripe-version'], '2026-10-28.endive')
    t.is(headers['user-agent'], 'Kontor')
  }
})
