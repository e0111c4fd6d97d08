import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { sendAnswer } from '../idempotency/send.ts'
import { Id, IdempotencyHeader } from '../wire/fields.ts'
import { PaymentWire, RecordPayment } from './schema.ts'
import { type Book, payments } from './service.ts'

export function paymentRoutes(app: ApiServer, deps: Deps, book: Book): void {
  const service = payments(deps, book)
  const tags = ['Payments']

  app.post(
    '/v1/payments',
    {
      config: { scope: 'payment.write', idempotency: 'required' },
      schema: {
        operationId: 'recordPayment',
        summary: 'Record money that came in, and what it is for',
        tags,
        headers: IdempotencyHeader,
        body: RecordPayment,
        response: { 201: PaymentWire, ...problemResponses(400, 401, 403, 404, 409, 410, 422, 503) },
      },
    },
    async (request, reply) =>
      sendAnswer(reply, await service.record(request.principal, request.idempotencyKey, request.body)),
  )

  app.get(
    '/v1/payments/:paymentId',
    {
      config: { scope: 'payment.read' },
      schema: {
        operationId: 'getPayment',
        summary: 'Show a payment and what it was used for',
        tags,
        params: Type.Object({ paymentId: Id('pay', 'The payment.') }),
        response: { 200: PaymentWire, ...problemResponses(401, 403, 404) },
      },
    },
    async (request) => service.get(request.principal, parseId('pay', request.params.paymentId)),
  )
}
