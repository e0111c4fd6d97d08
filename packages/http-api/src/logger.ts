import { pino } from 'pino'

export type Logger = pino.Logger

/** What is kept of an error. A class, so that nothing else passes for it. */
class DescribedError {
  readonly type: string
  readonly code?: string
  readonly cause?: DescribedError
  readonly at?: readonly string[]

  /** The class of an error, its SQLSTATE or system code, and where it was thrown; never its message. */
  constructor(error: unknown) {
    this.type = error instanceof Error ? error.constructor.name : typeof error
    if (!(error instanceof Error)) return
    const code = (error as { code?: unknown }).code
    if (typeof code === 'string' && /^[A-Za-z0-9_]{1,40}$/.test(code)) this.code = code
    if (error.cause instanceof Error) this.cause = new DescribedError(error.cause)
    // The stack repeats the message, and the message may have lines that look like frames.
    const frames = (error.stack ?? '').replace(error.message, () => '').split('\n')
    const places = frames.filter((line) => /^\s+at /.test(line))
    this.at = places.slice(0, 8).map((line) => line.trim())
  }
}

const describe = (error: unknown) => (error instanceof DescribedError ? error : new DescribedError(error))

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
      serializers: { req: () => undefined, res: () => undefined, err: describe },
      hooks: {
        // A line that has an error and no message of its own gets the error's from pino, so the error goes first.
        logMethod(args, method) {
          const [first, message, ...rest] = args as [unknown, string | undefined, ...unknown[]]
          const error = first instanceof Error ? first : (first as { err?: unknown } | null)?.err
          if (error === undefined) return method.apply(this, args)
          const fields = first instanceof Error ? {} : (first as object)
          const own = message !== undefined && message !== (error as { message?: unknown } | null)?.message
          const said = own ? [message, ...rest] : []
          return method.apply(this, [{ ...fields, err: describe(error) }, ...said] as unknown as typeof args)
        },
      },
    },
    // Lines are written some at a time, a tenth of a second late at most: one by one they cost more than the lines themselves.
    destination ?? pino.destination({ sync: false, minLength: 4_096, periodicFlush: 100 }),
  )
}
