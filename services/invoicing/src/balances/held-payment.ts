import type { Principal } from '@kontor/http-api'
import type { Tx } from '@kontor/postgres'
import type { Ledger, MoneyOut, Reopened } from './ledger.ts'
import { lockOpenOrVoid, type OpenDocument } from './open.ts'
import * as repo from './repo.ts'

/** A payment that a transaction holds, with every document that its money is in. */
export interface HeldPayment {
  readonly currency: string
  /** What came in and has not gone back. */
  readonly keptMinor: bigint
  /** The documents that were asked for, and those that the payment is allocated to; void ones have nothing open. */
  readonly documents: ReadonlyMap<string, OpenDocument>
  /** @throws {RefundExceedsCredit} More than is kept. */
  chargeBack(out: Omit<MoneyOut, 'kind'>): Promise<{ refund: repo.Refund; reopened: Reopened[] }>
}

/** @param documentIds Of more documents that are held, before the payment as all are. */
export type HoldPayment = (
  tx: Tx,
  actor: Principal,
  paymentId: string,
  documentIds: readonly string[],
) => Promise<HeldPayment>

/** For whoever learns that money of a payment was taken back, or that it came again. */
export function holdingPayments(book: Pick<Ledger, 'chargeBack'>): HoldPayment {
  return async (tx, actor, paymentId, documentIds) => {
    const source = (await repo.findSource(tx, actor, 'payment', paymentId)) as repo.Source
    const { allocations } = await repo.usageOf(tx, paymentId)
    const documents = new Map<string, OpenDocument>()
    // All are of one account, and so of one bucket: the order of their ids is that of their keys.
    const ids = new Set([...documentIds, ...allocations.map(({ invoice_id }) => invoice_id)])
    for (const id of [...ids].toSorted()) {
      const document = await lockOpenOrVoid(tx, actor, id)
      if (document) documents.set(id, document)
    }
    await repo.holdSource(tx, source)
    const { refunded_minor } = await repo.usageOf(tx, paymentId)
    return {
      currency: source.currency,
      keptMinor: source.amount_minor - refunded_minor,
      documents,
      chargeBack: (out) => book.chargeBack(tx, actor, source, { kind: 'chargeback', ...out }),
    }
  }
}
