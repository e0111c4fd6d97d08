import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { sendAnswer } from '../idempotency/send.ts'
import { Id, IdempotencyHeader, Paging } from '../wire/fields.ts'
import { IfMatchHeader, tagged, versionOf } from '../wire/if-match.ts'
import { deliveryToWire } from './delivery.ts'
import { toWire } from './endpoint.ts'
import { replaying } from './replay.ts'
import {
  CreateWebhookEndpoint,
  DeliveryQuery,
  DeliveryWire,
  PatchWebhookEndpoint,
  ReplayedWire,
  ReplayWebhook,
  WebhookEndpointWire,
  WebhookEndpointWithSecret,
} from './schema.ts'
import { webhooks } from './service.ts'

const tags = ['Webhook endpoints']
const params = Type.Object({ webhookEndpointId: Id('whk', 'The endpoint.') })
const read = { scope: 'webhook.read' }
const write = { scope: 'webhook.write' }
const post = { ...write, idempotency: 'required' } as const

type Params = { readonly webhookEndpointId: string }
const idOf = ({ webhookEndpointId }: Params) => parseId('whk', webhookEndpointId)

/** Where a tenant wants to be told what happens. */
export function webhookRoutes(app: ApiServer, deps: Deps): void {
  const service = webhooks(deps)

  app.post(
    '/v1/webhook-endpoints',
    {
      config: post,
      schema: {
        operationId: 'createWebhookEndpoint',
        summary: 'Be told what happens from now on',
        description:
          'Messages follow Standard Webhooks: verify webhook-signature with the secret of this answer, and drop a webhook-id that you have seen. They carry ids and a version; read the rest from the API. A message counts as taken when you answer 2xx within ten seconds. Else it is repeated, less and less often, for three days; meanwhile what happens later to the same object waits, and nothing else does. 410 ends it. Events of the vault are told as well.',
        tags,
        headers: IdempotencyHeader,
        body: CreateWebhookEndpoint,
        response: { 201: WebhookEndpointWithSecret, ...problemResponses(400, 401, 403, 409, 422) },
      },
    },
    async (request, reply) =>
      sendAnswer(reply, await service.create(request.principal, request.idempotencyKey, request.body)),
  )

  app.get(
    '/v1/webhook-endpoints',
    {
      config: read,
      schema: {
        operationId: 'listWebhookEndpoints',
        summary: 'List endpoints',
        tags,
        querystring: Type.Object(
          { after: Type.Optional(Id('whk', 'The last id of the page before.')), ...Paging },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            data: Type.Array(WebhookEndpointWire, { description: 'By id.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403),
        },
      },
    },
    async ({ principal, query }) => {
      const size = Number(query.limit ?? 50)
      const found = await service.list(principal, query.after && parseId('whk', query.after), size + 1)
      return { data: found.slice(0, size).map(toWire), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/webhook-endpoints/:webhookEndpointId',
    {
      config: read,
      schema: {
        operationId: 'getWebhookEndpoint',
        summary: 'Show an endpoint',
        tags,
        params,
        response: { 200: WebhookEndpointWire, ...problemResponses(401, 403, 404) },
      },
    },
    async ({ principal, params }, reply) => tagged(reply, toWire(await service.find(principal, idOf(params)))),
  )

  app.patch(
    '/v1/webhook-endpoints/:webhookEndpointId',
    {
      config: write,
      schema: {
        operationId: 'patchWebhookEndpoint',
        summary: 'Change an endpoint, disable it or make it active again',
        description:
          'What happens while it is disabled is not told later by itself: replay it. What waited already goes on waiting.',
        tags,
        params,
        headers: IfMatchHeader,
        body: PatchWebhookEndpoint,
        response: { 200: WebhookEndpointWire, ...problemResponses(400, 401, 403, 404, 412, 422, 428) },
      },
    },
    async ({ principal, params, headers, body }, reply) =>
      tagged(reply, toWire(await service.patch(principal, idOf(params), versionOf(headers), body))),
  )

  app.delete(
    '/v1/webhook-endpoints/:webhookEndpointId',
    {
      config: write,
      schema: {
        operationId: 'deleteWebhookEndpoint',
        summary: 'Be told nothing any more',
        tags,
        params,
        response: { 204: Type.Null({ description: 'It is gone.' }), ...problemResponses(401, 403, 404) },
      },
    },
    async ({ principal, params }, reply) => {
      await service.remove(principal, idOf(params))
      return reply.code(204).send(null)
    },
  )

  app.post(
    '/v1/webhook-endpoints/:webhookEndpointId/rotate-secret',
    {
      config: post,
      schema: {
        operationId: 'rotateWebhookSecret',
        summary: 'Get the next secret; the one before signs as well for 24 hours',
        tags,
        params,
        headers: IdempotencyHeader,
        response: { 200: WebhookEndpointWithSecret, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async ({ principal, params, idempotencyKey }, reply) =>
      sendAnswer(reply, await service.rotateSecret(principal, idOf(params), idempotencyKey)),
  )

  deliveryRoutes(app, deps)
}

function deliveryRoutes(app: ApiServer, deps: Deps): void {
  const service = webhooks(deps)
  const { replay } = replaying(deps)

  app.get(
    '/v1/webhook-endpoints/:webhookEndpointId/deliveries',
    {
      config: read,
      schema: {
        operationId: 'listWebhookDeliveries',
        summary: 'List what an endpoint was told, is to be told, or did not take',
        description: 'What has ended is kept for thirty days.',
        tags,
        params,
        querystring: DeliveryQuery,
        response: {
          200: Type.Object({
            data: Type.Array(DeliveryWire, { description: 'By event_id, which is nearly the order of time.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403, 404),
        },
      },
    },
    async ({ principal, params, query: { state, after, limit } }) => {
      const size = Number(limit ?? 50)
      const page = { state, after: after && parseId('evt', after), limit: size + 1 }
      const found = await service.deliveries(principal, idOf(params), page)
      return { data: found.slice(0, size).map(deliveryToWire), has_more: found.length > size }
    },
  )

  app.post(
    '/v1/webhook-endpoints/:webhookEndpointId/replay',
    {
      config: post,
      schema: {
        operationId: 'replayWebhook',
        summary: 'Send again what happened from an instant on, some events, or what was given up',
        description:
          'Only types that the endpoint is told, under the webhook-id they had. Of the vault’s events those that were told in the last thirty days.',
        tags,
        params,
        headers: IdempotencyHeader,
        body: ReplayWebhook,
        response: { 202: ReplayedWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async ({ principal, params, idempotencyKey, body }, reply) =>
      sendAnswer(reply, await replay(principal, idOf(params), idempotencyKey, body)),
  )
}
