import { pino } from 'pino'

export type Logger = pino.Logger

/**
 * A logger of one JSON object a line on standard output.
 *
 * Request and response objects are never serialised: a URL or a body may hold what must not be logged.
 * Of an error only its class and stack frames are kept, because its message may quote data.
 */
export function createLogger(name: string, level: string, destination?: pino.DestinationStream): Logger {
  return pino(
    {
      name,
      level,
      base: { service: name },
      serializers: { req: () => undefined, res: () => undefined, err: describeError },
    },
    destination ?? pino.destination({ sync: false }),
  )
}

/** The class of an error, its SQLSTATE or system code, and where it was thrown; never its message. */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error }
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  const code = (error as { code?: unknown }).code
  return {
    type: error.constructor.name,
    ...(typeof code === 'string' && /^[A-Za-z0-9_]{1,40}$/.test(code) ? { code } : {}),
    ...(error.cause instanceof Error ? { cause: describeError(error.cause) } : {}),
    at: frames.slice(0, 8).map((line) => line.trim()),
  }
}
