import { setTimeout as wait } from 'node:timers/promises'
import type { Problem } from '@kontor/problem'

/** One service, as its clients see it. */
export interface Api {
  get<T>(path: string): Promise<T>
  /**
   * @param idempotencyKey Names this one intent: a repeated call finds what the first one did.
   * @param body JSON; none for actions that take none.
   */
  post<T>(path: string, idempotencyKey: string, body?: unknown): Promise<T>
  /** @returns The body of the answer, as it comes. */
  download(path: string): Promise<ReadableStream<Uint8Array>>
}

/** What administers a service besides. Neither takes an Idempotency-Key: doing it again changes nothing. */
export interface AdministrationApi extends Api {
  /** @param version Of what is replaced, for what changes only as it was read. */
  put<T>(path: string, body: unknown, version?: number): Promise<T>
  /** @returns `undefined` where there is nothing to say (204). */
  delete<T>(path: string): Promise<T | undefined>
}

/** A service answered with a problem document. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly problem: Problem
  readonly service: string
  constructor(problem: Problem, service: string) {
    super(problem.title)
    this.problem = problem
    this.service = service
  }
}

/** A service does not answer, or not as a service of ours does. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  readonly service: string
  constructor(service: string, options?: ErrorOptions) {
    super(`the ${service} service does not answer`, options)
    this.service = service
  }
}

export interface ApiOptions {
  /** What a person calls it: `vault` or `invoicing`. */
  readonly service: string
  readonly baseUrl: string
  readonly apiKey: string
  /** Ends every call. */
  readonly signal?: AbortSignal
  /** Pauses before each retry, in milliseconds. */
  readonly pausesMs?: readonly number[]
  /** How long an answer may take to its last byte; half a minute unless given. */
  readonly timeoutMs?: number
}

const PAUSES_MS = [100, 300, 1_000, 2_500]
const TIMEOUT_MS = 30_000
/** After this a call is not tried again: what has not passed by now does not pass by itself. */
const TRYING_MS_MAX = 20_000

/**
 * Calls a service. What can pass by itself is tried again under the same Idempotency-Key: a connection that broke, a part that
 * is down (502, 503, 504), a twin that is still at work (409 `idempotency_in_progress`), too many requests (429).
 *
 * @throws {Refused} The service said no.
 * @throws {NoAnswer} Nobody answers, after every retry.
 */
export function apiClient({
  service,
  baseUrl,
  apiKey,
  signal,
  pausesMs = PAUSES_MS,
  timeoutMs = TIMEOUT_MS,
}: ApiOptions): AdministrationApi {
  const base = baseUrl.replace(/\/+$/, '')

  async function attempt(path: string, init: RequestInit): Promise<Response> {
    const timeout = AbortSignal.timeout(timeoutMs)
    return fetch(`${base}${path}`, {
      ...init,
      redirect: 'error', // A redirect would carry the key to somebody else.
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
  }

  async function call(path: string, init: RequestInit): Promise<Response> {
    const startedMs = performance.now()
    for (let tries = 0; ; tries += 1) {
      const pauseMs = pausesMs[tries]
      const outcome = await attempt(path, init).then(
        async (response) => (response.ok ? response : await refusal(response)),
        (cause: unknown) => new NoAnswer(service, { cause }),
      )
      if (outcome instanceof Response) return outcome
      signal?.throwIfAborted()
      const tooLate = performance.now() - startedMs > TRYING_MS_MAX
      if (pauseMs === undefined || tooLate || !passesByItself(outcome)) throw outcome
      await wait(pauseMs, undefined, signal ? { signal } : {})
    }
  }

  /** A proxy or another program at that address answers in a form of its own. */
  async function refusal(response: Response): Promise<Refused | NoAnswer> {
    const problem = (await response.json().catch(() => undefined)) as Problem | undefined
    const ours = typeof problem?.code === 'string' && typeof problem.title === 'string'
    return ours ? new Refused({ ...problem, status: response.status }, service) : new NoAnswer(service)
  }

  async function json<T>(response: Response): Promise<T> {
    return (await response.json().catch((cause: unknown) => {
      throw new NoAnswer(service, { cause })
    })) as T
  }

  const authorization = `Bearer ${apiKey}`
  return {
    get: async <T>(path: string) => json<T>(await call(path, { headers: { authorization } })),
    post: async <T>(path: string, idempotencyKey: string, body?: unknown) =>
      json<T>(
        await call(path, {
          method: 'POST',
          headers: {
            authorization,
            'idempotency-key': idempotencyKey,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
      ),
    put: async <T>(path: string, body: unknown, version?: number) =>
      json<T>(
        await call(path, {
          method: 'PUT',
          headers: {
            authorization,
            'content-type': 'application/json',
            ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
          },
          body: JSON.stringify(body),
        }),
      ),
    delete: async <T>(path: string) => {
      const response = await call(path, { method: 'DELETE', headers: { authorization } })
      return response.status === 204 ? undefined : json<T>(response)
    },
    download: async (path) => {
      const { body } = await call(path, { headers: { authorization } })
      if (!body) throw new NoAnswer(service)
      return body
    },
  }
}

function passesByItself(outcome: Refused | NoAnswer): boolean {
  if (outcome instanceof NoAnswer) return true
  const { status, code } = outcome.problem
  return [429, 502, 503, 504].includes(status) || code === 'idempotency_in_progress'
}
