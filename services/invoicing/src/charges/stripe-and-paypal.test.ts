import { parsePan } from '@kontor/payment-data'
import type { ClearInstrument, Processor } from '@kontor/processors'
import { type Mishap, type PaypalFake, paypalFake, type StripeFake, stripeFake } from '@kontor/processors/testing'
import test from 'ava'
import { processorsOf } from '../processors/processor-of.ts'
import { type ChargeStage, chargeStage } from '../testing/charge-stage.ts'
import { putRules } from '../testing/obedient-processor.ts'
import type { ProcessorCredentials } from '../vault/credentials.ts'
import type { Registration } from '../vault/registrations.ts'

let stripe: StripeFake
let paypal: PaypalFake
let stage: ChargeStage
let processorOf: ReturnType<typeof processorsOf>

const CARD: ClearInstrument = {
  type: 'card',
  open: () => ({ pan: parsePan('4242424242424242').reveal(), expiryMonth: 12, expiryYear: 2030, cvc: '737' }),
}

test.before(async () => {
  ;[stripe, paypal] = await Promise.all([stripeFake(), paypalFake()])
  const credentials = (processor: ProcessorCredentials['processor']): ProcessorCredentials =>
    processor === 'stripe'
      ? { processor, mode: 'test', version: 1, secretKey: stripe.secretKey, webhookSecrets: ['whsec_fake'] }
      : {
          processor,
          mode: 'test',
          version: 1,
          clientId: paypal.clientId,
          clientSecret: paypal.clientSecret,
          webhookId: paypal.webhookId,
        }
  stage = await chargeStage({
    processorOf: (owner, name) => processorOf(owner, name),
    registrationOf: async (owner, tokenId, name) => registered(await processorOf(owner, name), tokenId),
  })
  processorOf = processorsOf({
    database: stage.kontor.database,
    credentialsOf: async (_owner, processor) => credentials(processor),
    baseUrls: { stripe: stripe.baseUrl, paypal: paypal.baseUrl },
    nowMs: stage.kontor.clock.nowMs,
    monotonicMs: () => performance.now(),
  })
})
test.after.always(async () => {
  await stage.kontor.close()
  await Promise.all([stripe.close(), paypal.close()])
})

/** As the vault registers. */
async function registered(processor: Processor, tokenId: string): Promise<Registration> {
  if (processor.name === 'paypal') return { type: 'paypal', instrument: '8kk8451t', customer: 'customer_1' }
  const outcome = await processor.register({ idempotencyKey: `register-${tokenId}`, instrument: CARD })
  if (outcome.outcome !== 'registered') throw new Error(outcome.outcome)
  return outcome.reference
}

/** Requests of charges alone. */
const ofCharges = (fake: StripeFake | PaypalFake) =>
  fake.received.filter(({ method, path }) => method === 'POST' && /payment_intents|orders/.test(path))

for (const [name, fakeOf, key] of [
  ['stripe', () => stripe, 'idempotency-key'],
  ['paypal', () => paypal, 'paypal-request-id'],
] as const) {
  test.serial(`${name} takes the money in two requests, whose keys follow from the charge`, async (t) => {
    const of = await stage.chargeable()
    const before = ofCharges(fakeOf()).length
    const { status, body } = await stage.charge(of, { processor: name })
    t.like({ status, body }, { status: 201, body: { state: 'succeeded', amount_minor: 216_200, processor: name } })
    t.deepEqual(
      ofCharges(fakeOf())
        .slice(before)
        .map(({ headers }) => headers[key]),
      [`${body.id}:create`, `${body.id}:confirm:1`],
    )
    const [payment] = await stage.kontor.sql(
      'select reference from payment where charge_id is not null order by id desc limit 1',
    )
    t.truthy(payment?.reference)
    t.not(payment?.reference, body.reference)
    t.like(await stage.read(of), { payment_status: 'paid' })
  })

  const MISHAPS: readonly (readonly [at: 'create' | 'confirm', mishap: Mishap])[] = [
    ['create', 'reset before'],
    ['create', 'reset after'],
    ['create', 'lost in 500'],
    ['create', 'garbage'],
    ['confirm', 'reset before'],
    ['confirm', 'reset after'],
    ['confirm', 'lost in 500'],
    ['confirm', { status: 503 }],
  ]
  for (const [at, mishap] of MISHAPS) {
    const what = typeof mishap === 'object' ? JSON.stringify(mishap) : mishap
    test.serial(`${name}: ${what} at ${at} is found out, and the money is taken once`, async (t) => {
      const of = await stage.chargeable()
      const fake = fakeOf()
      // What is registered or asked before comes first in line.
      await processorOf({ tenantId: stage.kontor.tenantId, mode: 'test' }, name)
      const ahead = name === 'stripe' ? 3 : 0
      fake.mishaps.push(...Array(ahead + (at === 'confirm' ? 1 : 0)).fill(undefined), mishap)
      const asked = await stage.charge(of, { processor: name })
      t.like(asked, { status: 202, body: { state: 'unknown' } })
      t.is(fake.mishaps.length, 0)
      await stage.later()
      await stage.later()
      t.like(await stage.show(asked.body.id), { state: 'succeeded' }, JSON.stringify(await stage.steps(asked.body.id)))
      t.is((await stage.paymentsOf(asked.body.id)).length, 1)
      t.like(await stage.read(of), { payment_status: 'paid', open_minor: 0 })
    })
  }

  test.serial(`${name}: credentials that are refused send nothing`, async (t) => {
    const of = await stage.chargeable()
    const fake = fakeOf()
    fake.mishaps.push(...Array(name === 'stripe' ? 3 : 0).fill(undefined), { status: 429 })
    const reply = await stage.charge(of, { processor: name })
    t.like(reply, { status: 502, body: { code: 'processor_not_reached' } })
    t.like(await stage.show(reply.body.charge_id), { state: 'not_sent' })
  })
}

test.serial('what Stripe’s script needs goes to the payer, and stays nowhere', async (t) => {
  const of = await stage.chargeable()
  const key = 'the-script-asks-the-payer'
  const verdicts = stripe.verdicts
  // The method is registered with the charge; whatever comes asks the payer.
  const get = verdicts.get.bind(verdicts)
  verdicts.get = () => 'script'
  const asked = await stage.charge(of, { processor: 'stripe', return_url: 'https://shop.example/back' }, { key })
  t.like(asked, { status: 201, body: { state: 'requires_action', action: { type: 'client_secret' } } })
  const secret = asked.body.action.client_secret
  const again = await stage.charge(of, { processor: 'stripe', return_url: 'https://shop.example/back' }, { key })
  t.is(again.body.action.client_secret, secret)
  for (const table of ['charge', 'charge_step', 'event', 'idempotency', 'graphile_worker._private_jobs']) {
    const rows = await stage.kontor.sql<{ row: string }>(`select t::text as row from ${table} as t`)
    t.false(
      rows.some(({ row }) => row.includes(secret)),
      table,
    )
  }
  t.false(stage.kontor.log.join('').includes(secret))
  verdicts.get = get
  // The payer has agreed in their browser: Stripe goes on by itself.
  const intent = stripe.state.intents.get(asked.body.reference)
  stripe.state.intents.set(asked.body.reference, {
    ...(intent as NonNullable<typeof intent>),
    status: 'succeeded',
    next_action: null,
    amount_received: 216_200,
    latest_charge: 'ch_after_the_payer',
  })
  const confirmed = await stage.kontor.call('POST', `/v1/charges/${asked.body.id}/confirm`)
  t.like(confirmed, { status: 200, body: { state: 'succeeded' } })
  t.is((await stage.paymentsOf(asked.body.id)).length, 1)
})

test.serial('a card that Stripe declines is declined, with its code', async (t) => {
  const of = await stage.chargeable()
  const get = stripe.verdicts.get.bind(stripe.verdicts)
  stripe.verdicts.get = () => ({ decline_code: 'insufficient_funds' })
  const reply = await stage.charge(of, { processor: 'stripe', off_session: true })
  stripe.verdicts.get = get
  t.like(reply.body, { state: 'declined', decline: { reason: 'insufficient_funds', soft: true } })
})

test.serial('what Stripe declines softly, the second processor of the rule takes', async (t) => {
  await putRules(stage, { rules: [{ instrument_types: ['card'], processors: ['stripe', 'test'] }] })
  const of = await stage.chargeable()
  const get = stripe.verdicts.get.bind(stripe.verdicts)
  stripe.verdicts.get = () => ({ decline_code: 'insufficient_funds' })
  const reply = await stage.charge(of, { processor: undefined })
  stripe.verdicts.get = get
  t.like(reply, { status: 201, body: { state: 'succeeded', processor: 'test', attempt: 2, chosen_by: 'rule' } })
  const first = await stage.show(reply.body.retry_of)
  t.like(first, { state: 'declined', processor: 'stripe', decline: { soft: true }, retried_by: reply.body.id })
  t.is((await stage.paymentsOf(reply.body.id)).length, 1)
  // Stripe keeps the declined one, which nobody has the secret of, as it is.
  await stage.later()
  t.not(stripe.state.intents.get(first.reference)?.status, 'succeeded')
  t.like(await stage.read(of), { payment_status: 'paid', open_minor: 0 })
})

test.serial('an amount that the processor counts in other units is declined before anything is sent', async (t) => {
  const of = await stage.chargeable({ currency: 'HUF' })
  const before = paypal.received.length
  const reply = await stage.charge(of, { processor: 'paypal', amount_minor: 101 })
  t.like(reply, {
    status: 201,
    body: { state: 'declined', decline: { reason: 'invalid_request', code: 'amount_not_accepted' } },
  })
  t.is(paypal.received.length, before)
})
