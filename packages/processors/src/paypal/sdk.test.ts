import { inspect } from 'node:util'
import test from 'ava'
import { ExchangeFailed } from '../exchange-failed.ts'
import { paypalFake } from '../testing/paypal-fake.ts'
import { atPaypal, created, NOW_MS, PAYPAL_ACCOUNT, TIMEOUT_MS } from '../testing/processors.ts'
import { createOrder, getOrder, PaypalClient, type PaypalConnection } from './sdk.ts'

// Each of these ends the process, hangs, or gives something away with the client of PayPal's package itself (its version 1.0.3).

const connectionTo = (fake: { baseUrl: string; clientId: string; clientSecret: string }): PaypalConnection => ({
  baseUrl: fake.baseUrl,
  clientId: fake.clientId,
  clientSecret: fake.clientSecret,
  mode: 'test',
  timeoutMs: TIMEOUT_MS,
  nowMs: () => NOW_MS,
})

for (const mishap of ['garbage', 'not json', 'unknown type', 'broken gzip', 'huge'] as const) {
  test(`an answer that cannot be read settles as unknown, and the process lives: ${mishap}`, async (t) => {
    const { fake, processor } = await atPaypal(t)
    const reference = await created(processor, PAYPAL_ACCOUNT)
    fake.mishaps.push(mishap)
    const outcome = await processor.retrieve(reference)
    t.is(outcome.outcome, 'unknown')
    t.like(await processor.retrieve(reference), { outcome: 'created' })
  })
}

test('answers are asked for as they are, not compressed', async (t) => {
  const { fake, processor } = await atPaypal(t)
  await created(processor, PAYPAL_ACCOUNT)
  t.deepEqual([...new Set(fake.received.map(({ headers }) => headers['accept-encoding']))], ['identity'])
})

test('fifty requests at once fetch one access token, and the next ones none', async (t) => {
  const { fake, processor } = await atPaypal(t)
  const ask = () => Promise.all(Array.from({ length: 50 }, (_, i) => processor.retrieve(`O-${i}`)))
  await ask()
  await ask()
  t.is(fake.tokensFetched(), 1)
})

test('an access token belongs to one client: another server, mode or secret under the same id has its own', async (t) => {
  const [sandbox, live] = await Promise.all([paypalFake('TheSecretOfTheSandbox'), paypalFake('TheSecretOfLive')])
  t.teardown(() => Promise.all([sandbox.close(), live.close()]))
  t.is(sandbox.clientId, live.clientId)
  for (const fake of [sandbox, live, sandbox]) {
    const answer = await new PaypalClient(connectionTo(fake)).execute(getOrder('O-1'))
    t.is(answer.status, 404)
  }
  t.is(sandbox.tokensFetched(), 2)
  t.is(live.tokensFetched(), 1)
  const rotated = new PaypalClient({ ...connectionTo(live), clientSecret: 'TheSecretOfYesterday' })
  const error = await t.throwsAsync(rotated.execute(getOrder('O-1')), { instanceOf: ExchangeFailed })
  t.deepEqual(error.outcome, { outcome: 'not_sent', because: 'credentials_refused' })
})

test('a token that is no longer taken is fetched anew once, and the request is sent under its own key', async (t) => {
  const { fake, processor } = await atPaypal(t)
  await processor.retrieve('O-1')
  fake.accessTokens.clear()
  await created(processor, PAYPAL_ACCOUNT)
  t.is(fake.tokensFetched(), 2)
  t.is(fake.timesReceived('charge-1-create'), 2)
  t.is(fake.engine.orders.size, 1)
  fake.mishaps.push({ status: 401 }, { status: 401 })
  t.deepEqual(await processor.retrieve('O-1'), { outcome: 'not_sent', because: 'credentials_refused' })
  t.is(fake.tokensFetched(), 3)
})

test('a token is replaced before it ends', async (t) => {
  let nowMs = NOW_MS
  const { fake, processor } = await atPaypal(t, { nowMs: () => nowMs })
  await processor.retrieve('O-1')
  nowMs += (32_400 - 61) * 1000
  await processor.retrieve('O-1')
  t.is(fake.tokensFetched(), 1)
  nowMs += 2000
  await processor.retrieve('O-1')
  t.is(fake.tokensFetched(), 2)
})

const failing = [
  ['refuses the credentials', { status: 401, body: { error: 'invalid_client' } }, 'credentials_refused'],
  ['asks for patience', { status: 429, body: { name: 'RATE_LIMIT_REACHED' } }, 'rate_limited'],
  ['is broken', { status: 500, body: {} }, 'preparation_failed'],
  ['gives no token', { status: 200, body: { access_token: 'two words', expires_in: 1 } }, 'preparation_failed'],
  ['gives one without an end', { status: 200, body: { access_token: 'A21AA' } }, 'preparation_failed'],
] as const
for (const [what, answer, because] of failing) {
  test(`whoever gives out tokens ${what}: the request was certainly not sent, and the next one tries again`, async (t) => {
    const { fake, processor } = await atPaypal(t)
    fake.tokenAnswers.push(answer)
    t.deepEqual(await processor.retrieve('O-1'), { outcome: 'not_sent', because })
    t.is(fake.received.filter(({ path }) => path !== '/v1/oauth2/token').length, 0)
    t.like(await processor.retrieve('O-1'), { outcome: 'declined', reason: 'not_found' })
  })
}

test('the path of a base URL is kept', async (t) => {
  const { fake } = await atPaypal(t)
  const client = new PaypalClient({ ...connectionTo(fake), baseUrl: `${fake.baseUrl}/mock/paypal/` })
  await t.throwsAsync(client.execute(getOrder('O-1')), { instanceOf: ExchangeFailed })
  t.is(fake.received[0]?.path, '/mock/paypal/v1/oauth2/token')
})

test('a client that is printed shows neither secret nor token', async (t) => {
  const { fake } = await atPaypal(t)
  const client = new PaypalClient(connectionTo(fake))
  await client.execute(getOrder('O-1'))
  const shown = inspect(client, { depth: 10, showHidden: true }) + JSON.stringify(client)
  for (const secret of [fake.clientSecret, fake.clientId, 'A21AA']) t.false(shown.includes(secret))
})

test('an order is made under a key, for which the package has no method', (t) => {
  t.is(createOrder('charge-1', {}).headers['PayPal-Request-Id'], 'charge-1')
})

test('a client speaks over https, or to this machine', (t) => {
  const options = { clientId: 'a', clientSecret: 'b', mode: 'test', timeoutMs: 1, nowMs: () => 0 } as const
  for (const baseUrl of [
    'http://api.paypal.com',
    'ftp://localhost',
    'nonsense',
    'https://user:secret@paypal.com',
    'https://a/?b',
  ]) {
    const error = t.throws(() => new PaypalClient({ ...options, baseUrl }), { instanceOf: TypeError })
    t.false(error.message.includes(baseUrl))
  }
})
