import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { supplyOf } from './figure.ts'
import { callers, httpRequest } from './load.ts'

const LIMITS = { seconds: 5, most: 100 }

async function server(
  t: ExecutionContext,
  answer: (body: string) => { status: number; body: string },
): Promise<number> {
  const listening = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { status, body } = answer(Buffer.concat(chunks).toString())
    response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body)
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  t.teardown(() => listening.close())
  return (listening.address() as AddressInfo).port
}

const requests = (count: number) =>
  supplyOf(Array.from({ length: count }, (_, n) => httpRequest('POST', '/things', {}, { n })))

test('each request is sent once and answered, also where the answer comes in pieces', async (t) => {
  const got: number[] = []
  const port = await server(t, (body) => ({ status: 201, body: body + ' '.repeat(300_000) }))
  const clients = await callers(port, 4, (body) => got.push(JSON.parse(body.toString()).n))
  t.teardown(() => clients.close())
  const { perSecond, p99Ms } = await clients.run(requests(20), LIMITS)
  t.deepEqual(
    got.toSorted((a, b) => a - b),
    Array.from({ length: 20 }, (_, n) => n),
  )
  t.true(perSecond > 0 && (p99Ms ?? 0) > 0)
})

test('a round takes no more than it may', async (t) => {
  const port = await server(t, () => ({ status: 200, body: '' }))
  const clients = await callers(port, 2)
  t.teardown(() => clients.close())
  const supply = requests(10)
  await clients.run(supply, { seconds: 5, most: 3 })
  let left = 0
  while (supply.next()) left++
  t.is(left, 7)
})

test('a refusal ends the run and is shown', async (t) => {
  const port = await server(t, () => ({ status: 409, body: '{"code":"invalid_transition"}' }))
  const clients = await callers(port, 1)
  t.teardown(() => clients.close())
  await t.throwsAsync(clients.run(requests(1), LIMITS), { message: /409.*invalid_transition/s })
})

test('a service that goes away ends the run', async (t) => {
  const port = await server(t, () => ({ status: 200, body: '' }))
  const clients = await callers(port, 1)
  clients.close()
  await t.throwsAsync(clients.run(requests(1), LIMITS), { message: /closed a connection/ })
})
