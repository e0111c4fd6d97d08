import { type ApiServer, problemResponses } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import { WEBHOOK_BYTES_MAX } from '@kontor/processors'
import Type from 'typebox'
import type { Deps } from '../deps.ts'
import { Id, Paging } from '../wire/fields.ts'
import { DeliveryRefused } from './errors.ts'
import { AddressParams, ProcessorEventWire, StateFilter, toWire } from './schema.ts'
import { type Address, processorWebhooks } from './service.ts'

export function processorWebhookRoutes(app: ApiServer, deps: Deps): void {
  const service = processorWebhooks(deps)
  const tags = ['Processor events']

  // A signature is over the bytes as they came, so here nothing reads them as JSON; everywhere else all goes on as before.
  app.register(async (deliveries) => {
    deliveries.removeAllContentTypeParsers()
    deliveries.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: WEBHOOK_BYTES_MAX },
      (_request, body, done) => {
        done(null, body)
      },
    )
    deliveries.post(
      '/v1/processors/:processor/webhooks/:tenantId/:mode',
      {
        config: { proof: 'signature', idempotency: 'none' },
        schema: {
          operationId: 'receiveProcessorWebhook',
          summary: 'Take what a processor tells',
          description:
            'For Stripe and PayPal, which prove themselves by their signature over the body; it takes no API key. The event is kept before the answer, once however often it is delivered, and handled afterwards. Whatever is not proved is refused in the same way, and nothing of it is kept.',
          tags,
          params: AddressParams,
          consumes: ['application/json'],
          response: {
            200: Type.Object({ received: Type.Boolean({ description: 'True.' }) }),
            ...problemResponses(400, 413),
          },
        },
      },
      async (request) => {
        const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        const address = request.params as Address
        const refused = await service.receive(address, { rawBody, headers: request.headers })
        if (refused) {
          request.log.warn({ event: 'delivery_refused', because: refused.because })
          throw new DeliveryRefused()
        }
        return { received: true }
      },
    )
  })

  app.get(
    '/v1/processor-events',
    {
      config: { scope: 'processor_event.read' },
      schema: {
        operationId: 'listProcessorEvents',
        summary: 'List what processors have told, and what became of it',
        tags,
        querystring: Type.Object(
          {
            state: Type.Optional(StateFilter),
            after: Type.Optional(Id('pev', 'The last id of the page before.')),
            ...Paging,
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            data: Type.Array(ProcessorEventWire, { description: 'By id.' }),
            has_more: Type.Boolean({ description: 'Whether another page follows.' }),
          }),
          ...problemResponses(400, 401, 403),
        },
      },
    },
    async (request) => {
      const { state, after, limit } = request.query
      const size = Number(limit ?? 50)
      const found = await service.list(request.principal, {
        state,
        after: after && parseId('pev', after),
        limit: size + 1,
      })
      return { data: found.slice(0, size).map(toWire), has_more: found.length > size }
    },
  )
}
