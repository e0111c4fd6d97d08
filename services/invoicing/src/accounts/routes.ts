import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { sendAnswer } from '../idempotency/send.ts'
import { ExternalId, Id, IdempotencyHeader, Paging } from '../wire/fields.ts'
import { IfMatchHeader, versionOf } from '../wire/if-match.ts'
import { toWire } from './account.ts'
import { AccountWire, CreateAccount, PatchAccount } from './schema.ts'
import { accounts } from './service.ts'

const params = Type.Object({ accountId: Id('acc', 'The account.') })

export function accountRoutes(app: ApiServer, deps: Deps): void {
  const service = accounts(deps)
  const tags = ['Accounts']

  app.post(
    '/v1/accounts',
    {
      config: { scope: 'account.write', idempotency: 'required' },
      schema: {
        operationId: 'createAccount',
        summary: 'Open an account for a customer',
        tags,
        headers: IdempotencyHeader,
        body: CreateAccount,
        response: { 201: AccountWire, ...problemResponses(400, 401, 403, 409, 422) },
      },
    },
    async (request, reply) =>
      sendAnswer(reply, await service.create(request.principal, request.idempotencyKey, request.body)),
  )

  app.get(
    '/v1/accounts',
    {
      config: { scope: 'account.read' },
      schema: {
        operationId: 'listAccounts',
        summary: 'List accounts, or find one by its external id',
        tags,
        querystring: Type.Object(
          {
            external_id: Type.Optional(ExternalId),
            after: Type.Optional(Id('acc', 'The last id of the page before.')),
            ...Paging,
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            data: Type.Array(AccountWire, { description: 'By id.' }),
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
        after: after && parseId('acc', after),
        limit: size + 1,
      })
      return { data: found.slice(0, size).map(toWire), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/accounts/:accountId',
    {
      config: { scope: 'account.read' },
      schema: {
        operationId: 'getAccount',
        summary: 'Show an account',
        tags,
        params,
        response: { 200: AccountWire, ...problemResponses(401, 403, 404) },
      },
    },
    async (request, reply) => {
      const account = await service.get(request.principal, parseId('acc', request.params.accountId))
      reply.header('etag', `"${account.version}"`)
      return toWire(account)
    },
  )

  app.patch(
    '/v1/accounts/:accountId',
    {
      config: { scope: 'account.write' },
      schema: {
        operationId: 'patchAccount',
        summary: 'Change an account',
        tags,
        params,
        headers: IfMatchHeader,
        body: PatchAccount,
        response: { 200: AccountWire, ...problemResponses(400, 401, 403, 404, 412, 422, 428) },
      },
    },
    async (request, reply) => {
      const version = versionOf(request.headers)
      const id = parseId('acc', request.params.accountId)
      const account = await service.patch(request.principal, id, version, request.body)
      reply.header('etag', `"${account.version}"`)
      return toWire(account)
    },
  )
}
