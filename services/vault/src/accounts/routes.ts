import { type ApiServer, NotFound } from '@kontor/http-api'
import { formatId, parseId } from '@kontor/ids'
import type { Completed, Erasure, Hold } from './account.ts'
import { HoldNotInFuture } from './errors.ts'
import { readInstant } from './rules.ts'
import { type ErasureWire, eraseAccount, getHold, type HoldWire, placeHold, releaseHold } from './schema.ts'
import type { Accounts } from './service.ts'

/** HTTP to command, result to HTTP. */
export function accountRoutes(app: ApiServer, accounts: Accounts): void {
  app.delete(
    '/v1/accounts/:accountId/data',
    { schema: eraseAccount, config: { scope: 'account.erase' } },
    async ({ principal, id: requestId, params }) => {
      const { erasure, done } = await accounts.erase({ principal, requestId, accountId: accountOf(params) })
      return erasureToWire(erasure, done)
    },
  )

  app.get(
    '/v1/accounts/:accountId/hold',
    { schema: getHold, config: { scope: 'account.hold' } },
    async ({ principal, id: requestId, params }) => {
      const hold = await accounts.findHold({ principal, requestId, accountId: accountOf(params) })
      if (!hold) throw new NotFound('legal hold')
      return holdToWire(params.accountId, hold)
    },
  )

  app.put(
    '/v1/accounts/:accountId/hold',
    { schema: placeHold, config: { scope: 'account.hold' } },
    async ({ principal, id: requestId, params, body }) => {
      const until = body.until === undefined ? null : readInstant(body.until)
      if (until === undefined) throw new HoldNotInFuture().at('/until')
      const command = { principal, requestId, accountId: accountOf(params), reason: body.reason, until }
      return holdToWire(params.accountId, await accounts.placeHold(command))
    },
  )

  app.delete(
    '/v1/accounts/:accountId/hold',
    { schema: releaseHold, config: { scope: 'account.hold' } },
    async ({ principal, id: requestId, params }, reply) => {
      await accounts.releaseHold({ principal, requestId, accountId: accountOf(params) })
      return reply.code(204).send(null)
    },
  )
}

const accountOf = ({ accountId }: { readonly accountId: string }) => parseId('acc', accountId)

function erasureToWire(erasure: Erasure, done: Completed): ErasureWire {
  return {
    account_id: formatId('acc', erasure.accountId),
    mode: erasure.mode,
    erased_at: erasure.erasedAt.toISOString(),
    keys_destroyed_at: done.keysDestroyedAt.toISOString(),
    final_at: done.finalAt.toISOString(),
    tokens_destroyed: erasure.tokensDestroyed,
    receipt: done.receipt,
  }
}

function holdToWire(accountId: string, { reason, until, placedAt }: Hold): HoldWire {
  return {
    account_id: accountId,
    reason,
    until: until?.toISOString() ?? null,
    placed_at: placedAt.toISOString(),
  }
}
