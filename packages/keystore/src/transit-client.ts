import { setTimeout as delay } from 'node:timers/promises'
import { KeyProviderRefused, KeyProviderUnavailable } from './errors.ts'

/** Where a transit key is, and how it is reached. */
export interface TransitOptions {
  /** Such as `https://openbao.example:8200`. Plain HTTP only to this machine, because every request carries the token. */
  readonly address: string
  /** Name of the transit key. */
  readonly key: string
  /** Asked before each request, so that a token that an agent renews in a file is picked up. */
  readonly readToken: () => Promise<string>
  /** `X-Vault-Namespace`, if there is one. */
  readonly namespace?: string | undefined
  /** Where the engine is mounted; `transit` unless told otherwise. */
  readonly mount?: string | undefined
  /** For one request with all its attempts; five seconds unless told otherwise. */
  readonly timeoutMs?: number | undefined
}

/** What the server makes of a request: its `data`, or that the request was invalid (400) or its path unknown (404). */
export type TransitAnswer =
  | { readonly outcome: 'done'; readonly data: Readonly<Record<string, unknown>> }
  | { readonly outcome: 'invalid' | 'unknown' }

export interface TransitClient {
  get(path: string): Promise<TransitAnswer>
  /** A POST that may be sent twice with the same effect as once. */
  post(path: string, body: object): Promise<TransitAnswer>
  /** A POST that may not: it is sent once, whatever happens to its answer. */
  postOnce(path: string, body: object): Promise<TransitAnswer>
}

const TIMEOUT_MS = 5_000
const PAUSES_MS = [50, 200]
/** As the server's own pattern for names, which end in no period (OpenBao API, "Parameter restrictions"). */
const NAME = /^\w(?:[\w.-]*\w)?$/
const THIS_MACHINE = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * Speaks HTTP with the transit secrets engine of OpenBao or HashiCorp Vault. Its answers' texts are not repeated anywhere.
 *
 * @throws {TypeError} An option that cannot be meant. The message names it and does not repeat its value.
 */
export function transitClient(options: TransitOptions): TransitClient {
  const base = baseUrl(options)

  /** Whoever renews the token may be late, or have left a file that cannot be read: asking again later may help. */
  async function token(): Promise<string> {
    try {
      return await options.readToken()
    } catch (cause) {
      throw new KeyProviderUnavailable('its token cannot be read', { cause })
    }
  }

  async function attempt(method: string, path: string, body: object | undefined, signal: AbortSignal) {
    const headers: Record<string, string> = { 'x-vault-token': await token(), 'x-vault-request': 'true' }
    if (options.namespace !== undefined) headers['x-vault-namespace'] = options.namespace
    if (body !== undefined) headers['content-type'] = 'application/json'
    // A redirect would carry the token to wherever it points.
    const request: RequestInit = { method, headers, signal, redirect: 'manual' }
    const response = await fetch(
      `${base}/${path}`,
      body === undefined ? request : { ...request, body: JSON.stringify(body) },
    )
    return judge(response.status, await response.text())
  }

  async function send(method: string, path: string, body?: object, pausesMs: readonly number[] = PAUSES_MS) {
    const signal = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
    for (const pauseMs of [...pausesMs, undefined]) {
      try {
        return await attempt(method, path, body, signal)
      } catch (error) {
        const failure = reasonOf(error, signal)
        if (!(failure instanceof KeyProviderUnavailable) || signal.aborted || pauseMs === undefined) throw failure
        await delay(pauseMs)
      }
    }
    throw new KeyProviderUnavailable('it does not answer')
  }

  return {
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    postOnce: (path, body) => send('POST', path, body, []),
  }
}

/** @see OpenBao API, "HTTP status codes" and "Error response" */
function judge(status: number, text: string): TransitAnswer {
  if (status === 204) return { outcome: 'done', data: {} }
  if (status === 200) return { outcome: 'done', data: dataOf(text) }
  if (status === 400) return { outcome: 'invalid' }
  if (status === 404) return { outcome: 'unknown' }
  if (status === 503) throw new KeyProviderUnavailable('it is sealed or under maintenance (503)')
  if (status === 429 || status >= 500 || status < 400) throw new KeyProviderUnavailable(`it answers ${status}`)
  if (status === 401 || status === 403)
    throw new KeyProviderRefused(`the token is not valid or not allowed to (${status})`)
  throw new KeyProviderRefused(`it answers ${status}`)
}

function dataOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const { data } = JSON.parse(text) as { data?: unknown }
    if (typeof data === 'object' && data !== null) return data as Record<string, unknown>
  } catch {}
  throw new KeyProviderUnavailable('its answer is not one of the transit engine')
}

function reasonOf(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof KeyProviderUnavailable || error instanceof KeyProviderRefused) return error
  if (signal.aborted) return new KeyProviderUnavailable('it does not answer in time', { cause: error })
  // What `fetch` throws when the network fails (Fetch, "network error").
  return error instanceof TypeError ? new KeyProviderUnavailable('it cannot be reached', { cause: error }) : error
}

function baseUrl({ address, key, mount = 'transit' }: TransitOptions): string {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username || url.search || url.hash) {
    throw new TypeError('the address of the transit engine is not a URL like https://openbao.example:8200')
  }
  if (url.protocol === 'http:' && !THIS_MACHINE.has(url.hostname)) {
    throw new TypeError('the transit engine is reached over https, unless it runs on this machine')
  }
  if (!NAME.test(key)) throw new TypeError('the name of the transit key is not one')
  if (!mount.split('/').every((part) => NAME.test(part)))
    throw new TypeError('the mount of the transit engine is not one')
  return `${url.href.replace(/\/+$/, '')}/v1/${mount}`
}
