import { connect, type Socket } from 'node:net'
import { quantile } from '../support/timing.ts'
import type { Round, RoundLimits, Supply } from './figure.ts'

const HEAD_END = Buffer.from('\r\n\r\n')
const LENGTHS = ['content-length: ', 'Content-Length: '].map((name) => Buffer.from(name))
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39
const STATUS_AT = 'HTTP/1.1 '.length
const DIGIT_2 = 0x32

/** Callers of one service, each with its own connection. */
export interface Callers {
  /** Sends requests until the time is up or there are no more. */
  run(requests: Supply<Buffer>, limits: RoundLimits): Promise<Round>
  close(): void
}

/**
 * The load generator: one socket for each caller, kept alive, over which requests that were built before go one at a time
 * (no pipelining: a caller sends its next request when it has the answer to the last). All it does while it measures is
 * write, look for the end of the answer and note the time, because it shares the machine with what it measures. The bare side runs in the same
 * process, so that both have the same company.
 *
 * @param ports One, or those of several processes, to which the callers are dealt out in turn.
 * @param onBody Gets the body of each answer.
 */
export async function callers(
  ports: number | readonly number[],
  count: number,
  onBody?: (body: Buffer) => void,
): Promise<Callers> {
  const all = [ports].flat()
  const sockets = await Promise.all(Array.from({ length: count }, (_, n) => open(all[n % all.length] as number)))
  const exchanges = sockets.map(exchangesOver)
  return {
    async run(requests, { seconds, most }) {
      const latencies: number[] = []
      const startedAt = performance.now()
      const endsAt = startedAt + seconds * 1_000
      let sent = 0
      const next = () => (sent < most && performance.now() < endsAt ? requests.next() : undefined)
      await Promise.all(
        exchanges.map(async (exchange) => {
          for (let request = next(); request; request = next()) {
            sent++
            const sentAt = performance.now()
            const body = await exchange(request)
            latencies.push(performance.now() - sentAt)
            onBody?.(body)
          }
        }),
      )
      const tookSeconds = (performance.now() - startedAt) / 1_000
      return { perSecond: latencies.length / tookSeconds, p99Ms: quantile(latencies, 0.99) }
    },
    close() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/**
 * @returns Sends a request and waits for the body of its answer. It throws at an answer outside 200 to 299, with its
 *   beginning: a benchmark of refusals would be a fast one.
 */
function exchangesOver(socket: Socket): (request: Buffer) => Promise<Buffer> {
  let waiting: PromiseWithResolvers<Buffer> | undefined
  let received: Buffer | undefined
  socket.on('data', (chunk: Buffer) => {
    const answer = received ? Buffer.concat([received, chunk]) : chunk
    const bodyAt = bodyOf(answer)
    received = bodyAt === undefined ? answer : undefined
    if (bodyAt === undefined) return
    if (answer[STATUS_AT] === DIGIT_2) waiting?.resolve(answer.subarray(bodyAt))
    else waiting?.reject(new Error(`the service refused: ${answer.toString('latin1').slice(0, 2_000)}`))
  })
  // A close comes after every error.
  socket.on('error', () => {})
  socket.on('close', () => waiting?.reject(new Error('the service closed a connection')))
  return (request) => {
    waiting = Promise.withResolvers<Buffer>()
    if (socket.destroyed) waiting.reject(new Error('the service has closed a connection'))
    else socket.write(request)
    return waiting.promise
  }
}

/** @returns Where the body begins once the whole answer is there; `undefined` as long as some of it is missing. */
function bodyOf(answer: Buffer): number | undefined {
  const headEnd = answer.indexOf(HEAD_END)
  if (headEnd < 0) return undefined
  const bodyAt = headEnd + HEAD_END.length
  return answer.length >= bodyAt + contentLength(answer, headEnd) ? bodyAt : undefined
}

/** Read out of the bytes as they are: to make a string of each head would cost as much as the rest. */
function contentLength(answer: Buffer, headEnd: number): number {
  for (const name of LENGTHS) {
    const at = answer.indexOf(name)
    if (at < 0 || at > headEnd) continue
    let length = 0
    for (let digit = at + name.length; isDigit(answer[digit]); digit++)
      length = length * 10 + (answer[digit] as number) - DIGIT_0
    return length
  }
  throw new Error('an answer without Content-Length')
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= DIGIT_0 && byte <= DIGIT_9

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

/** Builds a request as it goes over the wire. */
export function httpRequest(
  method: 'GET' | 'POST',
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
): Buffer {
  const text = body === undefined ? '' : JSON.stringify(body)
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : ['content-type: application/json']),
    ...(method === 'GET' ? [] : [`content-length: ${Buffer.byteLength(text)}`]),
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`)
}

let keys = 0

/** @returns An Idempotency-Key. Counted, because one in some thousand random ones looks like an IBAN and is refused. */
export function newKey(): string {
  return `bench-key-${++keys}`
}
