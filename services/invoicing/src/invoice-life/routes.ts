import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { sendAnswer } from '../idempotency/send.ts'
import { Id, IdempotencyHeader } from '../wire/fields.ts'
import { RecordSent, SentWire, VoidInvoice, VoidWire } from './schema.ts'
import { invoiceLife } from './service.ts'

const params = Type.Object({ invoiceId: Id('inv', 'The invoice.') })
const tags = ['Invoices']

export function invoiceLifeRoutes(
  app: ApiServer,
  deps: Deps,
  refuseLiveCharge: Parameters<typeof invoiceLife>[1],
): void {
  const service = invoiceLife(deps, refuseLiveCharge)

  app.post(
    '/v1/invoices/:invoiceId/sent',
    {
      config: { scope: 'invoice.write', idempotency: 'required' },
      schema: {
        operationId: 'recordInvoiceSent',
        summary: 'Record that an invoice left the house',
        tags,
        params,
        headers: IdempotencyHeader,
        body: RecordSent,
        response: { 201: SentWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const id = parseId('inv', request.params.invoiceId)
      return sendAnswer(reply, await service.sent(request.principal, id, request.idempotencyKey, request.body))
    },
  )

  app.post(
    '/v1/invoices/:invoiceId/void',
    {
      config: { scope: 'invoice.void', idempotency: 'required' },
      schema: {
        operationId: 'voidInvoice',
        summary: 'Make an invoice void that was never sent, paid, credited or exported',
        tags,
        params,
        headers: IdempotencyHeader,
        body: VoidInvoice,
        response: { 201: VoidWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const id = parseId('inv', request.params.invoiceId)
      return sendAnswer(reply, await service.makeVoid(request.principal, id, request.idempotencyKey, request.body))
    },
  )
}
