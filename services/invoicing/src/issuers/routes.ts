import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { sendAnswer } from '../idempotency/send.ts'
import { ExternalId, Id, IdempotencyHeader, Paging } from '../wire/fields.ts'
import { IfMatchHeader, tagged, versionOf } from '../wire/if-match.ts'
import { toWire } from './issuer.ts'
import { CreateIssuer, IssuerWire, PatchIssuer } from './schema.ts'
import { issuers } from './service.ts'

const LOGO_BYTES_MAX = 262_144
const params = Type.Object({ issuerId: Id('iss', 'The issuer.') })

export function issuerRoutes(app: ApiServer, deps: Deps): void {
  const service = issuers(deps)
  const tags = ['Issuers']

  app.post(
    '/v1/issuers',
    {
      config: { scope: 'issuer.write', idempotency: 'required' },
      schema: {
        operationId: 'createIssuer',
        summary: 'Make an issuer',
        tags,
        headers: IdempotencyHeader,
        body: CreateIssuer,
        response: { 201: IssuerWire, ...problemResponses(400, 401, 403, 409, 422) },
      },
    },
    async (request, reply) =>
      sendAnswer(reply, await service.create(request.principal, request.idempotencyKey, request.body)),
  )

  app.get(
    '/v1/issuers',
    {
      config: { scope: 'issuer.read' },
      schema: {
        operationId: 'listIssuers',
        summary: 'List issuers, or find one by its external id',
        tags,
        querystring: Type.Object(
          {
            external_id: Type.Optional(ExternalId),
            after: Type.Optional(Id('iss', 'The last id of the page before.')),
            ...Paging,
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            data: Type.Array(IssuerWire, { description: 'By id.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403),
        },
      },
    },
    async (request) => {
      const { external_id, after, limit } = request.query
      const size = Number(limit ?? 50)
      const found = await service.list(request.principal, {
        externalId: external_id,
        after: after && parseId('iss', after),
        limit: size + 1,
      })
      return { data: found.slice(0, size).map(toWire), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/issuers/:issuerId',
    {
      config: { scope: 'issuer.read' },
      schema: {
        operationId: 'getIssuer',
        summary: 'Show an issuer',
        tags,
        params,
        response: { 200: IssuerWire, ...problemResponses(401, 403, 404) },
      },
    },
    async (request) => toWire(await service.get(request.principal, parseId('iss', request.params.issuerId))),
  )

  app.patch(
    '/v1/issuers/:issuerId',
    {
      config: { scope: 'issuer.write' },
      schema: {
        operationId: 'patchIssuer',
        summary: 'Change up to which amount a remainder is not asked for',
        tags,
        params,
        headers: IfMatchHeader,
        body: PatchIssuer,
        response: { 200: IssuerWire, ...problemResponses(400, 401, 403, 404, 412, 428) },
      },
    },
    async (request, reply) => {
      const version = versionOf(request.headers)
      const id = parseId('iss', request.params.issuerId)
      return tagged(reply, toWire(await service.patch(request.principal, id, version, request.body)))
    },
  )

  // A picture is no JSON: this route alone reads images, and replaces as a whole.
  app.register(async (images) => {
    images.removeAllContentTypeParsers()
    images.addContentTypeParser(
      ['image/png', 'image/jpeg'],
      { parseAs: 'buffer', bodyLimit: LOGO_BYTES_MAX },
      (_request, body, done) => {
        done(null, body)
      },
    )
    images.put(
      '/v1/issuers/:issuerId/logo',
      {
        config: { scope: 'issuer.write' },
        schema: {
          operationId: 'putIssuerLogo',
          summary: 'Set the logo that is printed on documents (PNG or JPEG, 256 kB at most)',
          tags,
          params,
          consumes: ['image/png', 'image/jpeg'],
          response: {
            204: Type.Null({ description: 'The logo is set.' }),
            ...problemResponses(401, 403, 404, 413, 415, 422),
          },
        },
      },
      async (request, reply) => {
        // Without a body there is no media type to refuse, and nothing to print either.
        const image = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        const { issuerId } = request.params as { issuerId: string }
        await service.putLogo(request.principal, parseId('iss', issuerId), image)
        return reply.code(204).send(null)
      },
    )
  })
}
