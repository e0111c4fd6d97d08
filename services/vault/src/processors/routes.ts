import type { ApiServer, Mode } from '@kontor/http-api'
import { formatId } from '@kontor/ids'
import { etagOf, versionIn } from '../wire/headers.ts'
import type { ConfiguredProcessor } from './credentials.ts'
import type { Owner } from './repo.ts'
import { deleteProcessor, getCredentials, listProcessors, type MaskedProcessor, putProcessor } from './schema.ts'
import type { Processors, ShownProcessor } from './service.ts'

/** HTTP to command, result to HTTP. */
export function processorRoutes(app: ApiServer, processors: Processors): void {
  app.get('/v1/processors', { schema: listProcessors, config: { scope: 'processor.read' } }, async ({ principal }) => ({
    data: (await processors.list(principal)).map((shown) => toWire(shown, principal.mode)),
    webhook_paths: { stripe: webhookPath('stripe', principal), paypal: webhookPath('paypal', principal) },
  }))

  app.put(
    '/v1/processors/:processor',
    { schema: putProcessor, config: { scope: 'processor.write' } },
    async ({ principal, id: requestId, params: { processor }, headers, body }, reply) => {
      const ifMatch = headers['if-match']
      const version = ifMatch === undefined ? undefined : versionIn(ifMatch)
      const { shown, created } = await processors.put({ principal, requestId, processor, version, credentials: body })
      return reply
        .code(created ? 201 : 200)
        .header('etag', etagOf(shown))
        .send(toWire(shown, principal.mode))
    },
  )

  app.get(
    '/v1/processors/:processor/credentials',
    { schema: getCredentials, config: { scope: 'secret.read:processor' } },
    async ({ principal, id: requestId, params: { processor } }, reply) => {
      const { version, credentials } = await processors.give({ principal, requestId, processor })
      // The one place where credentials leave the vault.
      const { stripe, paypal } = credentials.reveal()
      return reply.header('etag', etagOf({ version })).send({
        processor,
        mode: principal.mode,
        version,
        ...(stripe && { stripe: { ...stripe, webhook_secrets: [...stripe.webhook_secrets] } }),
        ...(paypal && { paypal }),
      })
    },
  )

  app.delete(
    '/v1/processors/:processor',
    { schema: deleteProcessor, config: { scope: 'processor.write' } },
    async ({ principal, id: requestId, params: { processor } }, reply) => {
      await processors.remove({ principal, requestId, processor })
      return reply.code(204).send(null)
    },
  )
}

/** The address is of invoicing, and is said here because it is entered at the processor where credentials come from. */
const webhookPath = (processor: ConfiguredProcessor, { tenantId, mode }: Owner): string =>
  `/v1/processors/${processor}/webhooks/${formatId('ten', tenantId)}/${mode}`

function toWire({ processor, version, stripe, paypal, updatedAt }: ShownProcessor, mode: Mode): MaskedProcessor {
  return {
    processor,
    mode,
    version,
    ...(stripe && { stripe }),
    ...(paypal && { paypal }),
    updated_at: updatedAt.toISOString(),
  }
}
