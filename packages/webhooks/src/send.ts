import { lookup } from 'node:dns/promises'
import { type ClientRequest, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { type AddressRules, mayReach } from './address.ts'
import { hostOf } from './target.ts'

/** What became of one attempt. */
export type Outcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** The header of that name, as it came. */
      readonly retryAfter?: string
    }
  /** Nobody answered, or not as HTTP has it. Whether the message arrived is not known. */
  | { readonly kind: 'failed'; readonly code: FailureCode }

export type FailureCode =
  | 'name_not_found'
  | 'address_not_allowed'
  | 'timeout'
  | 'connection_failed'
  | 'tls_failed'
  | 'malformed_answer'

/** Sends a message once. It never throws. */
export type Send = (target: URL, headers: Readonly<Record<string, string>>, body: string) => Promise<Outcome>

export interface SendOptions extends AddressRules {
  /** For everything from the question after the name to the head of the answer; ten seconds unless given. */
  readonly timeoutMs?: number
  /** All addresses of a name; the system's resolver unless given. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
  /** Certificates that are trusted besides the usual ones, for tests. */
  readonly ca?: string
}

const TIMEOUT_MS = 10_000

const resolveName = async (host: string): Promise<string[]> =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address)

/**
 * Makes what sends messages to addresses that strangers have named. The name is resolved here, every address of it is judged, and the
 * connection goes to the very address that was judged, so that a second answer of the name cannot lead elsewhere. Redirects are not
 * followed, no proxy is asked, and of the answer nothing but the head is read.
 */
export function sender({ loopback, timeoutMs = TIMEOUT_MS, resolve = resolveName, ca }: SendOptions): Send {
  return async (target, headers, body) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const host = hostOf(target)
    let addresses: readonly string[]
    try {
      addresses = isIP(host) === 0 ? await before(signal, resolve(host)) : [host]
    } catch {
      return { kind: 'failed', code: signal.aborted ? 'timeout' : 'name_not_found' }
    }
    const [address] = addresses
    if (address === undefined) return { kind: 'failed', code: 'name_not_found' }
    // One forbidden address among others is reason enough: such a name is a trap, or a mistake.
    if (!addresses.every((each) => mayReach(each, { loopback }))) return { kind: 'failed', code: 'address_not_allowed' }
    const length = String(Buffer.byteLength(body))
    const options = {
      method: 'POST',
      host: address,
      port: target.port || (target.protocol === 'https:' ? 443 : 80),
      path: `${target.pathname}${target.search}`,
      headers: { ...headers, host: target.host, 'content-length': length, connection: 'close' },
      agent: false as const,
      signal,
    }
    const secure = { servername: isIP(host) === 0 ? host : '', ...(ca === undefined ? {} : { ca }) }
    return exchange(
      () => (target.protocol === 'https:' ? requestHttps({ ...options, ...secure }) : requestHttp(options)),
      body,
      signal,
    )
  }
}

function exchange(begin: () => ClientRequest, body: string, signal: AbortSignal): Promise<Outcome> {
  return new Promise((settle) => {
    const fail = (error: unknown) =>
      settle({ kind: 'failed', code: signal.aborted ? 'timeout' : failureOf(error as NodeJS.ErrnoException) })
    try {
      const request = begin()
      request.on('error', fail)
      request.on('response', (response) => {
        response.on('error', () => undefined)
        const retryAfter = response.headers['retry-after']
        settle({
          kind: 'answered',
          status: response.statusCode ?? 0,
          ...(retryAfter === undefined ? {} : { retryAfter }),
        })
        // Whatever follows is not ours to read, however long it is.
        response.destroy()
      })
      request.on('upgrade', (_response, socket) => {
        socket.destroy()
        settle({ kind: 'failed', code: 'malformed_answer' })
      })
      request.end(body)
    } catch (error) {
      fail(error)
    }
  })
}

function failureOf({ code = '' }: { readonly code?: string }): FailureCode {
  if (code.startsWith('HPE_')) return 'malformed_answer'
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|EPROTO)/.test(code)) return 'tls_failed'
  return 'connection_failed'
}

/** @throws {unknown} The reason of the signal, if it comes first. */
async function before<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted()
  return Promise.race([
    work,
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  ])
}
