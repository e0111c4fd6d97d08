import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'

/** A request as bytes, so that it can be wrong in ways that no client library lets through. */
export interface RawRequest {
  readonly method?: string
  readonly target: string
  /** Added to those that a right request has; `undefined` leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string | Buffer
  /** Less comes than was announced, and then the end. */
  readonly breaksOff?: true
}

/** An answer, from the first byte to the last. */
export interface RawAnswer {
  /** `undefined` when the server closed the connection without a word. */
  readonly status: number | undefined
  readonly bytes: Buffer
}

/** Nothing that is sent here takes long, even on a busy machine. */
const TIMEOUT_MS = 10_000

/** Writes down a request that is right but for what is given. */
export function requestBytes({ method = 'POST', target, headers = {}, body = '' }: RawRequest, apiKey: string): Buffer {
  const content = Buffer.from(body)
  const all = {
    host: '127.0.0.1',
    connection: 'close',
    authorization: `Bearer ${apiKey}`,
    'idempotency-key': randomBytes(12).toString('hex'),
    'content-type': content.length > 0 ? 'application/json' : undefined,
    'content-length': content.length > 0 ? String(content.length) : undefined,
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return Buffer.concat([Buffer.from(`${[`${method} ${target} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`), content])
}

/**
 * Sends bytes on a connection of their own, and takes whatever comes until it is closed.
 *
 * @param breaksOff Whether to end our side at once. Node.js answers nothing any more then, so it is for what it would wait for.
 * @throws {Error} The server neither answers nor closes.
 */
export async function exchange(baseUrl: string, bytes: Buffer, breaksOff = false): Promise<RawAnswer> {
  const { hostname, port } = new URL(baseUrl)
  const socket = connect({ host: hostname, port: Number(port), timeout: TIMEOUT_MS })
  const chunks: Buffer[] = []
  let late = false
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  // Being cut off in the middle is an answer as well.
  socket.on('error', () => {})
  socket.on('timeout', () => {
    late = true
    socket.destroy()
  })
  if (breaksOff) socket.end(bytes)
  else socket.write(bytes)
  await once(socket, 'close')
  const answer = Buffer.concat(chunks)
  if (late) throw new Error(`neither an answer nor an end to ${bytes.subarray(0, 30).toString('latin1')}`)
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer.subarray(0, 20).toString('latin1'))?.[1]
  return { status: status === undefined ? undefined : Number(status), bytes: answer }
}
