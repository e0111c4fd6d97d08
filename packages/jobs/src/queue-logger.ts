import { Logger } from 'graphile-worker'

/** Takes what an operator must know: the name of what happened, and the error. Messages of the library are not handed on. */
export type JobLog = (level: 'error' | 'warn', event: string, error: unknown) => void

export const silentLogger = (): Logger => new Logger(() => () => {})

/**
 * Hands errors and warnings of the library on. Its messages quote errors, and those may quote data, so that only the error goes on,
 * of which the log keeps class and place.
 */
export function queueLogger(log: JobLog): Logger {
  return new Logger(() => (level, _message, meta) => {
    if (level !== 'error' && level !== 'warning') return
    // A job that failed and will be tried again heals itself.
    const failed = meta?.failure === true
    log(level === 'error' && !failed ? 'error' : 'warn', failed ? 'job_failed' : 'job_queue', meta?.error)
  })
}
