import { type ApiServer, problemResponses } from '@kontor/http-api'
import { type IdPrefix, parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { sendAnswer } from '../idempotency/send.ts'
import { Id, IdempotencyHeader } from '../wire/fields.ts'
import type { Ledger } from './ledger.ts'
import {
  AdjustmentWire,
  Allocate,
  CreditWire,
  RecordChargeback,
  RecordRefund,
  RefundDoneWire,
  ReverseAdjustment,
  Unallocate,
  WriteOff,
} from './schema.ts'
import { balances } from './service.ts'

/** Money that came in and credit notes are used alike; only their names differ. */
const SOURCES = [
  {
    kind: 'payment',
    prefix: 'pay',
    base: '/v1/payments/:paymentId',
    param: 'paymentId',
    noun: 'Payment',
    words: 'a payment',
    tags: ['Payments'],
  },
  {
    kind: 'credit_note',
    prefix: 'cre',
    base: '/v1/credit-notes/:creditNoteId',
    param: 'creditNoteId',
    noun: 'CreditNote',
    words: 'a credit note',
    tags: ['Credit notes'],
  },
] as const

export function balanceRoutes(app: ApiServer, deps: Deps, book: Ledger): void {
  const service = balances(deps, book)
  for (const source of SOURCES) sourceRoutes(app, service, source)

  const paymentParams = Type.Object({ paymentId: Id('pay', 'The payment.') })
  app.post(
    '/v1/payments/:paymentId/chargebacks',
    {
      config: { scope: 'payment.write', idempotency: 'required' },
      schema: {
        operationId: 'chargeBackPayment',
        summary:
          'Record money that the payer’s bank took back; invoices are open again as far as needed, the last paid first',
        tags: ['Payments'],
        params: paymentParams,
        headers: IdempotencyHeader,
        body: RecordChargeback,
        response: { 201: RefundDoneWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const id = parseId('pay', request.params.paymentId)
      return sendAnswer(reply, await service.chargeBack(request.principal, id, request.idempotencyKey, request.body))
    },
  )

  const invoiceParams = Type.Object({ invoiceId: Id('inv', 'The invoice.') })
  app.post(
    '/v1/invoices/:invoiceId/write-offs',
    {
      config: { scope: 'adjustment.write', idempotency: 'required' },
      schema: {
        operationId: 'writeOffInvoice',
        summary: 'Give up what is open on an invoice, or a part of it',
        tags: ['Invoices'],
        params: invoiceParams,
        headers: IdempotencyHeader,
        body: WriteOff,
        response: { 201: AdjustmentWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const id = parseId('inv', request.params.invoiceId)
      return sendAnswer(reply, await service.writeOff(request.principal, id, request.idempotencyKey, request.body))
    },
  )

  app.post(
    '/v1/invoices/:invoiceId/adjustments/:adjustmentId/reversals',
    {
      config: { scope: 'adjustment.write', idempotency: 'required' },
      schema: {
        operationId: 'reverseAdjustment',
        summary: 'Ask again for what was given up: the invoice is open by as much, with the correction of VAT',
        tags: ['Invoices'],
        params: Type.Object({ ...invoiceParams.properties, adjustmentId: Id('adj', 'The adjustment, as a whole.') }),
        headers: IdempotencyHeader,
        body: ReverseAdjustment,
        response: { 201: AdjustmentWire, ...problemResponses(400, 401, 403, 404, 409, 422) },
      },
    },
    async (request, reply) => {
      const { invoiceId, adjustmentId } = request.params
      const [id, adjustment] = [parseId('inv', invoiceId), parseId('adj', adjustmentId)]
      return sendAnswer(
        reply,
        await service.reverse(request.principal, id, adjustment, request.idempotencyKey, request.body),
      )
    },
  )

  app.get(
    '/v1/invoices/:invoiceId/adjustments',
    {
      config: { scope: 'invoice.read' },
      schema: {
        operationId: 'listAdjustments',
        summary: 'List what is not asked for any more, with the correction of VAT',
        tags: ['Invoices'],
        params: invoiceParams,
        response: {
          200: Type.Object({ data: Type.Array(AdjustmentWire, { description: 'In order, 200 at most.' }) }),
          ...problemResponses(401, 403, 404),
        },
      },
    },
    async (request) => ({
      data: await service.adjustments(request.principal, parseId('inv', request.params.invoiceId)),
    }),
  )
}

function sourceRoutes(
  app: ApiServer,
  service: ReturnType<typeof balances>,
  { kind, prefix, base, param, noun, words, tags }: (typeof SOURCES)[number],
): void {
  const params = Type.Object({ [param]: Id(prefix satisfies IdPrefix, `The ${words.slice(2)}.`) })
  const idOf = (from: unknown) => parseId(prefix, (from as Record<string, string>)[param] ?? '')
  const config = { scope: 'payment.write', idempotency: 'required' } as const
  const refusals = problemResponses(400, 401, 403, 404, 409, 422)

  app.post(
    `${base}/allocations`,
    {
      config,
      schema: {
        operationId: `allocate${noun}`,
        summary: `Use what is left of ${words} for an invoice`,
        tags: [...tags],
        params,
        headers: IdempotencyHeader,
        body: Allocate,
        response: { 201: CreditWire, ...refusals },
      },
    },
    async ({ principal, params, idempotencyKey, body }, reply) =>
      sendAnswer(reply, await service.allocate(principal, kind, idOf(params), idempotencyKey, body)),
  )

  app.post(
    `${base}/unallocations`,
    {
      config,
      schema: {
        operationId: `unallocate${noun}`,
        summary: `Take back what an invoice has of ${words}; the invoice is open again`,
        tags: [...tags],
        params,
        headers: IdempotencyHeader,
        body: Unallocate,
        response: { 201: CreditWire, ...refusals },
      },
    },
    async ({ principal, params, idempotencyKey, body }, reply) =>
      sendAnswer(reply, await service.unallocate(principal, kind, idOf(params), idempotencyKey, body)),
  )

  app.post(
    `${base}/refunds`,
    {
      config,
      schema: {
        operationId: `refund${noun}`,
        summary: `Record money that was sent back from ${words}`,
        tags: [...tags],
        params,
        headers: IdempotencyHeader,
        body: RecordRefund,
        response: { 201: RefundDoneWire, ...refusals },
      },
    },
    async ({ principal, params, idempotencyKey, body }, reply) =>
      sendAnswer(reply, await service.refund(principal, kind, idOf(params), idempotencyKey, body)),
  )
}
