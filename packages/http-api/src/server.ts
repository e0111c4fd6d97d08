import { randomFillSync } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from '@fastify/helmet'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { MalformedBody, toProblem } from '@kontor/problem'
import { type FastifyBaseLogger, fastify, LogController, type RawServerDefault } from 'fastify'
import type { FastifyInstance } from 'fastify/types/instance.js'
import Type from 'typebox'
import { BadRequest, TooManyRequests, Unauthenticated } from './errors.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { readJson } from './json-body.ts'
import type { Logger } from './logger.ts'
import { explainOutage } from './outage.ts'
import { type Authenticate, type Principal, requireScope } from './principal.ts'
import { ProblemWire } from './problem-schema.ts'
import { asDomainError, sendProblem } from './refusals.ts'

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
}

/** How long a request may take to arrive, body and all; unless told, Fastify waits for ever. Answers may take longer. */
const REQUEST_TIMEOUT_MS = 60_000

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a key needs for this route. Every route under /v1 names one. */
    scope?: string
    /** Whether a POST takes an Idempotency-Key. Every POST under /v1 says so. */
    idempotency?: 'required' | 'none'
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
 * @throws {Error} When a route under /v1 names no scope, or a POST does not say whether it takes an Idempotency-Key:
 *   what is not declared is denied at start, not at the first request.
 */
export async function buildServer(options: ServerOptions): Promise<ApiServer> {
  const app = fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    bodyLimit: options.bodyLimit ?? 1_048_576,
    requestTimeout: REQUEST_TIMEOUT_MS,
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
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    readJson(body),
  )
  const protective = await protectiveHeaders()
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(protective)
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

  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/v1')) return
    const methods = [route.method].flat()
    if (!route.config?.scope) throw new Error(`route ${methods} ${route.url} names no scope`)
    if (methods.includes('POST') && !route.config.idempotency) {
      throw new Error(`route ${methods} ${route.url} does not say whether it takes an Idempotency-Key`)
    }
    // What a route does not document it refuses, in the query as in the body.
    route.schema = { querystring: Type.Object({}, { additionalProperties: false }), ...route.schema }
  })
  app.addHook('onRequest', async (request) => {
    const { scope, idempotency } = request.routeOptions.config
    if (!scope) return
    const bearer = /^Bearer +(\S{1,200})$/i.exec(request.headers.authorization ?? '')?.[1]
    const tenant = request.headers['kontor-tenant']
    const principal = bearer
      ? await options.authenticate(bearer, typeof tenant === 'string' ? tenant : undefined)
      : undefined
    if (!principal) throw new Unauthenticated()
    requireScope(principal, scope)
    request.principal = principal
    if (idempotency === 'required') request.idempotencyKey = readIdempotencyKey(request.headers['idempotency-key'])
  })
  app.addHook('preValidation', async (request) => {
    const { body } = request
    if (typeof body !== 'object' || body === null || request.routeOptions.schema?.body || Buffer.isBuffer(body)) return
    if (Object.keys(body).length === 0) return
    throw new MalformedBody([{ path: '', code: 'unknown_field', message: 'has a field that is not documented' }])
  })
  app.addHook('onResponse', async (request, reply) => {
    request.log.info({
      event: 'request',
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime * 10) / 10,
    })
  })
  app.setErrorHandler((error, request, reply) => {
    // Whoever hangs up in the middle of a body did nothing, and breaks off with the same code as a database would.
    const hungUp = request.raw.errored === error
    const refusal = hungUp
      ? new BadRequest()
      : asDomainError(explainOutage(error, ['GET', 'HEAD'].includes(request.method)))
    const problem = toProblem(refusal, request.id)
    if (refusal instanceof TooManyRequests) reply.header('retry-after', refusal.retryAfterSeconds)
    if (problem.status >= 500) request.log.error({ event: 'failed', code: problem.code, err: error })
    sendProblem(reply, problem)
  })
  app.setNotFoundHandler((request, reply) => {
    sendProblem(reply, { ...toProblem(asDomainError({ code: 'FST_ERR_NOT_FOUND' }), request.id) })
  })

  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
  app.get('/health', { schema: { hide: true } }, async () => ({ status: 'up' }))
  app.get('/ready', { schema: { hide: true } }, async () => {
    await options.ready()
    return { status: 'ready' }
  })
  return app as unknown as ApiServer
}

/** What helmet sends is the same for every answer, so it is asked once: asked each time, it costs more than the log line. */
async function protectiveHeaders(): Promise<Record<string, string>> {
  const empty = fastify()
  const bare = await empty.inject('/')
  await empty.close()
  const helmeted = fastify()
  await helmeted.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } })
  const { headers } = await helmeted.inject('/')
  await helmeted.close()
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (name in bare.headers ? [] : [[name, String(value)]])),
  )
}

/** @returns Gives 96 random bits in hexadecimal. The system is asked for those of many requests at once. */
function requestIds(): () => string {
  const ID_BYTES = 12
  const drawn = Buffer.alloc(ID_BYTES * 256)
  let used = drawn.length
  return () => {
    if (used === drawn.length) {
      randomFillSync(drawn)
      used = 0
    }
    used += ID_BYTES
    return drawn.toString('hex', used - ID_BYTES, used)
  }
}
