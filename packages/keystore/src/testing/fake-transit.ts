import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerTransit, type FakeKey, newFakeKey, Refusal } from './fake-transit-engine.ts'

/** How the fake misbehaves for one request: by a status, by closing the connection, by silence, by an answer of another kind. */
export type Mishap = number | 'reset' | 'silence' | 'nonsense' | 'lost answer'

/** A server with the published API of the transit engine, for tests. */
export interface FakeTransit {
  readonly address: string
  /** May do everything; others can be added to `tokens`. */
  readonly token: string
  /** Token → the policy paths it may use, each a regular expression over `METHOD path`. */
  readonly tokens: Map<string, RegExp>
  readonly keys: Map<string, FakeKey>
  /** What happens to the next requests, one each. */
  readonly mishaps: (Mishap | undefined)[]
  /** `METHOD path` of every request, in order. */
  readonly requests: string[]
  sealed: boolean
  /** The only namespace there is besides the root, if any. */
  namespace: string | undefined
  close(): Promise<void>
}

/**
 * Starts the fake on a free port of this machine with one key, `kontor`. Each refusal names where it is published; where the
 * reference leaves a text open, nothing in it matters to us.
 */
export async function fakeTransit(mount = 'transit'): Promise<FakeTransit> {
  const token = `s.${randomBytes(12).toString('hex')}`
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const fake: FakeTransit = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    tokens: new Map([[token, /./]]),
    keys: new Map([['kontor', newFakeKey()]]),
    mishaps: [],
    requests: [],
    sealed: false,
    namespace: undefined,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    fake.requests.push(`${request.method} ${request.url}`)
    const mishap = fake.mishaps.shift()
    if (mishap === 'silence') return
    if (mishap === 'reset') return void request.socket.destroy()
    if (mishap === 'nonsense') return void response.writeHead(200).end('<html></html>')
    if (typeof mishap === 'number') return send(response, mishap, { errors: [] })
    const [status, body] = handle(request, Buffer.concat(chunks).toString('utf8'))
    if (mishap === 'lost answer') return void request.socket.destroy()
    send(response, status, body)
  }

  function handle(request: IncomingMessage, text: string): [number, object] {
    try {
      return [200, { data: judge(request, text) }]
    } catch (error) {
      // "Error response": this structure is returned for any status of 400 and more.
      if (error instanceof Refusal) return [error.status, { errors: error.errors }]
      throw error
    }
  }

  function judge(request: IncomingMessage, text: string): object {
    // "HTTP status codes", 503: down for maintenance or currently sealed. It comes before anything is authenticated.
    if (fake.sealed) throw new Refusal(503, ['Vault is sealed'])
    const prefix = `/v1/${mount}/`
    const path = request.url?.startsWith(prefix) ? request.url.slice(prefix.length) : undefined
    // "HTTP status codes", 404: the path truly does not exist, as an unknown mount or namespace.
    const space = request.headers['x-vault-namespace']
    if (path === undefined || (space !== undefined && space !== fake.namespace))
      throw new Refusal(404, ['no handler for route'])
    // "HTTP status codes", 403: authentication details are incorrect, or access is not granted; "Authentication": X-Vault-Token.
    const allowed = fake.tokens.get(String(request.headers['x-vault-token']))
    if (!allowed?.test(`${request.method} ${path}`)) throw new Refusal(403, ['permission denied'])
    return answerTransit(fake.keys, request.method ?? '', path, bodyOf(text))
  }

  return fake
}

function bodyOf(text: string): Readonly<Record<string, unknown>> {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    // "HTTP status codes", 400: invalid request.
    throw new Refusal(400, ['failed to parse JSON input'])
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
