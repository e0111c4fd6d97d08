import { setTimeout as pause } from 'node:timers/promises'
import type { ApiServer } from '@kontor/http-api'
import type { Gate } from './gate.ts'
import type { Watch } from './watch.ts'

/** How long a start waits for the databases to be compared; a longer comparison goes on while the vault answers 503. */
const START_WAITS_MS = 3_000

/**
 * Lets requests in only through the gate. What was begun before the gate closed is not answered: it may have been read from
 * a database that had just been put back.
 */
export function guardBy(gate: Gate, routes: ApiServer): void {
  /** The generation of the gate under which each request came in. */
  const passed = new WeakMap<object, number>()
  // Behind the authentication, which each route has in its own onRequest, and before a body is read. Without promises,
  // because this is asked of every request.
  routes.addHook('preParsing', (request, _reply, payload, done) => {
    passed.set(request, gate.generation())
    done((refusalOf(gate) ?? null) as null, payload)
  })
  routes.addHook('preSerialization', (request, reply, payload, done) => {
    // A refusal tells nothing that was stored. (The types of Fastify know no error here; it takes one.)
    const refusal = reply.statusCode < 400 ? refusalOf(gate, passed.get(request)) : undefined
    done((refusal ?? null) as null, payload)
  })
}

function refusalOf(gate: Gate, generation?: number): Error | undefined {
  try {
    gate.pass(generation)
    return undefined
  } catch (error) {
    return error as Error
  }
}

/** Starts the watch with the server and ends it with the server. */
export function watchOver(app: ApiServer, watch: Watch): void {
  app.addHook('onReady', async () => {
    await Promise.race([watch.start(), pause(START_WAITS_MS, undefined, { ref: false })])
  })
  app.addHook('onClose', async () => watch.stop())
}
