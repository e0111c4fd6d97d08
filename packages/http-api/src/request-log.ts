import type { FastifyBaseLogger } from 'fastify'
import type { Logger } from './logger.ts'

type Log = FastifyBaseLogger

/**
 * The logger of one request, which puts the request's id on each line. Most requests log nothing but the line at their end, so the child logger
 * that does it is made with the first other line: made for each request, it costs as much as that line.
 */
class RequestLog {
  readonly #parent: Log
  readonly #bindings: object
  #child: Log | undefined

  constructor(parent: Log, bindings: object) {
    this.#parent = parent
    this.#bindings = bindings
  }

  get #own(): Log {
    this.#child ??= this.#parent.child(this.#bindings) as Log
    return this.#child
  }

  get level() {
    return this.#parent.level
  }

  child(...args: Parameters<Log['child']>) {
    return this.#own.child(...args)
  }

  silent(): void {}

  fatal(...args: unknown[]): void {
    this.#own.fatal(...(args as [object]))
  }

  error(...args: unknown[]): void {
    this.#own.error(...(args as [object]))
  }

  warn(...args: unknown[]): void {
    this.#own.warn(...(args as [object]))
  }

  info(...args: unknown[]): void {
    this.#own.info(...(args as [object]))
  }

  debug(...args: unknown[]): void {
    this.#own.debug(...(args as [object]))
  }

  trace(...args: unknown[]): void {
    this.#own.trace(...(args as [object]))
  }
}

/** Gives the logger of a request to Fastify. */
export function requestLog(parent: Log | Logger, bindings: object): Log {
  return new RequestLog(parent as Log, bindings) as unknown as Log
}
