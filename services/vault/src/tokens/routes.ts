import type { ApiServer } from '@kontor/http-api'
import { formatId, parseId } from '@kontor/ids'
import { createToken, deleteToken, getToken, listTokens, revealToken } from './schema.ts'
import type { Tokens } from './service.ts'
import { toRevealedWire, toWire } from './wire.ts'

const LIMIT_UNLESS_GIVEN = 50

/** HTTP to command, result to HTTP. */
export function tokenRoutes(app: ApiServer, tokens: Tokens): void {
  app.post(
    '/v1/tokens',
    { schema: createToken, config: { scope: 'token.create', idempotency: 'required' } },
    async (request, reply) => {
      const { principal, idempotencyKey, id: requestId, body } = request
      const { token, replayed } = await tokens.tokenize({ principal, requestId, idempotencyKey, body })
      if (replayed) reply.header('idempotent-replayed', 'true')
      return reply.code(201).send(toWire(token))
    },
  )

  app.get('/v1/tokens', { schema: listTokens, config: { scope: 'token.read' } }, async ({ principal, query }) => {
    const page = await tokens.list(principal, {
      accountId: parseId('acc', query.account_id),
      limit: query.limit === undefined ? LIMIT_UNLESS_GIVEN : Number(query.limit),
      after: query.after === undefined ? undefined : parseId('tok', query.after),
    })
    const last = page.more ? page.tokens.at(-1) : undefined
    return { data: page.tokens.map(toWire), next_after: last ? formatId('tok', last.id) : null }
  })

  app.get('/v1/tokens/:tokenId', { schema: getToken, config: { scope: 'token.read' } }, async ({ principal, params }) =>
    toWire(await tokens.get(principal, parseId('tok', params.tokenId))),
  )

  app.post(
    '/v1/tokens/:tokenId/reveal',
    { schema: revealToken, config: { scope: 'token.reveal', idempotency: 'none' } },
    async ({ principal, id: requestId, params, body }) => {
      const tokenId = parseId('tok', params.tokenId)
      const { token, instrument } = await tokens.reveal({ principal, requestId, tokenId, purpose: body.purpose })
      return toRevealedWire(token, instrument)
    },
  )

  app.delete(
    '/v1/tokens/:tokenId',
    { schema: deleteToken, config: { scope: 'token.delete' } },
    async ({ principal, id: requestId, params }, reply) => {
      await tokens.delete({ principal, requestId, tokenId: parseId('tok', params.tokenId) })
      return reply.code(204).send(null)
    },
  )
}
