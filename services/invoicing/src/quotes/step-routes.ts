import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { sendAnswer } from '../idempotency/send.ts'
import { InvoiceWire } from '../invoices/schema.ts'
import { Id, IdempotencyHeader } from '../wire/fields.ts'
import { conversions } from './conversion.ts'
import { revisions } from './revisions.ts'
import { AcceptQuote, ConvertQuote, EndQuote, QuoteWire, ReviseQuote } from './schema.ts'
import { quoteSteps } from './steps.ts'

const params = Type.Object({ quoteId: Id('quo', 'The quote.') })
const tags = ['Quotes']
const config = { scope: 'quote.write', idempotency: 'required' } as const
const refusals = problemResponses(400, 401, 403, 404, 409, 422)

/** What becomes of a quote after it was sent. */
export function quoteStepRoutes(app: ApiServer, deps: Deps): void {
  const conversion = conversions(deps)
  const steps = quoteSteps(deps, conversion)
  const { revise } = revisions(deps)

  app.post(
    '/v1/quotes/:quoteId/accept',
    {
      config,
      schema: {
        operationId: 'acceptQuote',
        summary: 'Keep that the customer accepted, once, and make an invoice draft of it unless asked not to',
        tags,
        params,
        headers: IdempotencyHeader,
        body: AcceptQuote,
        response: { 200: QuoteWire, 201: InvoiceWire, ...refusals },
      },
    },
    async ({ principal, params, idempotencyKey, body }, reply) =>
      sendAnswer(reply, await steps.accept(principal, parseId('quo', params.quoteId), idempotencyKey, body)),
  )

  app.post(
    '/v1/quotes/:quoteId/convert',
    {
      config,
      schema: {
        operationId: 'convertQuote',
        summary: 'Make an invoice draft of what is left of an accepted quote, or of some of it',
        tags,
        params,
        headers: IdempotencyHeader,
        body: ConvertQuote,
        response: { 201: InvoiceWire, ...refusals },
      },
    },
    async ({ principal, params, idempotencyKey, body }, reply) =>
      sendAnswer(reply, await conversion.convert(principal, parseId('quo', params.quoteId), idempotencyKey, body)),
  )

  app.post(
    '/v1/quotes/:quoteId/decline',
    {
      config,
      schema: {
        operationId: 'declineQuote',
        summary: 'Keep that the customer declined',
        tags,
        params,
        headers: IdempotencyHeader,
        body: EndQuote,
        response: { 200: QuoteWire, ...refusals },
      },
    },
    async ({ principal, params, idempotencyKey, body }, reply) =>
      sendAnswer(reply, await steps.decline(principal, parseId('quo', params.quoteId), idempotencyKey, body)),
  )

  app.post(
    '/v1/quotes/:quoteId/cancel',
    {
      config,
      schema: {
        operationId: 'cancelQuote',
        summary: 'Take a quote back',
        tags,
        params,
        headers: IdempotencyHeader,
        body: EndQuote,
        response: { 200: QuoteWire, ...refusals },
      },
    },
    async ({ principal, params, idempotencyKey, body }, reply) =>
      sendAnswer(reply, await steps.cancel(principal, parseId('quo', params.quoteId), idempotencyKey, body)),
  )

  app.post(
    '/v1/quotes/:quoteId/revise',
    {
      config,
      schema: {
        operationId: 'reviseQuote',
        summary: 'Draft a new offer in the place of a quote, which stands until the revision is issued',
        tags,
        params,
        headers: IdempotencyHeader,
        body: ReviseQuote,
        response: { 201: QuoteWire, ...problemResponses(400, 401, 403, 404, 409, 410, 422, 503) },
      },
    },
    async ({ principal, params, idempotencyKey, body }, reply) =>
      sendAnswer(reply, await revise(principal, parseId('quo', params.quoteId), idempotencyKey, body)),
  )
}
