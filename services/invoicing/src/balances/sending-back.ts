import type { Principal } from '@kontor/http-api'
import { least } from '@kontor/money'
import type { Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import type { Ledger } from './ledger.ts'
import { lockAllOpen } from './open.ts'
import * as repo from './repo.ts'

/** What goes back of a payment through its processor. */
export interface SentBack {
  readonly paymentId: string
  /** The refund of a charge that says so. */
  readonly chargeRefundId: string
  readonly amountMinor: bigint
  /** Whose allocation goes back first. */
  readonly invoiceId: string | null
  readonly on: string
  readonly reference: string | null
}

/** What refunds through a processor need of the ledger. */
export function sendingBack(book: Pick<Ledger, 'usageOf' | 'chargeBack' | 'unrefund'>) {
  return {
    /** Holds a payment until commit, without its documents, which whoever moves its money holds before. */
    holdPayment: (tx: Tx, paymentId: string): Promise<void> => repo.holdSource(tx, { kind: 'payment', id: paymentId }),

    /** Holds the documents that have something of a payment, and then the payment. */
    async holdAll(tx: Tx, owner: Owner, paymentId: string): Promise<void> {
      // An invoice that gets its first allocation between these statements is held out of order: the deadlock that could come of it is
      // done again.
      const { allocations } = await book.usageOf(tx, paymentId)
      await lockAllOpen(
        tx,
        owner,
        allocations.map(({ invoice_id }) => invoice_id),
      )
      await repo.holdSource(tx, { kind: 'payment', id: paymentId })
    },

    /** What may still go back of a payment that the transaction holds; of what one document has of it, where one is named. */
    async remainingMinor(tx: Tx, paymentId: string, invoiceId: string | null): Promise<bigint> {
      const minor = await repo.refundableMinor(tx, paymentId)
      if (invoiceId === null) return minor
      const { allocations } = await book.usageOf(tx, paymentId)
      const allocated = allocations.find(({ invoice_id }) => invoice_id === invoiceId)?.amount_minor ?? 0n
      return least(minor, allocated)
    },

    /**
     * Writes down what has gone back of a payment that is held with its documents. It has happened, so it is not refused.
     *
     * @returns What the payment did not have any more, and is written down nowhere here.
     */
    async sendBack(tx: Tx, actor: Principal, sent: SentBack): Promise<bigint> {
      const source = (await repo.findSource(tx, actor, 'payment', sent.paymentId)) as repo.Source
      const { refunded_minor } = await book.usageOf(tx, source.id)
      const bookedMinor = least(source.amount_minor - refunded_minor, sent.amountMinor)
      if (bookedMinor > 0n) {
        const out = {
          kind: 'refund',
          amountMinor: bookedMinor,
          on: sent.on,
          reference: sent.reference ?? undefined,
          chargeRefundId: sent.chargeRefundId,
        } as const
        await book.chargeBack(tx, actor, source, out, sent.invoiceId ?? undefined)
      }
      return sent.amountMinor - bookedMinor
    },

    /** Takes back what was written down of a refund that reached nobody. Its payment is held. */
    async takeBack(tx: Tx, actor: Principal, chargeRefundId: string, on: string): Promise<void> {
      const refund = await repo.findRefundOf(tx, chargeRefundId)
      if (refund) await book.unrefund(tx, actor, refund, on)
    },
  }
}

export type SendingBack = ReturnType<typeof sendingBack>
