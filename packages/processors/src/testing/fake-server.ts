import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Mishap, Received } from './mishap.ts'

export interface Answered {
  readonly status: number
  readonly body: object | undefined
}

/** What a fake is of: how requests are judged, and what its errors look like. */
export interface FakeRules {
  readonly idempotencyHeader: string
  /** `carryOut` is called once for each request that reaches the processor, in order. */
  carryOut(request: Received): Answered
  /** An error of the processor's own with this status. */
  errorOf(status: number, request: Received): object
  /** Whether the next mishap may fall on this request. Fetching a token is not one of those that tests count. */
  counts(request: Received): boolean
}

export interface FakeServer {
  readonly baseUrl: string
  /** Every request, in order. */
  readonly received: readonly Received[]
  /** What happens to the next requests, one each; undefined is nothing. */
  readonly mishaps: (Mishap | undefined)[]
  /** How often each key was received, by key. */
  timesReceived(key: string): number
  close(): Promise<void>
}

const LARGER_THAN_ANY_ANSWER = 3_000_000

/** A processor over real HTTP, on a free port of this machine, that misbehaves when it is told to. */
export async function fakeServer(rules: FakeRules): Promise<FakeServer> {
  const received: Received[] = []
  const mishaps: (Mishap | undefined)[] = []
  /** Keys of requests that are being answered late. */
  const busy = new Set<string>()
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const request: Received = {
      method: incoming.method ?? '',
      path: (incoming.url ?? '').split('?')[0] ?? '',
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    }
    received.push(request)
    const mishap = rules.counts(request) ? mishaps.shift() : undefined
    if (mishap !== undefined) request.mishap = mishap
    if (mishap === 'reset before') return void incoming.socket.destroy()
    if (typeof mishap === 'object' && ('status' in mishap || 'bare' in mishap || 'redirect' in mishap))
      return answerInstead(mishap, request, response)
    const key = String(request.headers[rules.idempotencyHeader] ?? '')
    if (busy.has(key)) return send(request, response, { status: 409, body: rules.errorOf(409, request) })
    const answered = rules.carryOut(request)
    if (typeof mishap === 'object' && key !== '') busy.add(key)
    await misbehave(mishap, incoming, response, () => send(request, response, answered))
    busy.delete(key)
  }

  function answerInstead(
    mishap: { status: number } | { bare: number } | { redirect: string },
    request: Received,
    response: ServerResponse,
  ): void {
    if ('redirect' in mishap) return void response.writeHead(307, { location: mishap.redirect }).end()
    if ('bare' in mishap) return void response.writeHead(mishap.bare, { 'content-type': 'text/html' }).end('<html>')
    send(request, response, { status: mishap.status, body: rules.errorOf(mishap.status, request) })
  }

  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    mishaps,
    timesReceived: (key) => received.filter(({ headers }) => headers[rules.idempotencyHeader] === key).length,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function misbehave(
  mishap: Exclude<Mishap, { status: number } | { bare: number } | { redirect: string }> | undefined,
  incoming: IncomingMessage,
  response: ServerResponse,
  answer: () => void,
): Promise<void> {
  const json = { 'content-type': 'application/json' }
  if (mishap === undefined) return answer()
  if (typeof mishap === 'object') {
    await ('held' in mishap ? mishap.held : delay(mishap.late))
    return answer()
  }
  switch (mishap) {
    case 'twice': {
      answer()
      const again = '{"object":"payment_intent","id":"of_somebody_else","status":"succeeded"}'
      incoming.socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${again.length}\r\n\r\n${again}`)
      return
    }
    case 'silence':
    case 'reset before':
      return
    case 'reset after':
      return void incoming.socket.destroy()
    case 'garbage':
      return void response.writeHead(200, json).end('{"id": "4242 4242')
    case 'not json':
      return void response.writeHead(200, json).end('["nothing", "of the kind"]')
    case 'unknown type':
      return void response.writeHead(200, { 'content-type': 'application/x-unheard-of' }).end('\u0000\u0001')
    case 'broken gzip':
      return void response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end('this is no gzip')
    case 'huge':
      return void response.writeHead(200, json).end(`{"id":"${'x'.repeat(LARGER_THAN_ANY_ANSWER)}"}`)
    case 'lost in 500':
      return void response.writeHead(500, json).end('{}')
  }
}

function send(request: Received, response: ServerResponse, { status, body }: Answered): void {
  request.status = status
  request.answer = body
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(body === undefined ? undefined : JSON.stringify(body))
}
