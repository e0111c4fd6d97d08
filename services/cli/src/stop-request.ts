import { watchRunners } from './runners.ts'

/** Somebody asked the command to end, with Ctrl-C or a signal. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
  /** As shells count: 130 for SIGINT, 143 for SIGTERM. */
  readonly exitCode: number
  constructor(exitCode: number) {
    super('stopped')
    this.exitCode = exitCode
  }
}

export interface StopRequest {
  /** Aborted with `Stopped` at the first request. */
  readonly signal: AbortSignal
  /** Settles at the first request. */
  readonly requested: Promise<void>
  /** Does this at the second request, for whoever cannot wait. */
  onInsist(act: () => void): void
}

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** One press reaches us several times: from the terminal, and from every runner above that passes it on. */
const ONE_REQUEST_MS = 300
/** Whoever still asks after this wants the process gone, whatever is left behind. */
const PATIENCE_MS = 15_000

/**
 * Listens for the signals that end a command.
 *
 * @param runner Whether a package runner started the command. When one is killed it takes nothing with it, so its end is
 *   watched for and counts as a request.
 */
export function listenForStop(runner: boolean): StopRequest {
  const controller = new AbortController()
  const insistent: (() => void)[] = []
  let firstMs: number | undefined
  let lastMs = 0
  const request = (exitCode: number) => {
    const nowMs = performance.now()
    const repeated = firstMs !== undefined && nowMs - lastMs < ONE_REQUEST_MS
    lastMs = nowMs
    if (firstMs === undefined) {
      firstMs = nowMs
      controller.abort(new Stopped(exitCode))
    } else if (nowMs - firstMs > PATIENCE_MS) {
      process.exit(exitCode)
    } else if (!repeated) {
      for (const act of insistent) act()
    }
  }
  for (const [name, exitCode] of Object.entries(EXIT_CODES)) process.on(name, () => request(exitCode))
  if (runner) watchRunners(() => request(EXIT_CODES.SIGTERM))
  return {
    signal: controller.signal,
    requested: new Promise((resolve) => controller.signal.addEventListener('abort', () => resolve(), { once: true })),
    onInsist: (act) => insistent.push(act),
  }
}
