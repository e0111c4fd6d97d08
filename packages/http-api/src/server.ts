import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from '@fastify/helmet'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { toProblem } from '@kontor/problem'
import { type FastifyBaseLogger, fastify, LogController, type RawServerDefault } from 'fastify'
import type { FastifyInstance } from 'fastify/types/instance.js'
import { Unauthenticated } from './errors.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import type { Logger } from './logger.ts'
import { type Authenticate, type Principal, requireScope } from './principal.ts'
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
    genReqId: () => randomBytes(12).toString('hex'),
    bodyLimit: options.bodyLimit ?? 1_048_576,
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

  await app.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } })
  await app.register(swagger, {
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
  })

  app.addHook('onRoute', (route) => {
    if (!route.url.startsWith('/v1')) return
    const methods = [route.method].flat()
    if (!route.config?.scope) throw new Error(`route ${methods} ${route.url} names no scope`)
    if (methods.includes('POST') && !route.config.idempotency) {
      throw new Error(`route ${methods} ${route.url} does not say whether it takes an Idempotency-Key`)
    }
  })
  app.addHook('onRequest', async (request) => {
    const { scope, idempotency } = request.routeOptions.config
    if (!scope) return
    const bearer = /^Bearer (\S{1,200})$/.exec(request.headers.authorization ?? '')?.[1]
    const tenant = request.headers['kontor-tenant']
    const principal = bearer
      ? await options.authenticate(bearer, typeof tenant === 'string' ? tenant : undefined)
      : undefined
    if (!principal) throw new Unauthenticated()
    requireScope(principal, scope)
    request.principal = principal
    if (idempotency === 'required') request.idempotencyKey = readIdempotencyKey(request.headers['idempotency-key'])
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
    const refusal = asDomainError(error)
    const problem = toProblem(refusal, request.id)
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
