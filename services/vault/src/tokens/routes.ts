import { type ApiServer, IfMatchRequired } from '@kontor/http-api'
import { formatId, parseId } from '@kontor/ids'
import { etagOf, versionIn } from '../wire/headers.ts'
import { attachToken, createToken, deleteToken, getToken, listTokens, revealToken, updateToken } from './schema.ts'
import type { Tokens } from './service.ts'
import type { Answer } from './tokenize.ts'
import { toRevealedWire, toWire } from './wire.ts'

const LIMIT_UNLESS_GIVEN = 50

/** HTTP to command, result to HTTP. */
export function tokenRoutes(app: ApiServer, tokens: Tokens): void {
  app.post(
    '/v1/tokens',
    { schema: createToken, config: { scope: 'token.create', idempotency: 'required' } },
    async (request, reply) => {
      const { principal, idempotencyKey, id: requestId, body } = request
      const answer = await tokens.tokenize({ principal, requestId, idempotencyKey, body })
      return reply.code(answer.status).headers(headersOf(answer)).send(answer.body)
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

  app.get(
    '/v1/tokens/:tokenId',
    { schema: getToken, config: { scope: 'token.read' } },
    async ({ principal, params }, reply) => {
      const token = await tokens.get(principal, parseId('tok', params.tokenId))
      return reply.header('etag', etagOf(token)).send(toWire(token))
    },
  )

  app.patch(
    '/v1/tokens/:tokenId',
    { schema: updateToken, config: { scope: 'token.update' } },
    async ({ principal, id: requestId, params, headers, body }, reply) => {
      const ifMatch = headers['if-match']
      if (ifMatch === undefined) throw new IfMatchRequired()
      const version = versionIn(ifMatch)
      const tokenId = parseId('tok', params.tokenId)
      const token = await tokens.update({ principal, requestId, tokenId, version, patch: body })
      return reply.header('etag', etagOf(token)).send(toWire(token))
    },
  )

  app.post(
    '/v1/tokens/:tokenId/attach',
    { schema: attachToken, config: { scope: 'token.attach', idempotency: 'required' } },
    async ({ principal, idempotencyKey, id: requestId, params, body }, reply) => {
      const tokenId = parseId('tok', params.tokenId)
      const accountId = parseId('acc', body.account_id)
      const answer = await tokens.attach({ principal, requestId, idempotencyKey, tokenId, accountId })
      return reply.code(201).headers(headersOf(answer)).send(answer.body)
    },
  )

  app.post(
    '/v1/tokens/:tokenId/reveal',
    { schema: revealToken, config: { scope: 'token.reveal:*', idempotency: 'none' } },
    async ({ principal, id: requestId, params, body: { fields, purpose } }) => {
      const tokenId = parseId('tok', params.tokenId)
      const { token, instrument } = await tokens.reveal({ principal, requestId, tokenId, fields, purpose })
      return toRevealedWire(token, instrument, fields)
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

function headersOf({ body, replayed }: Answer): Record<string, string> {
  return { etag: etagOf(body), ...(replayed && { 'idempotent-replayed': 'true' }) }
}
