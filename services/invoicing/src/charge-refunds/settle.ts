import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { InvalidTransition } from '../documents/errors.ts'
import { recordEvent } from '../events/event.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import * as repo from './repo.ts'
import type { SettleRefund } from './schema.ts'
import { chargeRefundToWire } from './wire.ts'

/**
 * Makes what says that a person has looked at a refund of which more went back than the payment had. No money moves by it: what has gone
 * has gone, and whatever else is to be booked is booked by hand.
 */
export function settlingRefunds(deps: Deps) {
  const { database } = deps

  /** @throws {InvalidTransition} It is not one that waits for somebody in this way, or it was settled before. */
  return async (
    actor: Principal,
    chargeId: string,
    id: string,
    idempotencyKey: string,
    body: Static<typeof SettleRefund>,
  ): Promise<Answer> => {
    const digest = digestIntent(
      deps.idempotencySecret,
      {
        ...actor,
        operation: 'POST /v1/charges/:chargeId/refunds/:refundId/settle',
        parentId: id,
        idempotencyKey,
        request: body,
      },
      bucketOf(id),
    )
    const write = async (tx: Tx) => {
      const held = await repo.lockRefund(tx, actor, id)
      if (held?.charge_id !== chargeId) throw new NotFound('refund')
      const before = await repo.findShown(tx, id)
      if (before.settled !== null) throw new InvalidTransition('settled', 'settled', [])
      if (held.state !== 'succeeded' || held.unbooked_minor === 0n) {
        throw new InvalidTransition(held.state, 'settled', [])
      }
      const at = deps.now()
      await repo.insertSettlement(tx, held, { note: body.note, actor_key_id: actor.keyId, settled_at: at })
      await recordEvent(tx, actor, {
        id: deps.newId(bucketOf(id)),
        type: 'charge_refund.settled',
        accountId: held.account_id,
        objectId: id,
        objectVersion: held.version,
        at,
      })
      return { status: 200, body: chargeRefundToWire(await repo.findShown(tx, id)) }
    }
    return once(database, actor.tenantId, digest, { judge: async () => refuseCardNumbers(body), write })
  }
}
