import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { checkDay, latestDay } from '../documents/calendar.ts'
import { findDocument } from '../documents/repo.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import { parsePayableId } from './document-id.ts'
import { RefundInFuture } from './errors.ts'
import type { Ledger } from './ledger.ts'
import { lockAllOpen, lockOpen, type OpenDocument } from './open.ts'
import * as repo from './repo.ts'
import type {
  AdjustmentWire,
  Allocate,
  RecordChargeback,
  RecordRefund,
  ReverseAdjustment,
  Unallocate,
  WriteOff,
} from './schema.ts'
import { adjustmentToWire, creditToWire, refundDoneToWire } from './wire.ts'

type Kind = repo.Source['kind']

const SEGMENT = { payment: 'payments/:paymentId', credit_note: 'credit-notes/:creditNoteId' } as const
const NAME = { payment: 'payment', credit_note: 'credit note' } as const

export function balances(deps: Deps, book: Ledger) {
  const { database } = deps

  const digest = (actor: Principal, operation: string, parentId: string, idempotencyKey: string, request: unknown) =>
    digestIntent(
      deps.idempotencySecret,
      { ...actor, operation: `POST /v1/${operation}`, parentId, idempotencyKey, request },
      bucketOf(parentId),
    )

  /** @throws {NotFound} Unknown, another tenant's, or a credit note that is not issued. */
  async function getSource(tx: Tx, actor: Principal, kind: Kind, id: string): Promise<repo.Source> {
    const source = await repo.findSource(tx, actor, kind, id)
    if (!source) throw new NotFound(NAME[kind])
    return source
  }

  /** Holds the invoice, then the source, in the order that everybody keeps. */
  async function hold(tx: Tx, actor: Principal, kind: Kind, id: string, invoiceId: string | undefined) {
    const source = await getSource(tx, actor, kind, id)
    const invoice = invoiceId === undefined ? undefined : await lockNamed(tx, actor, invoiceId)
    await repo.holdSource(tx, source)
    return { source, invoice }
  }

  return {
    async allocate(
      actor: Principal,
      kind: Kind,
      id: string,
      idempotencyKey: string,
      body: Static<typeof Allocate>,
    ): Promise<Answer> {
      const intent = digest(actor, `${SEGMENT[kind]}/allocations`, id, idempotencyKey, body)
      const write = async (tx: Tx) => {
        const { source, invoice } = await hold(tx, actor, kind, id, body.invoice_id)
        const target = {
          invoice: invoice as OpenDocument,
          amountMinor: BigInt(body.amount_minor),
          cashDiscount: body.cash_discount,
          path: '/amount_minor',
        }
        const { credit_minor } = await repo.usageOf(tx, id)
        await book.allocate(tx, actor, source, [target], credit_minor)
        return { status: 201, body: creditToWire(source, await repo.usageOf(tx, id)) }
      }
      return once(database, actor.tenantId, intent, { judge: async () => undefined, write })
    },

    async unallocate(
      actor: Principal,
      kind: Kind,
      id: string,
      idempotencyKey: string,
      body: Static<typeof Unallocate>,
    ): Promise<Answer> {
      const intent = digest(actor, `${SEGMENT[kind]}/unallocations`, id, idempotencyKey, body)
      const write = async (tx: Tx) => {
        const { source, invoice } = await hold(tx, actor, kind, id, body.invoice_id)
        await book.unallocate(tx, actor, source, invoice as OpenDocument, BigInt(body.amount_minor))
        return { status: 201, body: creditToWire(source, await repo.usageOf(tx, id)) }
      }
      return once(database, actor.tenantId, intent, { judge: async () => undefined, write })
    },

    async refund(
      actor: Principal,
      kind: Kind,
      id: string,
      idempotencyKey: string,
      body: Static<typeof RecordRefund>,
    ): Promise<Answer> {
      const intent = digest(actor, `${SEGMENT[kind]}/refunds`, id, idempotencyKey, body)
      const write = async (tx: Tx) => {
        const { source, invoice } = await hold(tx, actor, kind, id, body.invoice_id)
        const { refund, reopened } = await book.refund(tx, actor, source, invoice, moneyOut('refund', body))
        return { status: 201, body: refundDoneToWire(refund, reopened) }
      }
      return once(database, actor.tenantId, intent, { judge: async () => judgeMoneyOut(body, deps.now()), write })
    },

    async chargeBack(
      actor: Principal,
      id: string,
      idempotencyKey: string,
      body: Static<typeof RecordChargeback>,
    ): Promise<Answer> {
      const intent = digest(actor, `${SEGMENT.payment}/chargebacks`, id, idempotencyKey, body)
      const write = async (tx: Tx) => {
        const source = await getSource(tx, actor, 'payment', id)
        // An invoice that gets its first allocation between these two statements is locked by the database when the row is written,
        // out of order: the deadlock that could come of it is done again, and then the invoice is known.
        const { allocations } = await repo.usageOf(tx, id)
        await lockAllOpen(
          tx,
          actor,
          allocations.map(({ invoice_id }) => invoice_id),
        )
        await repo.holdSource(tx, source)
        const { refund, reopened } = await book.chargeBack(tx, actor, source, moneyOut('chargeback', body))
        return { status: 201, body: refundDoneToWire(refund, reopened) }
      }
      return once(database, actor.tenantId, intent, { judge: async () => judgeMoneyOut(body, deps.now()), write })
    },

    async writeOff(
      actor: Principal,
      invoiceId: string,
      idempotencyKey: string,
      body: Static<typeof WriteOff>,
    ): Promise<Answer> {
      const intent = digest(actor, 'invoices/:invoiceId/write-offs', invoiceId, idempotencyKey, body)
      const write = async (tx: Tx) => {
        const invoice = await lockOpen(tx, actor, invoiceId)
        if (invoice?.document_type !== 'invoice') throw new NotFound('invoice')
        const amountMinor = body.amount_minor === undefined ? undefined : BigInt(body.amount_minor)
        const adjustment = await book.writeOff(tx, actor, invoice, { amountMinor, reason: body.reason })
        return { status: 201, body: adjustmentToWire(adjustment) }
      }
      return once(database, actor.tenantId, intent, { judge: async () => refuseCardNumbers(body), write })
    },

    /** Takes back an adjustment of an invoice, which is open again by as much. */
    async reverse(
      actor: Principal,
      invoiceId: string,
      adjustmentId: string,
      idempotencyKey: string,
      body: Static<typeof ReverseAdjustment>,
    ): Promise<Answer> {
      const operation = 'invoices/:invoiceId/adjustments/:adjustmentId/reversals'
      const intent = digest(actor, operation, adjustmentId, idempotencyKey, { invoice_id: invoiceId, ...body })
      const write = async (tx: Tx) => {
        const invoice = await lockOpen(tx, actor, invoiceId)
        if (invoice?.document_type !== 'invoice') throw new NotFound('invoice')
        const standing = await repo.findAdjustment(tx, invoiceId, adjustmentId)
        if (!standing) throw new NotFound('adjustment')
        const reversal = await book.reverse(tx, actor, invoice, standing, body.reason ?? null)
        return { status: 201, body: adjustmentToWire(reversal) }
      }
      return once(database, actor.tenantId, intent, { judge: async () => refuseCardNumbers(body), write })
    },

    async adjustments(actor: Principal, invoiceId: string): Promise<Static<typeof AdjustmentWire>[]> {
      if (!(await findDocument(database, actor, 'invoice', invoiceId))) throw new NotFound('invoice')
      return (await repo.listAdjustments(database, actor, invoiceId)).map(adjustmentToWire)
    },
  }
}

/** @throws {NotFound} Unknown, another tenant's, or of the other type. */
async function lockNamed(tx: Tx, actor: Principal, named: string): Promise<OpenDocument> {
  const { type, id } = parsePayableId(named)
  const invoice = await lockOpen(tx, actor, id)
  if (invoice?.document_type !== type) throw new NotFound('invoice')
  return invoice
}

const moneyOut = (kind: 'refund' | 'chargeback', body: Static<typeof RecordChargeback>) => ({
  kind,
  amountMinor: BigInt(body.amount_minor),
  on: body.refunded_on,
  reference: body.reference,
})

/** A payment names no issuer, so that nobody's calendar is too late for it. */
function judgeMoneyOut(body: Static<typeof RecordChargeback>, now: Date): void {
  refuseCardNumbers(body)
  checkDay(body.refunded_on, '/refunded_on')
  if (body.refunded_on > latestDay(now)) throw new RefundInFuture().at('/refunded_on')
}
