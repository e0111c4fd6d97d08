import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { BACK, MANDATE, type RegisteringShop, refused, shopFor } from '../../test/registering.ts'
import { newIntent, type TestVault, testVault } from '../../test/test-vault.ts'

let vault: TestVault
test.before(async () => {
  vault = await testVault()
})
test.after.always(() => vault?.close())

const shop = (t: ExecutionContext, timeoutMs?: number) => shopFor(t, vault, timeoutMs)
const stripeKeys = ({ stripe }: RegisteringShop) => [
  ...new Set(stripe.received.map(({ headers }) => headers['idempotency-key'])),
]
const CARD_BODY = { processor: 'stripe', cvc: '737' }

test('an answer that was lost is found again by the same request, under the same key of the processor', async (t) => {
  const made = await shop(t, 5_000)
  const { stripe, card, register, list, events } = made
  for (const mishap of ['reset after', 'silence', 'lost in 500', 'garbage'] as const) {
    const [id, intent] = [await card(), newIntent()]
    const keysBefore = stripeKeys(made).length
    stripe.mishaps.push(undefined, undefined, mishap)
    const lost = await register(id, { body: CARD_BODY, intent })
    refused(t, lost, 504, 'outcome_unknown')
    t.deepEqual((await list(id)).json().data, [])
    const found = await register(id, { body: CARD_BODY, intent })
    t.is(`${found.status} ${found.json().state}`, '201 registered', found.text)
    t.is(stripeKeys(made).length - keysBefore, 3, 'three requests, each under one key')
    const setups = stripe.received.filter(({ path }) => path === '/v1/setup_intents').slice(-2)
    t.deepEqual(setups[0]?.body, setups[1]?.body)
    t.is(
      (setups[1]?.answer as { payment_method?: string } | undefined)?.payment_method,
      found.json().reference.instrument,
    )
  }
  t.is(stripe.state.setups.size, 4)
  t.is((await events()).filter((event) => event === 'token.registered stripe').length, 4)
})

test('a repetition without the code is another request to the processor, and a new key is a new intent', async (t) => {
  const { stripe, card, register, events } = await shop(t)
  const [id, intent] = [await card(), newIntent()]
  stripe.mishaps.push(undefined, undefined, 'reset after')
  refused(t, await register(id, { body: CARD_BODY, intent }), 504, 'outcome_unknown')
  const without = await register(id, { body: { processor: 'stripe' }, intent })
  refused(t, without, 504, 'outcome_unknown')
  t.is(without.json().because, 'key_conflict')
  refused(t, await register(id, { body: { ...CARD_BODY, ...BACK }, intent }), 422, 'idempotency_mismatch')
  t.is((await register(id, { body: { processor: 'stripe' } })).json().state, 'registered')
  refused(t, await register(id, { body: CARD_BODY, intent }), 409, 'registration_superseded')
  t.true((await events()).includes('registration.orphaned stripe superseded'))
})

test('what was certainly not sent may be sent again, and does not settle what was unknown before', async (t) => {
  const { stripe, card, register, events } = await shop(t)
  const [id, intent] = [await card(), newIntent()]
  stripe.mishaps.push({ status: 429 })
  const unsent = await register(id, { body: CARD_BODY, intent })
  refused(t, unsent, 502, 'processor_not_reached')
  t.is(unsent.json().because, 'rate_limited')
  stripe.mishaps.push('reset after')
  refused(t, await register(id, { body: CARD_BODY, intent }), 504, 'outcome_unknown')
  stripe.mishaps.push({ status: 429 })
  const still = await register(id, { body: CARD_BODY, intent })
  refused(t, still, 504, 'outcome_unknown')
  t.is(still.json().because, 'rate_limited')
  t.is((await register(id, { body: CARD_BODY, intent })).json().state, 'registered')
  // Of what was not sent, nobody has to be told.
  const other = await card()
  stripe.mishaps.push({ status: 429 })
  refused(t, await register(other, { body: CARD_BODY }), 502, 'processor_not_reached')
  t.is((await register(other, { body: CARD_BODY })).json().state, 'registered')
  t.false((await events()).some((event) => event.startsWith('registration.orphaned')))
})

test('credentials that the processor refuses register nothing, and new ones are used at once', async (t) => {
  const { card, register, put, send, stripe } = await shop(t)
  const [id, intent] = [await card(), newIntent()]
  await send('DELETE', '/v1/processors/stripe')
  const wrong = { secret_key: 'sk_test_of_nobody_at_all_0001', webhook_secrets: ['whsec_5WbX5kEWLlfzsGNj'] }
  await put('stripe', { stripe: wrong })
  const unsent = await register(id, { body: CARD_BODY, intent })
  refused(t, unsent, 502, 'processor_not_reached')
  t.is(unsent.json().because, 'credentials_refused')
  await send('DELETE', '/v1/processors/stripe')
  refused(t, await register(id, { body: CARD_BODY, intent }), 422, 'processor_not_configured')
  await put('stripe', { stripe: { ...wrong, secret_key: stripe.secretKey } })
  const made = await register(id, { body: CARD_BODY, intent })
  t.is(made.json().state, 'registered')
  await send('DELETE', '/v1/processors/stripe')
  t.deepEqual((await register(id, { body: CARD_BODY, intent })).json(), made.json(), 'a replay needs no credentials')
})

test('of two at once, in two processes, one registers, whether they are the same request or not', async (t) => {
  const made = await shop(t)
  const { stripe, card, register, processors } = made
  const other = await vault.newApp({ processors })
  for (const intents of [
    ['same-intent-twice', 'same-intent-twice'],
    ['one-intent-of-two', 'another-one-of-two'],
  ]) {
    const id = await card()
    const before = stripe.received.length
    const [one, two] = await Promise.all([
      register(id, { body: CARD_BODY, intent: intents[0] as string }),
      register(id, { body: CARD_BODY, intent: intents[1] as string, app: other }),
    ])
    t.deepEqual(one.json(), two.json(), one.text)
    const statuses = [one.status, two.status].sort()
    t.deepEqual(statuses, intents[0] === intents[1] ? [201, 201] : [200, 201])
    t.is(stripe.received.length - before, 3)
  }
})

test('who waits too long for another request is told so, and finds its outcome later', async (t) => {
  const { stripe, card, register } = await shop(t)
  const id = await card()
  // Far longer than two seconds, because on a busy machine a question takes its time too.
  stripe.mishaps.push({ late: 12_000 })
  const first = register(id, { body: CARD_BODY, intent: 'slow-processor' })
  while (stripe.received.length === 0) await pause(20)
  const [same, another] = await Promise.all([
    register(id, { body: CARD_BODY, intent: 'slow-processor' }),
    register(id, { body: CARD_BODY, intent: 'slow-and-another' }),
  ])
  refused(t, same, 409, 'idempotency_in_progress')
  refused(t, another, 409, 'registration_in_progress')
  t.is((await first).json().state, 'registered')
  t.is((await register(id, { body: CARD_BODY, intent: 'slow-and-another' })).status, 200)
})

test('a request whose key the processor may have forgotten is not repeated, and a new intent takes its place', async (t) => {
  const { stripe, paypal, card, paypalAccount, register, events } = await shop(t)
  const start = vault.clock.now
  const ids = { stripe: await card(), paypal: await paypalAccount() }
  const bodies = { stripe: CARD_BODY, paypal: { processor: 'paypal', ...BACK } }
  stripe.mishaps.push('reset after')
  paypal.mishaps.push('reset after')
  for (const name of ['stripe', 'paypal'] as const)
    refused(t, await register(ids[name], { body: bodies[name], intent: `old-${name}-intent` }), 504, 'outcome_unknown')
  try {
    vault.clock.now = new Date(start.getTime() + 3 * 3_600_000)
    const again = (name: 'stripe' | 'paypal', intent = `old-${name}-intent`) =>
      register(ids[name], { body: bodies[name], intent })
    refused(t, await again('paypal'), 409, 'registration_key_expired')
    t.is((await again('paypal', newIntent())).json().state, 'requires_action')
    t.is((await again('stripe')).json().state, 'registered')
    t.deepEqual(
      (await events()).filter((event) => event.includes('orphaned')),
      ['registration.orphaned paypal superseded'],
    )
  } finally {
    vault.clock.now = start
  }
})

test('a payer’s approval that was kept and not heard of is heard of when it is asked again', async (t) => {
  const { paypal, paypalAccount, register, finish } = await shop(t)
  const id = await paypalAccount()
  await register(id, { body: { processor: 'paypal', ...BACK } })
  const setup = paypal.received.find(({ path }) => path === '/v3/vault/setup-tokens')?.answer as { id: string }
  paypal.engine.approve(setup.id)
  paypal.mishaps.push(undefined, 'reset after')
  refused(t, await finish(id, 'paypal'), 504, 'outcome_unknown')
  paypal.mishaps.push({ status: 429 })
  refused(t, await finish(id, 'paypal'), 502, 'processor_not_reached')
  const both = await Promise.all([finish(id, 'paypal'), finish(id, 'paypal')])
  t.deepEqual(
    both.map(({ json }) => json().state),
    ['registered', 'registered'],
  )
  const kept = paypal.received.filter(({ path }) => path === '/v3/vault/payment-tokens')
  t.is(kept.length, 2)
  t.is(new Set(kept.map(({ headers }) => headers['paypal-request-id'])).size, 1)
})

test('a mandate of a bank account that was lost on its way is the same when it is sent again', async (t) => {
  const { stripe, bankAccount, register } = await shop(t)
  const [id, intent] = [await bankAccount(), newIntent()]
  const body = { processor: 'stripe', email: 'ada@example.com', mandate: MANDATE }
  stripe.mishaps.push(undefined, undefined, 'lost in 500')
  refused(t, await register(id, { body, intent }), 504, 'outcome_unknown')
  const found = await register(id, { body, intent })
  t.is(found.json().reference.type, 'sepa_debit')
  t.is(stripe.state.setups.size, 1)
})
