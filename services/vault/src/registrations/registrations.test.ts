import test, { type ExecutionContext } from 'ava'
import { BACK, MANDATE, refused, shopFor } from '../../test/registering.ts'
import { CARD, call, type TestVault, testVault, US_ACCOUNT } from '../../test/test-vault.ts'

let vault: TestVault
test.before(async () => {
  vault = await testVault()
})
test.after.always(() => vault?.close())

const shop = (t: ExecutionContext) => shopFor(t, vault)

test('a card is registered with its code, and charged by a reference from then on', async (t) => {
  const { stripe, card, register, list, events } = await shop(t)
  const id = await card()
  const made = await register(id, { body: { processor: 'stripe', cvc: '737', return_url: BACK.return_url } })
  t.is(made.status, 201, made.text)
  t.like(made.json(), { token_id: id, processor: 'stripe', state: 'registered', action: null, decline: null })
  const { reference } = made.json()
  t.is(reference.type, 'card')
  t.regex(reference.instrument, /^pm_/)
  t.regex(reference.customer, /^cus_/)
  const listed = await list(id)
  t.deepEqual(listed.json().data, [{ ...made.json(), attempt: 1, outdated: false }])
  t.like(listed.json().token, { id, type: 'card', account_id: null, card: { last_four: '4242' } })
  t.false(listed.text.includes('4242424242424242'))

  t.is(stripe.received.length, 3)
  const sent = new URLSearchParams(stripe.received[0]?.body)
  t.is(sent.get('card[number]'), '4242424242424242')
  t.is(sent.get('card[cvc]'), '737')
  t.is(sent.get('card[exp_year]'), '2030')
  t.is(sent.get('billing_details[name]'), 'Ada Muster')
  t.deepEqual(await events(), ['token.registration_begun stripe', 'token.registered stripe'])
})

test('a bank account is registered under a mandate', async (t) => {
  const { stripe, bankAccount, register } = await shop(t)
  const id = await bankAccount()
  const made = await register(id, { body: { processor: 'stripe', email: 'ada@example.com', mandate: MANDATE } })
  t.is(made.status, 201, made.text)
  t.like(made.json(), { state: 'registered', reference: { type: 'sepa_debit' } })
  t.regex(made.json().reference.mandate, /^mandate_/)
  const [account, , setup] = stripe.received.map(({ body }) => new URLSearchParams(body))
  t.is(account?.get('sepa_debit[iban]'), 'DE89370400440532013000')
  t.is(account?.get('billing_details[email]'), 'ada@example.com')
  t.is(setup?.get('mandate_data[customer_acceptance][type]'), 'online')
  t.is(setup?.get('mandate_data[customer_acceptance][online][ip_address]'), '192.0.2.7')
  // Agreed on paper.
  const other = await bankAccount({ holder: { name: 'Grace Muster' } })
  const offline = { accepted_at: '2026-11-20T10:00:00+01:00' }
  const body = { processor: 'stripe', email: 'ada@example.com', mandate: offline }
  t.is((await register(other, { body })).status, 201)
})

test('a PayPal account is registered once its owner has agreed at PayPal', async (t) => {
  const { paypal, paypalAccount, register, finish, list, events } = await shop(t)
  const id = await paypalAccount()
  const body = { processor: 'paypal', ...BACK }
  const made = await register(id, { body, intent: 'paypal-agrees' })
  t.is(made.status, 201, made.text)
  t.like(made.json(), { state: 'requires_action', reference: null, action: { type: 'redirect' } })
  t.deepEqual((await list(id)).json().data[0].action, null)
  // The payer is still there: asked again, under the same key or another, it is the same page.
  for (const intent of ['paypal-agrees', 'paypal-again']) {
    const again = await register(id, { body, intent })
    t.is(again.status, intent === 'paypal-agrees' ? 201 : 200)
    t.deepEqual(again.json(), made.json())
  }
  t.deepEqual((await finish(id, 'paypal')).json(), made.json())
  const setups = paypal.received.filter(({ method, path }) => method === 'POST' && path === '/v3/vault/setup-tokens')
  t.is(setups.length, 1)

  paypal.engine.approve((setups[0]?.answer as { id: string } | undefined)?.id ?? 'none')
  const finished = await finish(id, 'paypal')
  t.is(finished.status, 200, finished.text)
  t.like(finished.json(), { state: 'registered', reference: { type: 'paypal' }, action: null })
  t.deepEqual((await finish(id, 'paypal')).json(), finished.json())
  const replayed = await register(id, { body, intent: 'paypal-agrees' })
  t.is(`${replayed.status} ${replayed.headers['idempotent-replayed']}`, '201 true')
  t.deepEqual(replayed.json(), finished.json())
  t.deepEqual(await events(), [
    'token.registration_begun paypal',
    'token.registration_changed paypal requires_action',
    'token.registered paypal',
  ])
})

test('a payer whose bank asks is sent there, with a page or a script, and nothing of it is stored', async (t) => {
  const { stripe, card, register, finish } = await shop(t)
  for (const verdict of ['redirect', 'script'] as const) {
    const id = await card()
    stripe.setupVerdicts.push(verdict)
    const made = await register(id, { body: { processor: 'stripe', cvc: '737' } })
    t.is(made.json().state, 'requires_action')
    t.is(made.json().action.type, verdict === 'redirect' ? 'redirect' : 'client_secret')
    const { rows } = await vault.vaultAdmin.query('select to_jsonb(r)::text as row from registration r')
    const secret = made.json().action.url ?? made.json().action.client_secret
    t.false(rows.some(({ row }) => row.includes(secret)))
    const setup = [...stripe.state.setups.values()].at(-1)
    Object.assign(setup ?? {}, { status: 'succeeded', next_action: null })
    t.is((await finish(id, 'stripe')).json().state, 'registered')
  }
})

test('what is decided later is pending, and a declined one can be tried under a new key', async (t) => {
  const { stripe, card, register, finish, list, events } = await shop(t)
  const id = await card()
  const body = { processor: 'stripe' }
  stripe.setupVerdicts.push('processing')
  t.like((await register(id, { body })).json(), { state: 'pending', action: null })
  const setup = [...stripe.state.setups.values()].at(-1)
  Object.assign(setup ?? {}, {
    status: 'requires_payment_method',
    last_setup_error: { type: 'card_error', code: 'card_declined', decline_code: 'lost_card' },
  })
  t.deepEqual((await finish(id, 'stripe')).json().decline, { reason: 'lost_or_stolen', soft: false })

  stripe.setupVerdicts.push({ decline_code: 'insufficient_funds' })
  const soft = await register(id, { body, intent: 'declined-softly' })
  t.is(soft.status, 201)
  t.like(soft.json(), {
    state: 'declined',
    reference: null,
    decline: { reason: 'insufficient_funds', soft: true },
  })
  t.deepEqual((await register(id, { body, intent: 'declined-softly' })).json(), soft.json())
  t.is((await register(id, { body })).json().state, 'registered')
  t.is((await list(id)).json().data.length, 1)
  t.is((await list(id)).json().data[0].state, 'registered')
  t.deepEqual(await events(), [
    'token.registration_begun stripe',
    'token.registration_changed stripe pending',
    'token.registration_changed stripe declined',
    'token.registration_begun stripe',
    'token.registration_changed stripe declined',
    'token.registration_begun stripe',
    'token.registered stripe',
  ])
})

test('codes are not tried until one fits: after five declines in an hour the token rests', async (t) => {
  const { stripe, card, register } = await shop(t)
  const id = await card()
  for (let code = 100; code < 105; code++) {
    stripe.setupVerdicts.push({ decline_code: 'incorrect_cvc' })
    t.is((await register(id, { body: { processor: 'stripe', cvc: String(code) } })).status, 201)
  }
  const resting = await register(id, { body: { processor: 'stripe', cvc: '105' } })
  refused(t, resting, 429, 'too_many_declines')
  t.is(resting.headers['retry-after'], '3600')
  t.is((await register(await card(), { body: { processor: 'stripe' } })).status, 201)
})

test('a token that is registered is not registered again, under whatever key', async (t) => {
  const { stripe, card, register } = await shop(t)
  const id = await card()
  const first = await register(id, { body: { processor: 'stripe' }, intent: 'first-intent' })
  const replayed = await register(id, { body: { processor: 'stripe' }, intent: 'first-intent' })
  const other = await register(id, { body: { processor: 'stripe', cvc: '737' }, intent: 'other-intent' })
  t.deepEqual(
    [first, replayed, other].map(({ status }) => status),
    [201, 201, 200],
  )
  t.is(replayed.headers['idempotent-replayed'], 'true')
  t.deepEqual(other.json(), first.json())
  refused(t, await register(id, { body: { processor: 'test' }, intent: 'first-intent' }), 422, 'idempotency_mismatch')
  t.is(stripe.received.length, 3)
  const beside = await register(id, { body: { processor: 'test' } })
  t.is(`${beside.status} ${beside.json().processor}`, '201 test')
})

test('the test processor takes what is published for tests, in test mode alone', async (t) => {
  const { card, paypalAccount, bankAccount, register, finish, tenantId, app } = await shop(t)
  t.is((await register(await card(), { body: { processor: 'test', cvc: '737' } })).json().state, 'registered')
  const mandate = { processor: 'test', email: 'ada@example.com', mandate: MANDATE }
  t.is((await register(await bankAccount(), { body: mandate })).json().reference.type, 'sepa_debit')
  const payer = await paypalAccount()
  t.is((await register(payer, { body: { processor: 'test', ...BACK } })).json().state, 'requires_action')
  t.is((await finish(payer, 'test')).json().reference.type, 'paypal')
  const own = await card({ card: { ...CARD.card, number: '4539578763621486' } })
  refused(
    t,
    await register(own, { body: { processor: 'test' }, intent: 'not-published' }),
    422,
    'instrument_not_accepted',
  )
  refused(
    t,
    await register(own, { body: { processor: 'test' }, intent: 'not-published' }),
    422,
    'instrument_not_accepted',
  )

  const live = await vault.newKey({ tenantId, role: 'admin', mode: 'live' })
  const body = { ...CARD, card: { ...CARD.card, number: '4539578763621486' } }
  const headers = { 'idempotency-key': 'live-token-of-a-shop' }
  const token = await call(app, { key: live, method: 'POST', url: '/v1/tokens', body, headers })
  const asked = (processor: string) => register(token.json().id, { body: { processor }, key: live })
  refused(t, await asked('test'), 422, 'mode_mismatch')
  // The tenant has credentials in test mode alone.
  refused(t, await asked('stripe'), 422, 'processor_not_configured')
})

test('what a processor cannot take is refused before anything leaves, and never repeated', async (t) => {
  const { stripe, paypal, card, bankAccount, paypalAccount, token, register, events } = await shop(t)
  const of = {
    card: await card(),
    iban: await bankAccount(),
    us: await token(US_ACCOUNT),
    paypal: await paypalAccount(),
  }
  const sepa = { processor: 'stripe', email: 'ada@example.com', mandate: MANDATE }
  for (const [kind, body, status, code, path] of [
    ['card', { processor: 'paypal', ...BACK }, 422, 'instrument_not_accepted', undefined],
    ['paypal', { processor: 'stripe' }, 422, 'instrument_not_accepted', undefined],
    ['us', sepa, 422, 'instrument_not_accepted', undefined],
    ['iban', { processor: 'stripe', email: 'ada@example.com' }, 422, 'mandate_required', '/mandate'],
    ['iban', { ...sepa, mandate: { ...MANDATE, user_agent: undefined } }, 422, 'mandate_required', '/mandate'],
    ['iban', { ...sepa, email: undefined }, 422, 'email_required', '/email'],
    [
      'iban',
      { ...sepa, mandate: { accepted_at: '2026-11-24T10:00:00Z' } },
      422,
      'invalid_mandate',
      '/mandate/accepted_at',
    ],
    [
      'iban',
      { ...sepa, mandate: { accepted_at: '2026-13-24T10:00:00Z' } },
      422,
      'invalid_mandate',
      '/mandate/accepted_at',
    ],
    ['iban', { ...sepa, mandate: { ...MANDATE, ip_address: 'here' } }, 422, 'invalid_mandate', '/mandate/ip_address'],
    ['iban', { ...sepa, cvc: '737' }, 422, 'field_not_of_type', '/cvc'],
    ['card', { processor: 'stripe', mandate: MANDATE }, 422, 'field_not_of_type', '/mandate'],
    ['card', { processor: 'stripe', cvc: '7374' }, 422, 'invalid_cvc', '/cvc'],
    ['card', { processor: 'stripe', return_url: 'http://shop.example' }, 422, 'invalid_return_url', '/return_url'],
    ['card', { processor: 'stripe', return_url: 'https://a:b@shop.example' }, 422, 'invalid_return_url', '/return_url'],
    ['paypal', { processor: 'paypal' }, 422, 'return_url_required', undefined],
    ['paypal', { processor: 'paypal', ...BACK, cancel_url: 'javascript:0' }, 422, 'invalid_return_url', '/cancel_url'],
    [
      'card',
      { processor: 'stripe', return_url: 'https://shop.example/4242424242424242' },
      422,
      'sensitive_text',
      '/return_url',
    ],
    ['iban', { ...sepa, email: '4242424242424242@example.com' }, 422, 'sensitive_text', '/email'],
    [
      'iban',
      { ...sepa, mandate: { ...MANDATE, user_agent: 'DE89370400440532013000' } },
      422,
      'sensitive_text',
      '/mandate/user_agent',
    ],
    ['card', { processor: 'stripe', number: '4242424242424242' }, 400, 'malformed_request', ''],
    ['card', { processor: 'stripe', cvc: 737 }, 400, 'malformed_request', '/cvc'],
    ['iban', { ...sepa, email: 'ada' }, 400, 'malformed_request', '/email'],
  ] as const) {
    const answer = await register(of[kind], { body })
    refused(t, answer, status, code)
    if (path) t.is(answer.json().errors[0].path, path, answer.text)
    t.false(/7374|4242424242424242|3704|737"/.test(answer.text), answer.text)
  }
  t.is(stripe.received.length + paypal.received.length, 0)
  t.deepEqual(await events(), [])
})

test('there is nothing to finish where nothing waits', async (t) => {
  const { card, finish, send } = await shop(t)
  const id = await card()
  refused(t, await finish(id, 'stripe'), 404, 'not_found')
  refused(t, await finish(id, 'adyen'), 404, 'not_found')
  await send('DELETE', `/v1/tokens/${id}`)
  refused(t, await finish(id, 'stripe'), 410, 'token_deleted')
})
