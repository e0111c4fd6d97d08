import { createServer as createSecureServer } from 'node:https'
import { createServer } from 'node:net'
import test from 'ava'
import { selfSigned } from '../../../test/support/self-signed.ts'
import { exchange, objectFrom } from './exchange.ts'
import { ExchangeFailed } from './exchange-failed.ts'
import { atPaypal, atStripe, created, eur, PAYPAL_ACCOUNT } from './testing/processors.ts'

const get = (url: string) => exchange({ method: 'POST', url, headers: {}, body: '{}', timeoutMs: 5000 })

/** A port of this machine on which nobody listens. */
async function deafPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('where nobody listens, nothing was sent', async (t) => {
  const error = await t.throwsAsync(get(`http://127.0.0.1:${await deafPort()}/`), { instanceOf: ExchangeFailed })
  t.deepEqual(error.outcome, { outcome: 'not_sent', because: 'unreachable' })
})

test('where a host has several addresses and none answers, nothing was sent', async (t) => {
  const error = await t.throwsAsync(get(`http://localhost:${await deafPort()}/`), { instanceOf: ExchangeFailed })
  t.deepEqual(error.outcome, { outcome: 'not_sent', because: 'unreachable' })
})

test('where there is no such host, nothing was sent', async (t) => {
  const error = await t.throwsAsync(get('http://nowhere.invalid/'), { instanceOf: ExchangeFailed })
  t.is(error.outcome.outcome, 'not_sent')
})

test('a connection that ends before an answer leaves the outcome unknown', async (t) => {
  const server = createServer((socket) => socket.once('data', () => socket.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const error = await t.throwsAsync(get(`http://127.0.0.1:${port}/`), { instanceOf: ExchangeFailed })
  t.deepEqual(error.outcome, { outcome: 'unknown', because: 'connection_lost' })
})

test('an answer that is cut off leaves the outcome unknown', async (t) => {
  const server = createServer((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"id":')),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const error = await t.throwsAsync(get(`http://127.0.0.1:${port}/`), { instanceOf: ExchangeFailed })
  t.is(error.outcome.outcome, 'unknown')
})

test('a certificate that is not accepted is found before anything is written', async (t) => {
  let written = 0
  const server = createSecureServer(selfSigned(), (_, response) => {
    written++
    response.end('{}')
  })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const error = await t.throwsAsync(get(`https://127.0.0.1:${port}/`), { instanceOf: ExchangeFailed })
  t.deepEqual(error.outcome, { outcome: 'not_sent', because: 'insecure_connection' })
  t.is(written, 0)
})

test('TLS with somebody who does not speak it proves nothing, so the outcome is unknown', async (t) => {
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const error = await t.throwsAsync(get(`https://127.0.0.1:${port}/`), { instanceOf: ExchangeFailed })
  t.is(error.outcome.outcome, 'unknown')
})

test('a processor that is down takes no charge, and another one may', async (t) => {
  const baseUrl = `http://127.0.0.1:${await deafPort()}`
  const request = { idempotencyKey: 'charge-1', amount: eur(1n), capture: 'automatic', ourReference: 'chg_1' } as const
  const { processor: stripe } = await atStripe(t, { baseUrl })
  const instrument = { type: 'card', instrument: 'pm_1' } as const
  t.deepEqual(await stripe.create({ ...request, instrument }), { outcome: 'not_sent', because: 'unreachable' })
  const { processor: paypal } = await atPaypal(t, { baseUrl })
  t.deepEqual(await paypal.create({ ...request, instrument: PAYPAL_ACCOUNT }), {
    outcome: 'not_sent',
    because: 'unreachable',
  })
})

test('credentials that are refused carry nothing out', async (t) => {
  const { processor: stripe, fake } = await atStripe(t, { secretKey: 'sk_test_wrong' })
  t.deepEqual(await stripe.retrieve('pi_1'), { outcome: 'not_sent', because: 'credentials_refused' })
  t.is(fake.state.intents.size, 0)
  const { processor: paypal } = await atPaypal(t, { clientSecret: 'wrong' })
  await t.throwsAsync(created(paypal, PAYPAL_ACCOUNT), { message: 'not created: not_sent' })
})

test('a JSON object is read, anything else is not, and no prototype comes with it', (t) => {
  t.deepEqual(objectFrom('{"a":1}'), { a: 1 })
  for (const text of ['', '[]', '1', 'null', '"a"', '{"a":', '['.repeat(200_000)]) t.is(objectFrom(text), undefined)
  const read = objectFrom('{"__proto__":{"admin":true},"b":{"__proto__":1}}')
  t.deepEqual(Object.keys(read ?? {}), ['b'])
  t.is((read as { admin?: boolean }).admin, undefined)
})
