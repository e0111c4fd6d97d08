import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import type { FastifyReply } from 'fastify'
import Type from 'typebox'
import { parsePayableId } from '../balances/document-id.ts'
import type { Deps } from '../deps.ts'
import { Id, IdempotencyHeader } from '../wire/fields.ts'
import type { Asks } from './asks.ts'
import { CaptureCharge, ChargeQuery, ChargeStepWire, ChargeWire, CreateCharge, ReadChargeWire } from './schema.ts'
import { charges, type ShownAnswer } from './service.ts'

const params = Type.Object({ chargeId: Id('chg', 'The charge.') })
const tags = ['Charges']

export function chargeRoutes(app: ApiServer, deps: Deps, asks: Asks): void {
  const service = charges(deps, asks)

  app.post(
    '/v1/charges',
    {
      config: { scope: 'charge.write', idempotency: 'required' },
      schema: {
        operationId: 'createCharge',
        summary: 'Take the money for an invoice; a repetition shows the charge as it stands, and never takes it twice',
        tags,
        headers: IdempotencyHeader,
        body: CreateCharge,
        response: {
          201: ChargeWire,
          202: ChargeWire,
          ...problemResponses(400, 401, 403, 404, 409, 410, 422, 502, 503, 504),
        },
      },
    },
    async (request, reply) => send(reply, await service.make(request.principal, request.idempotencyKey, request.body)),
  )

  app.post(
    '/v1/charges/:chargeId/confirm',
    {
      config: { scope: 'charge.write', idempotency: 'required' },
      schema: {
        operationId: 'confirmCharge',
        summary: 'Go on with a charge when the payer is back from their bank',
        tags,
        params,
        headers: IdempotencyHeader,
        response: { 200: ChargeWire, 202: ChargeWire, ...problemResponses(400, 401, 403, 404, 422, 502, 503, 504) },
      },
    },
    async (request, reply) =>
      send(reply, await service.confirm(request.principal, parseId('chg', request.params.chargeId))),
  )

  app.post(
    '/v1/charges/:chargeId/capture',
    {
      config: { scope: 'charge.write', idempotency: 'required' },
      schema: {
        operationId: 'captureCharge',
        summary: 'Take what a charge holds, or a part of it; the rest is let go',
        tags,
        params,
        headers: IdempotencyHeader,
        body: CaptureCharge,
        response: {
          200: ChargeWire,
          202: ChargeWire,
          ...problemResponses(400, 401, 403, 404, 409, 422, 502, 503, 504),
        },
      },
    },
    async ({ principal, params, body }, reply) => {
      const amountMinor = body.amount_minor === undefined ? undefined : BigInt(body.amount_minor)
      const id = parseId('chg', params.chargeId)
      return send(reply, await service.letGo(principal, id, { request: 'capture', amountMinor }))
    },
  )

  app.post(
    '/v1/charges/:chargeId/cancel',
    {
      config: { scope: 'charge.write', idempotency: 'required' },
      schema: {
        operationId: 'cancelCharge',
        summary: 'Let go of a charge that has taken nothing yet, or of the retry that a declined one waits for',
        tags,
        params,
        headers: IdempotencyHeader,
        response: {
          200: ChargeWire,
          202: ChargeWire,
          ...problemResponses(400, 401, 403, 404, 409, 422, 502, 503, 504),
        },
      },
    },
    async ({ principal, params }, reply) =>
      send(reply, await service.letGo(principal, parseId('chg', params.chargeId), { request: 'cancel' })),
  )

  app.get(
    '/v1/charges',
    {
      config: { scope: 'charge.read' },
      schema: {
        operationId: 'listCharges',
        summary: 'List charges',
        tags,
        querystring: ChargeQuery,
        response: {
          200: Type.Object({
            data: Type.Array(ReadChargeWire, { description: 'By id.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403),
        },
      },
    },
    async ({ principal, query }) => {
      const size = Number(query.limit ?? 50)
      const found = await service.list(principal, {
        invoiceId: query.invoice_id && parsePayableId(query.invoice_id).id,
        accountId: query.account_id && parseId('acc', query.account_id),
        after: query.after && parseId('chg', query.after),
        limit: size + 1,
      })
      return { data: found.slice(0, size), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/charges/:chargeId',
    {
      config: { scope: 'charge.read' },
      schema: {
        operationId: 'getCharge',
        summary: 'Show a charge',
        tags,
        params,
        response: { 200: ReadChargeWire, ...problemResponses(401, 403, 404) },
      },
    },
    async (request) => service.get(request.principal, parseId('chg', request.params.chargeId)),
  )

  app.get(
    '/v1/charges/:chargeId/steps',
    {
      config: { scope: 'charge.read' },
      schema: {
        operationId: 'listChargeSteps',
        summary: 'Show the ledger of a charge: what the processor was asked, and what it answered',
        tags,
        params,
        response: {
          200: Type.Object({ data: Type.Array(ChargeStepWire, { description: 'In order.' }) }),
          ...problemResponses(401, 403, 404),
        },
      },
    },
    async (request) => ({ data: await service.steps(request.principal, parseId('chg', request.params.chargeId)) }),
  )
}

function send(reply: FastifyReply, { status, body, replayed }: ShownAnswer) {
  if (replayed) reply.header('Idempotent-Replayed', 'true')
  return reply.code(status).send(body)
}
