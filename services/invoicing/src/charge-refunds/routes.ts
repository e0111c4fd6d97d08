import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { SendingBack } from '../balances/sending-back.ts'
import type { Charges } from '../charges/findable.ts'
import type { Deps } from '../deps.ts'
import { sendAnswer } from '../idempotency/send.ts'
import { Id, IdempotencyHeader } from '../wire/fields.ts'
import type { ChargeRefundLedger } from './ledger.ts'
import { ChargeRefundQuery, ChargeRefundStepWire, ChargeRefundWire, RefundCharge, SettleRefund } from './schema.ts'
import { chargeRefunds } from './service.ts'
import { settlingRefunds } from './settle.ts'

const chargeParams = Type.Object({ chargeId: Id('chg', 'The charge.') })
const params = Type.Object({ ...chargeParams.properties, refundId: Id('crf', 'The refund.') })
const tags = ['Charges']

export function chargeRefundRoutes(
  app: ApiServer,
  deps: Deps,
  charges: Charges,
  money: SendingBack,
  ledger: ChargeRefundLedger,
): void {
  const service = chargeRefunds(deps, charges, money, ledger)
  const settle = settlingRefunds(deps)

  app.post(
    '/v1/charges/:chargeId/refunds',
    {
      config: { scope: 'refund.write', idempotency: 'required' },
      schema: {
        operationId: 'refundCharge',
        summary:
          'Send money back through the processor that took it; a repetition shows the refund as it stands, and never sends it twice',
        tags,
        params: chargeParams,
        headers: IdempotencyHeader,
        body: RefundCharge,
        response: {
          201: ChargeRefundWire,
          202: ChargeRefundWire,
          ...problemResponses(400, 401, 403, 404, 409, 422, 502, 503, 504),
        },
      },
    },
    async ({ principal, params, idempotencyKey, body: asked }, reply) => {
      const chargeId = parseId('chg', params.chargeId)
      const { status, body, replayed } = await service.make(principal, chargeId, idempotencyKey, asked)
      if (replayed) reply.header('Idempotent-Replayed', 'true')
      return reply.code(status).send(body)
    },
  )

  app.get(
    '/v1/charges/:chargeId/refunds',
    {
      config: { scope: 'charge.read' },
      schema: {
        operationId: 'listChargeRefunds',
        summary: 'List what was sent back of a charge, through the processor or at the processor itself',
        tags,
        params: chargeParams,
        querystring: ChargeRefundQuery,
        response: {
          200: Type.Object({
            data: Type.Array(ChargeRefundWire, { description: 'By id.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403, 404),
        },
      },
    },
    async ({ principal, params, query }) => {
      const size = Number(query.limit ?? 50)
      const after = query.after && parseId('crf', query.after)
      const found = await service.list(principal, parseId('chg', params.chargeId), { after, limit: size + 1 })
      return { data: found.slice(0, size), has_more: found.length > size }
    },
  )

  app.get(
    '/v1/charges/:chargeId/refunds/:refundId',
    {
      config: { scope: 'charge.read' },
      schema: {
        operationId: 'getChargeRefund',
        summary: 'Show a refund of a charge',
        tags,
        params,
        response: { 200: ChargeRefundWire, ...problemResponses(401, 403, 404) },
      },
    },
    async ({ principal, params }) =>
      service.get(principal, parseId('chg', params.chargeId), parseId('crf', params.refundId)),
  )

  app.get(
    '/v1/charges/:chargeId/refunds/:refundId/steps',
    {
      config: { scope: 'charge.read' },
      schema: {
        operationId: 'listChargeRefundSteps',
        summary: 'Show the ledger of a refund: what the processor was asked, and what it answered',
        tags,
        params,
        response: {
          200: Type.Object({ data: Type.Array(ChargeRefundStepWire, { description: 'In order.' }) }),
          ...problemResponses(401, 403, 404),
        },
      },
    },
    async ({ principal, params }) => ({
      data: await service.steps(principal, parseId('chg', params.chargeId), parseId('crf', params.refundId)),
    }),
  )

  app.post(
    '/v1/charges/:chargeId/refunds/:refundId/settle',
    {
      config: { scope: 'adjustment.write', idempotency: 'required' },
      schema: {
        operationId: 'settleChargeRefund',
        summary:
          'Say that somebody has looked at a refund of which more went back than the payment had; no money moves',
        tags,
        params,
        headers: IdempotencyHeader,
        body: SettleRefund,
        response: { 200: ChargeRefundWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async ({ principal, params, idempotencyKey, body }, reply) => {
      const [chargeId, refundId] = [parseId('chg', params.chargeId), parseId('crf', params.refundId)]
      return sendAnswer(reply, await settle(principal, chargeId, refundId, idempotencyKey, body))
    },
  )
}
