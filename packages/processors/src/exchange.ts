import { ExchangeFailed } from './exchange-failed.ts'

export interface ExchangeRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  readonly timeoutMs: number
}

export interface ExchangeAnswer {
  readonly status: number
  /** Undefined where the body is no JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined
  /** Whether there was no body at all. */
  readonly empty: boolean
}

/** Several times the largest answer of either processor. */
const ANSWER_BYTES_MAX = 2_097_152

/**
 * Sends one request once, and reads one answer. Redirects are not followed: a card number goes where it was meant to, or nowhere.
 *
 * @throws {ExchangeFailed} There was no answer, or none that could be read to its end.
 */
export async function exchange(request: ExchangeRequest): Promise<ExchangeAnswer> {
  const signal = AbortSignal.timeout(request.timeoutMs)
  try {
    const response = await fetch(request.url, {
      method: request.method,
      // Compressed answers would be a second thing that can be broken, and bombs.
      headers: { ...request.headers, 'accept-encoding': 'identity', 'user-agent': 'Kontor' },
      redirect: 'manual',
      signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    })
    const text = await textOf(response)
    return { status: response.status, json: objectFrom(text), empty: text === '' }
  } catch (error) {
    if (error instanceof ExchangeFailed) throw error
    if (signal.aborted) throw ExchangeFailed.unknown('timeout')
    throw failureOf(error)
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) throw ExchangeFailed.unknown('unreadable_answer')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** `JSON.parse` quotes its input where it fails, so what it says stays here. */
export function objectFrom(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text, (key, member) => (key === '__proto__' ? undefined : member))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** Where a name is looked up and a connection made, nothing has been written yet. */
const BEFORE_THE_REQUEST = new Set(['getaddrinfo', 'connect'])

/**
 * How Node.js names a certificate that it does not accept (Node.js, "X509 certificate error codes"): it says so before it writes.
 * Other TLS errors can come after the request: in TLS 1.3 a server may refuse when it has read it.
 */
const CERTIFICATE =
  /^(CERT_\w+|CRL_\w+|UNABLE_TO_\w+|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|ERR_TLS_CERT_ALTNAME_INVALID|ERR_TLS_CERT_ALTNAME_FORMAT)$/

/** Whoever cannot prove that nothing was sent says that it is not known. */
function failureOf(error: unknown): ExchangeFailed {
  const causes = causesOf((error as { cause?: unknown } | undefined)?.cause)
  if (causes.length > 0 && causes.every(isBeforeTheRequest)) return ExchangeFailed.notSent('unreachable')
  if (causes.length > 0 && causes.every(({ code }) => CERTIFICATE.test(code)))
    return ExchangeFailed.notSent('insecure_connection')
  return ExchangeFailed.unknown('connection_lost')
}

interface Cause {
  readonly code: string
  readonly syscall: string
}

function isBeforeTheRequest({ code, syscall }: Cause): boolean {
  return BEFORE_THE_REQUEST.has(syscall) || code === 'UND_ERR_CONNECT_TIMEOUT'
}

/** A host with several addresses fails once for each. */
function causesOf(cause: unknown): Cause[] {
  if (typeof cause !== 'object' || cause === null) return []
  const { errors, code, syscall } = cause as { errors?: unknown; code?: unknown; syscall?: unknown }
  if (Array.isArray(errors) && errors.length > 0) return errors.flatMap(causesOf)
  return [{ code: String(code), syscall: String(syscall) }]
}
