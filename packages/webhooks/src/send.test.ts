import { createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { selfSigned } from '../../../test/support/self-signed.ts'
import { sender } from './send.ts'
import { type Answer, receiver } from './testing/receiver.ts'

const TIMEOUT_MS = 500
const send = sender({ loopback: true, timeoutMs: TIMEOUT_MS })
const HEADERS = { 'content-type': 'application/json', 'webhook-id': 'evt_1' }

async function sendTo(t: ExecutionContext, answer: Answer, path = '/hook?a=b') {
  const listening = await receiver(answer)
  t.teardown(() => listening.close())
  const begun = performance.now()
  const outcome = await send(new URL(`${listening.url}${path}`), HEADERS, '{"a":"é"}')
  return { outcome, received: listening.received, ms: performance.now() - begun }
}

const answersWith =
  (status: number): Answer =>
  (_request, response) =>
    response.writeHead(status).end('words')

test('a message arrives as it was sent, and the status is what comes of it', async (t) => {
  for (const status of [200, 204, 299, 400, 410, 500]) {
    const { outcome, received } = await sendTo(t, answersWith(status))
    t.deepEqual(outcome, { kind: 'answered', status })
    t.like(received[0], { method: 'POST', path: '/hook?a=b', body: '{"a":"é"}' })
    t.like(received[0]?.headers, { ...HEADERS, 'content-length': '10' })
  }
})

test('when whoever refuses wants to be asked again is handed on as it was said', async (t) => {
  const { outcome } = await sendTo(t, (_request, response) => response.writeHead(503, { 'retry-after': '120' }).end())
  t.deepEqual(outcome, { kind: 'answered', status: 503, retryAfter: '120' })
})

test('a redirect is not followed', async (t) => {
  const elsewhere = await receiver(answersWith(200))
  t.teardown(() => elsewhere.close())
  const { outcome } = await sendTo(t, (_request, response) =>
    response.writeHead(301, { location: elsewhere.url }).end(),
  )
  t.deepEqual(outcome, { kind: 'answered', status: 301 })
  t.deepEqual(elsewhere.received, [])
})

test('whoever says nothing, breaks off or talks nonsense gives no answer', async (t) => {
  const cases: [Answer, string][] = [
    [() => undefined, 'timeout'],
    [(_request, response) => void response.writeProcessing(), 'timeout'],
    [(_request, _response, socket) => void socket.destroy(), 'connection_failed'],
    [(_request, _response, socket) => void socket.resetAndDestroy(), 'connection_failed'],
    [(_request, _response, socket) => void socket.end('HTTP/9 what?\r\n\r\n'), 'malformed_answer'],
    [
      (_request, _response, socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n'),
      'malformed_answer',
    ],
    [
      (_request, _response, socket) => void socket.end(`HTTP/1.1 200 OK\r\nA: ${'a'.repeat(100_000)}\r\n\r\n`),
      'malformed_answer',
    ],
    [
      (_request, _response, socket) =>
        void socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n'),
      'malformed_answer',
    ],
  ]
  for (const [answer, code] of cases) {
    const { outcome, ms } = await sendTo(t, answer)
    t.deepEqual(outcome, { kind: 'failed', code } as never)
    t.true(ms < 10 * TIMEOUT_MS)
  }
})

test('of an answer without end nothing but the head is read', async (t) => {
  let written = 0
  const { outcome, ms } = await sendTo(t, (_request, response, socket) => {
    response.writeHead(200)
    const more = () => {
      while (!socket.destroyed && written < 1_000_000_000) {
        written += 65_536
        if (!response.write(Buffer.alloc(65_536))) return void response.once('drain', more)
      }
    }
    more()
  })
  t.deepEqual(outcome, { kind: 'answered', status: 200 })
  t.true(ms < 10 * TIMEOUT_MS)
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.true(written < 50_000_000, String(written))
})

test('a head that drips in is waited for as long as any answer', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write('HTTP/1.1 200 OK\r\n')
    const dripping = setInterval(() => socket.write('A: a\r\n'), 50)
    socket.on('close', () => clearInterval(dripping))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const { port } = server.address() as { port: number }
  t.deepEqual(await send(new URL(`http://127.0.0.1:${port}/`), {}, '{}'), { kind: 'failed', code: 'timeout' })
})

test('a closed port gives no answer', async (t) => {
  const closed = await receiver(answersWith(200))
  await closed.close()
  t.deepEqual(await send(new URL(closed.url), {}, '{}'), { kind: 'failed', code: 'connection_failed' })
})

test('a name that leads to a forbidden address is not asked, whatever else it leads to', async (t) => {
  const listening = await receiver(answersWith(200))
  t.teardown(() => listening.close())
  const target = new URL(`http://receiver.example:${listening.port}/`)
  for (const addresses of [['127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['10.0.0.1'], ['::1'], ['::ffff:127.0.0.1']]) {
    const strict = sender({ loopback: false, timeoutMs: TIMEOUT_MS, resolve: async () => addresses })
    t.deepEqual(await strict(target, {}, '{}'), { kind: 'failed', code: 'address_not_allowed' })
  }
  const strict = sender({ loopback: false, timeoutMs: TIMEOUT_MS })
  t.deepEqual(await strict(new URL(`http://localhost:${listening.port}/`), {}, '{}'), {
    kind: 'failed',
    code: 'address_not_allowed',
  })
  t.deepEqual(await strict(new URL(listening.url), {}, '{}'), { kind: 'failed', code: 'address_not_allowed' })
  t.deepEqual(listening.received, [])
})

test('a name is resolved once, and the connection goes to the address that was judged', async (t) => {
  const listening = await receiver(answersWith(200))
  t.teardown(() => listening.close())
  let asked = 0
  // The second answer would lead elsewhere.
  const resolve = async () => (asked++ === 0 ? ['127.0.0.1'] : ['169.254.169.254'])
  const pinned = sender({ loopback: true, timeoutMs: TIMEOUT_MS, resolve })
  t.deepEqual(await pinned(new URL(`http://receiver.example:${listening.port}/`), {}, '{}'), {
    kind: 'answered',
    status: 200,
  })
  t.is(asked, 1)
  t.is(listening.received[0]?.headers.host, `receiver.example:${listening.port}`)
})

test('a name that nobody knows, or of which nobody says anything in time', async (t) => {
  const unknown = sender({
    loopback: true,
    timeoutMs: TIMEOUT_MS,
    resolve: () => Promise.reject(new Error('ENOTFOUND')),
  })
  const target = new URL('http://receiver.example/')
  t.deepEqual(await unknown(target, {}, '{}'), { kind: 'failed', code: 'name_not_found' })
  const none = sender({ loopback: true, timeoutMs: TIMEOUT_MS, resolve: async () => [] })
  t.deepEqual(await none(target, {}, '{}'), { kind: 'failed', code: 'name_not_found' })
  const silent = sender({ loopback: true, timeoutMs: TIMEOUT_MS, resolve: () => new Promise(() => undefined) })
  t.deepEqual(await silent(target, {}, '{}'), { kind: 'failed', code: 'timeout' })
})

test('a certificate is that of the name, not of the address', async (t) => {
  const { key, cert } = selfSigned()
  const listening = await receiver(answersWith(200), { key, cert })
  t.teardown(() => listening.close())
  const trusting = sender({ loopback: true, timeoutMs: 5_000, resolve: async () => ['127.0.0.1'], ca: cert })
  const at = (name: string) => new URL(`https://${name}:${listening.port}/`)
  t.deepEqual(await trusting(at('localhost'), {}, '{}'), { kind: 'answered', status: 200 })
  t.deepEqual(await trusting(at('receiver.example'), {}, '{}'), { kind: 'failed', code: 'tls_failed' })
  const others = sender({ loopback: true, timeoutMs: 5_000, resolve: async () => ['127.0.0.1'] })
  t.deepEqual(await others(at('localhost'), {}, '{}'), { kind: 'failed', code: 'tls_failed' })
})
