import type { IncomingMessage, ServerResponse } from 'node:http'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { DomainError, MalformedBody, toProblem } from '@kontor/problem'
import { type FastifyBaseLogger, type FastifyRequest, fastify, LogController, type RawServerDefault } from 'fastify'
import type { FastifyInstance } from 'fastify/types/instance.js'
import { admission } from './admission.ts'
import { completeSchema } from './documentation.ts'
import type { Lifecycle } from './drain.ts'
import { BadRequest, Draining } from './errors.ts'
import { readJson } from './json-body.ts'
import type { Logger } from './logger.ts'
import { explainOutage } from './outage.ts'
import type { Authenticate, Principal } from './principal.ts'
import { ProblemWire } from './problem-schema.ts'
import { protectiveHeaders } from './protective-headers.ts'
import { asDomainError, sendProblem } from './refusals.ts'
import { requestIds } from './request-ids.ts'
import { requestLog } from './request-log.ts'

/** A Fastify instance whose handlers know the types of their schemas. */
export type ApiServer = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

export interface ServerOptions {
  readonly title: string
  readonly description: string
  readonly version: string
  readonly logger: Logger
  readonly authenticate: Authenticate
  /** Throws when the service cannot do its work, and says in a word what is down. */
  readonly ready: () => Promise<void>
  /** The largest body that is read, in bytes. */
  readonly bodyLimit?: number
  /** Requests a minute of a key that has no limit of its own; 60,000 unless given. Each process counts by itself. */
  readonly requestsPerMinute?: number
  /** Requests without a valid key that one source address may send in a minute; 600 unless given. */
  readonly failuresPerMinute?: number
  /** Requests under way at once, the others are refused with 503 `overloaded`; 2,000 unless given. */
  readonly requestsAtOnceMax?: number
  /** Proxies whose word on the source address is taken (addresses or networks); nobody's unless given. */
  readonly trustedProxies?: readonly string[]
  /** A clock that never goes back, in milliseconds; the process's own unless given. */
  readonly monotonicMs: () => number
}

/** How long a request may take to arrive, body and all; unless told, Fastify waits for ever. Answers may take longer. */
const REQUEST_TIMEOUT_MS = 60_000

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a key needs for this route, or the beginning of several (`thing.do:*`). Every route under /v1 names one, or a proof. */
    scope?: string
    /** By what a route that takes no key knows who asks; the route itself judges it, and answers 4xx to whoever does not have it. */
    proof?: 'signature'
    /** Whether a POST takes an Idempotency-Key. Every POST under /v1 says so. */
    idempotency?: 'required' | 'none'
  }
  interface FastifyInstance {
    /** Read by every request, set by `drain`. */
    lifecycle: Lifecycle
  }
  interface FastifyRequest {
    principal: Principal
    idempotencyKey: string
  }
}

/**
 * Makes the HTTP server that both services share: problem documents, keys, OpenAPI, health; no routes of its own
 * under /v1.
 *
 * @throws {Error} When a route under /v1 names neither scope nor proof, or a POST does not say whether it takes an Idempotency-Key:
 *   what is not declared is denied at start, not at the first request.
 */
export async function buildServer(options: ServerOptions): Promise<ApiServer> {
  const app = fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    bodyLimit: options.bodyLimit ?? 1_048_576,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A request that arrives while the process stops was accepted like any other, so it is answered.
    return503OnClosing: false,
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    routerOptions: { maxParamLength: 100 },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true, discriminator: true } },
    frameworkErrors: (error, request, reply) => {
      sendProblem(reply, toProblem(asDomainError(error), request.id))
    },
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      socket.destroySoon()
    },
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request: unknown, body: Buffer, done) => {
    try {
      done(null, readJson(body))
    } catch (error) {
      done(error as Error)
    }
  })
  app.setChildLoggerFactory((logger, bindings) => requestLog(logger, bindings))
  const lifecycle: Lifecycle = { draining: false, ending: false }
  app.decorate('lifecycle', lifecycle)
  const protective = await protectiveHeaders()
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(protective)
    if (lifecycle.ending) reply.header('connection', 'close')
    done()
  })
  // Named once in the description and referred to by every refusal: written out each time it was four fifths of the file.
  app.addSchema(ProblemWire)
  await app.register(swagger, {
    refResolver: { buildLocalReference: (schema) => String(schema.$id) },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: options.title,
        description: options.description,
        version: options.version,
        license: { name: 'Apache-2.0' },
      },
      components: { securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key.' } } },
      security: [{ apiKey: [] }],
    },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    uiConfig: { docExpansion: 'list', deepLinking: true },
    theme: { title: options.title },
  })

  const admit = admission({
    authenticate: options.authenticate,
    requestsPerMinute: options.requestsPerMinute ?? 60_000,
    failuresPerMinute: options.failuresPerMinute ?? 600,
    requestsAtOnceMax: options.requestsAtOnceMax ?? 2_000,
    monotonicMs: options.monotonicMs,
  })
  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/v1')) return
    const methods = [route.method].flat()
    const { scope, proof, idempotency } = route.config ?? {}
    if ((scope === undefined) === (proof === undefined))
      throw new Error(`route ${methods} ${route.url} names no scope, or a proof instead of one`)
    if (methods.includes('POST') && !idempotency) {
      throw new Error(`route ${methods} ${route.url} does not say whether it takes an Idempotency-Key`)
    }
    const takesBody = route.schema?.body !== undefined
    completeSchema(route, scope)
    route.onRequest = [
      admit({ scope, takesIdempotencyKey: idempotency === 'required' }),
      ...[route.onRequest ?? []].flat(),
    ]
    if (!takesBody) route.preValidation = [refuseBody, ...[route.preValidation ?? []].flat()]
  })
  app.addHook('onResponse', (request, reply, done) => {
    options.logger.info({
      reqId: request.id,
      event: 'request',
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
    })
    done()
  })
  app.setErrorHandler((error, request, reply) => {
    // Whoever hangs up in the middle of a body did nothing, and breaks off with the same code as a database would.
    const hungUp = request.raw.errored === error
    const refusal = hungUp
      ? new BadRequest()
      : asDomainError(explainOutage(error, ['GET', 'HEAD'].includes(request.method)))
    const problem = toProblem(refusal, request.id)
    const { retryAfterSeconds } = refusal as { readonly retryAfterSeconds?: unknown }
    if (refusal instanceof DomainError && typeof retryAfterSeconds === 'number')
      reply.header('retry-after', retryAfterSeconds)
    if (problem.status >= 500) request.log.error({ event: 'failed', code: problem.code, err: error })
    sendProblem(reply, problem)
  })
  app.setNotFoundHandler((request, reply) => {
    sendProblem(reply, { ...toProblem(asDomainError({ code: 'FST_ERR_NOT_FOUND' }), request.id) })
  })

  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  app.get('/health', { schema: { hide: true } }, async () => ({ status: 'up' }))
  app.get('/ready', { schema: { hide: true } }, async () => {
    if (lifecycle.draining) throw new Draining()
    await options.ready()
    return { status: 'ready' }
  })
  return app as unknown as ApiServer
}

/** A route that documents no body takes none, but an empty object, which some clients always send. */
function refuseBody({ body }: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void {
  const refused = typeof body === 'object' && body !== null && !Buffer.isBuffer(body) && Object.keys(body).length > 0
  if (refused)
    done(new MalformedBody([{ path: '', code: 'unknown_field', message: 'has a field that is not documented' }]))
  else done()
}
