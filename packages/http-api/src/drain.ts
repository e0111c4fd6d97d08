import { Server } from 'node:net'
import type { ApiServer } from './server.ts'

/** How far a process that was told to stop has come. */
export interface Lifecycle {
  /** Readiness is red. */
  draining: boolean
  /** No connection is taken any more, and each answer ends its own: sent earlier, it would only make callers connect anew. */
  ending: boolean
}

export interface DrainOptions {
  /** How long readiness is red before the listener closes, for whoever spreads requests to notice, in milliseconds. */
  readonly noticeMs?: number
  /** How long requests under way may take, in milliseconds; then their connections are cut. */
  readonly deadlineMs: number
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicMs: () => number
}

const LOOK_EVERY_MS = 20
/**
 * How many looks, half a second at least, a connection that stands idle may still bring a request that its client has sent already.
 * Looks are counted and not the time: on a busy machine a process sleeps through its half second, with requests waiting unread.
 */
const IDLE_LOOKS = 25

/**
 * Stops a server so that nothing it accepted is lost: readiness turns red, the listener closes, every answer from now on ends its
 * connection, requests under way are answered, and connections that stay idle are closed. Then the server's own hooks run.
 *
 * @returns Once every connection is closed, which is when databases may be.
 */
export async function drain(app: ApiServer, { noticeMs = 0, deadlineMs, monotonicMs }: DrainOptions): Promise<void> {
  app.lifecycle.draining = true
  if (noticeMs > 0) await sleep(noticeMs)
  app.lifecycle.ending = true
  if (app.server.listening) {
    let closed = false
    // `http.Server.close` would cut connections that look idle at this moment, though a request may be on its way on them.
    Server.prototype.close.call(app.server, () => {
      closed = true
    })
    const cutAt = monotonicMs() + deadlineMs
    for (let looks = 0; !closed; looks++) {
      if (looks >= IDLE_LOOKS) {
        // Right after the sockets were read: what has come meanwhile is a request under way by now.
        await new Promise(setImmediate)
        app.server.closeIdleConnections()
      }
      if (monotonicMs() >= cutAt) app.server.closeAllConnections()
      await sleep(LOOK_EVERY_MS)
    }
  }
  await app.close()
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
