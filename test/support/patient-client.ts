import { setTimeout as pause } from 'node:timers/promises'

/** How long a client waits before it asks again, in milliseconds: twice as long each time, up to the maximum. */
const PAUSE_MS = 20
const PAUSE_MAX_MS = 320
/** A request that hangs is a fault: nothing here takes a tenth of that. */
const REQUEST_TIMEOUT_MS = 30_000

/** What the clients met on their way. */
export interface Tally {
  /** The connection was refused or broke before the answer. */
  broken: number
  /** 503 and 504: a dependency was down, or nobody knew what became of the request. */
  unavailable: number
  /** A retry that came while its first attempt was still at work. */
  inProgress: number
  /** Answers that a retry got for what an earlier attempt had done: acknowledgements that had been lost. */
  replayed: number
  /** Refusals that were asked for. */
  refused: number
  /** Answers that nobody should ever get, in words. */
  readonly unexpected: string[]
}

export const newTally = (): Tally => ({
  broken: 0,
  unavailable: 0,
  inProgress: 0,
  replayed: 0,
  refused: 0,
  unexpected: [],
})

/** An answer that is one: no broken connection, no 5xx. */
export interface Answer {
  readonly status: number
  /** The server said that it did nothing, because it had done it before. */
  readonly replayed: boolean
  /** How often it had to be asked. */
  readonly attempts: number
  /** Undefined for an answer without one. */
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows which document it asked for.
  readonly body: any
}

/**
 * A client of the service as the API description asks for one: on a broken connection, a 503 or a 504 it asks again, under
 * the same Idempotency-Key and at the other process, until it has an answer.
 */
export interface PatientClient {
  /** @param to The process that is asked first. */
  send(
    to: number,
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>
}

/**
 * @param urls Where the processes listen at this moment.
 * @param signal Ends the retries of a run that has failed.
 */
export function patientClient(
  urls: readonly (() => string)[],
  apiKey: string,
  tally: Tally,
  signal: AbortSignal,
): PatientClient {
  return {
    async send(to, method, path, body, headers = {}) {
      for (let attempt = 0; ; attempt++) {
        signal.throwIfAborted()
        const url = urls[(to + attempt) % urls.length]?.() as string
        const response = await fetch(`${url}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${apiKey}`,
            ...headers,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
        })
          .then(async (answer) => ({ answer, text: await answer.text() }))
          .catch((error: Error) => {
            // Anything but a broken connection, such as the time-out, ends the run.
            if (error instanceof TypeError) return undefined
            throw error
          })
        if (response === undefined) {
          tally.broken++
          await pause(Math.min(PAUSE_MS * 2 ** attempt, PAUSE_MAX_MS))
          continue
        }
        const { status } = response.answer
        const json = response.text === '' ? undefined : JSON.parse(response.text)
        const inProgress = status === 409 && json.code === 'idempotency_in_progress'
        if (status >= 500 || inProgress) {
          if (inProgress) tally.inProgress++
          else if (status === 503 || status === 504) tally.unavailable++
          else tally.unexpected.push(`${method} ${path} was answered with ${status} ${json.code}`)
          await pause(Math.min(PAUSE_MS * 2 ** attempt, PAUSE_MAX_MS))
          continue
        }
        const replayed = response.answer.headers.get('idempotent-replayed') === 'true'
        if (attempt > 0 && replayed) tally.replayed++
        return { status, replayed, attempts: attempt + 1, body: json }
      }
    },
  }
}
