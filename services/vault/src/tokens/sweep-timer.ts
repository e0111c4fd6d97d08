import type { Logger } from '@kontor/http-api'
import type { Swept } from './sweep.ts'

/**
 * Sweeps again and again, with a pause after each sweep, so that a slow one is never overtaken.
 *
 * @returns Stops it, and resolves when the sweep under way is done.
 */
export function sweepEvery(
  sweep: () => Promise<Swept>,
  { everyMs, logger }: { readonly everyMs: number; readonly logger: Logger },
): () => Promise<void> {
  let timer: NodeJS.Timeout
  let stopped = false
  let underWay = Promise.resolve()

  async function once(): Promise<void> {
    try {
      const { expired, keys } = await sweep()
      if (expired + keys > 0) logger.info({ event: 'swept', expired, keys })
    } catch (err) {
      // What has expired is gone for every caller already; the next sweep destroys what this one could not.
      logger.warn({ event: 'sweep_failed', err })
    }
    plan()
  }
  function plan(): void {
    if (stopped) return
    timer = setTimeout(() => {
      underWay = once()
    }, everyMs).unref()
  }
  plan()
  return async () => {
    stopped = true
    clearTimeout(timer)
    await underWay
  }
}
