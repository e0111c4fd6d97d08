import type { FastifyReply, FastifyRequest } from 'fastify'
import { NetworkNotAllowed, Overloaded, RateLimited, Unauthenticated } from './errors.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { type Authenticate, type Principal, requireScope } from './principal.ts'
import { type Allowance, rateLimiter, rateLimitFields } from './rate-limit.ts'

export interface AdmissionOptions {
  readonly authenticate: Authenticate
  /** For a key that has no limit of its own. */
  readonly requestsPerMinute: number
  /** Requests without a valid key that one source address may send in a minute. */
  readonly failuresPerMinute: number
  /** Requests under way at once; what comes beyond is refused before it is begun. */
  readonly requestsAtOnceMax: number
  readonly monotonicMs: () => number
}

/** What a route says of itself. */
export interface RouteNeeds {
  /** Undefined where no key is asked for. */
  readonly scope: string | undefined
  readonly takesIdempotencyKey: boolean
}

type KeyNeeds = RouteNeeds & { readonly scope: string }
type Hook = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void

const BEARER = /^Bearer +(\S{1,200})$/i
/** A caller with more than this share of its allowance left is not told of it: it costs two header fields in each answer. */
const AMPLE = 0.25

/**
 * Makes the hook that stands before every route under /v1: who asks, from where, how often, and for what.
 *
 * Written with callbacks, because it runs on every request: a promise for each step costs more than the step.
 */
export function admission(options: AdmissionOptions): (needs: RouteNeeds) => Hook {
  const { authenticate, requestsPerMinute, failuresPerMinute, requestsAtOnceMax, monotonicMs } = options
  const keys = rateLimiter(monotonicMs)
  const addresses = rateLimiter(monotonicMs)
  let underWay = 0

  /** @throws {Overloaded} Queues behind this are as long as the number of requests, so bounding it bounds them all. */
  function begin(reply: FastifyReply): void {
    if (underWay >= requestsAtOnceMax) throw new Overloaded()
    underWay++
    let over = false
    const end = () => {
      if (!over) underWay--
      over = true
    }
    // `close` comes without `finish` when the caller hangs up, and `finish` without `close` from an injected request.
    reply.raw.on('finish', end)
    reply.raw.on('close', end)
  }

  /** @throws {RateLimited | Unauthenticated} Guessing keys is slowed by the address that the guesses come from. */
  function refuseUnknown(request: FastifyRequest, reply: FastifyReply): never {
    const allowance = addresses.take(request.ip, failuresPerMinute)
    if (!allowance.allowed) refuse(reply, 'address', allowance)
    throw new Unauthenticated()
  }

  /** Whoever was refused too often is not listened to any more: judging a proof costs more than this, and may cost others something. */
  const withoutKey: Hook = (request, reply, done) => {
    try {
      begin(reply)
      const allowance = addresses.look(request.ip, failuresPerMinute)
      if (!allowance.allowed) refuse(reply, 'address', allowance)
    } catch (error) {
      done(error as Error)
      return
    }
    reply.raw.on('finish', () => {
      if (reply.statusCode >= 400 && reply.statusCode < 500) addresses.take(request.ip, failuresPerMinute)
    })
    done()
  }

  function admit(request: FastifyRequest, reply: FastifyReply, needs: KeyNeeds, principal: Principal): void {
    if (principal.networks && !principal.networks.includes(request.ip)) throw new NetworkNotAllowed()
    const allowance = keys.take(principal.keyId, principal.requestsPerMinute ?? requestsPerMinute)
    if (!allowance.allowed) refuse(reply, 'key', allowance)
    if (allowance.remaining < allowance.perMinute * AMPLE) reply.headers(rateLimitFields('key', allowance))
    requireScope(principal, needs.scope)
    request.principal = principal
    if (needs.takesIdempotencyKey) request.idempotencyKey = readIdempotencyKey(request.raw.headers['idempotency-key'])
  }

  const withKey =
    (needs: KeyNeeds): Hook =>
    (request, reply, done) => {
      const finish = (principal: Principal | undefined): void => {
        try {
          if (principal) admit(request, reply, needs, principal)
          else refuseUnknown(request, reply)
        } catch (error) {
          done(error as Error)
          return
        }
        done()
      }
      try {
        begin(reply)
        const { authorization, 'kontor-tenant': tenant } = request.raw.headers
        const bearer = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1]
        if (bearer === undefined) return finish(undefined)
        // Whoever has used up the failures of an address is let through only with a key that was good before.
        const onlyKnown = !addresses.look(request.ip, failuresPerMinute).allowed
        const found = authenticate(bearer, typeof tenant === 'string' ? tenant : undefined, onlyKnown)
        if (found instanceof Promise) found.then(finish, done)
        else finish(found)
      } catch (error) {
        done(error as Error)
      }
    }

  return ({ scope, takesIdempotencyKey }) =>
    scope === undefined ? withoutKey : withKey({ scope, takesIdempotencyKey })
}

function refuse(reply: FastifyReply, policy: string, allowance: Allowance): never {
  reply.headers(rateLimitFields(policy, allowance))
  throw new RateLimited(allowance.retryAfterSeconds)
}
