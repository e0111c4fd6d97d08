import type { Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Target } from '../balances/discount.ts'
import type { Ledger } from '../balances/ledger.ts'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/event.ts'
import * as repo from './repo.ts'

/**
 * Writes money down that came in, and what it is for, in the caller's transaction, which holds the documents.
 *
 * @param targets With more than nothing each; what they leave is the account's credit.
 */
export type Receive = (
  tx: Tx,
  actor: Principal,
  received: Omit<repo.Payment, 'id' | 'mode' | 'created_at'>,
  targets: readonly Target[],
) => Promise<repo.Payment>

export function receiving(deps: Deps, book: Pick<Ledger, 'allocate'>): Receive {
  return async (tx, actor, received, targets) => {
    const bucket = bucketOf(received.account_id)
    const at = deps.now()
    const payment: repo.Payment = { ...received, id: deps.newId(bucket), mode: actor.mode, created_at: at }
    await repo.insertPayment(tx, actor, payment)
    await recordEvent(tx, actor, {
      id: deps.newId(bucket),
      type: 'payment.recorded',
      accountId: payment.account_id,
      objectId: payment.id,
      objectVersion: 1,
      at,
    })
    const source = { ...payment, kind: 'payment', came_on: payment.received_on } as const
    await book.allocate(tx, actor, source, targets, payment.amount_minor)
    return payment
  }
}
