import type { ApiServer } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import { toWire as tokenToWire } from '../tokens/wire.ts'
import { finishRegistration, listRegistrations, registerToken } from './schema.ts'
import type { Registrations } from './service.ts'
import { toListedWire, toWire } from './wire.ts'

/** HTTP to command, result to HTTP. */
export function registrationRoutes(app: ApiServer, registrations: Registrations): void {
  app.post(
    '/v1/tokens/:tokenId/registrations',
    { schema: registerToken, config: { scope: 'token.register', idempotency: 'required' } },
    async ({ principal, id: requestId, idempotencyKey, params, body }, reply) => {
      const tokenId = parseId('tok', params.tokenId)
      const { id, told, action, created, replayed } = await registrations.register({
        principal,
        requestId,
        idempotencyKey,
        tokenId,
        body,
      })
      if (replayed) reply.header('idempotent-replayed', 'true')
      return reply.code(created ? 201 : 200).send(toWire(id, told, action))
    },
  )

  app.get(
    '/v1/tokens/:tokenId/registrations',
    { schema: listRegistrations, config: { scope: 'token.read' } },
    async ({ principal, params }) => {
      const listed = await registrations.list(principal, parseId('tok', params.tokenId))
      return { token: tokenToWire(listed.token), data: listed.registrations.map(toListedWire) }
    },
  )

  app.post(
    '/v1/tokens/:tokenId/registrations/:processor/finish',
    { schema: finishRegistration, config: { scope: 'token.register', idempotency: 'none' } },
    async ({ principal, id: requestId, params: { tokenId, processor } }) => {
      const command = { principal, requestId, tokenId: parseId('tok', tokenId), processor }
      const { id, told, action } = await registrations.finish(command)
      return toWire(id, told, action)
    },
  )
}
