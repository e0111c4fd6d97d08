import type { Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { least } from '@kontor/money'
import type { Tx } from '@kontor/postgres'
import type { Deps } from '../deps.ts'
import { NotIssued } from '../documents/errors.ts'
import { recordEvent } from '../events/event.ts'
import { adjusting } from './adjusting.ts'
import { cashDiscountOf, checkDiscount, type Target } from './discount.ts'
import { formatPayableId, type PayableType } from './document-id.ts'
import {
  AccountMismatch,
  AllocationExceedsCredit,
  CurrencyMismatch,
  OverAllocation,
  OverUnallocation,
  RefundExceedsCharge,
  RefundExceedsCredit,
} from './errors.ts'
import { givingUp } from './giving-up.ts'
import { lockOpen, type OpenDocument } from './open.ts'
import * as repo from './repo.ts'

/** Told when an allocation leaves nothing open on a proforma, in the same transaction. */
export type OnProformaPaid = (tx: Tx, actor: Principal, proformaId: string, cameOn: string) => Promise<void>

/** Money that goes out again. */
export interface MoneyOut {
  readonly kind: 'refund' | 'chargeback'
  readonly amountMinor: bigint
  readonly on: string
  readonly reference: string | undefined
  /** Where it went through the processor that took it. */
  readonly chargeRefundId?: string | undefined
}

/**
 * The one place that writes what an open amount, a payment and a credit note are derived from. Every function runs in the caller's
 * transaction, which holds the documents first and the source after them; what is decided by is read after that.
 */
export function ledger(deps: Deps, onProformaPaid: OnProformaPaid) {
  const adjust = adjusting(deps)
  const record = (tx: Tx, actor: Principal, type: 'allocation.recorded' | 'refund.recorded') => {
    return async (row: { id: string; accountId: string; at: Date }) =>
      recordEvent(tx, actor, {
        id: deps.newId(bucketOf(row.id)),
        type,
        accountId: row.accountId,
        objectId: row.id,
        objectVersion: 1,
        at: row.at,
      })
  }

  async function writeAllocations(
    tx: Tx,
    actor: Principal,
    source: Pick<repo.Source, 'kind' | 'id' | 'account_id'>,
    amounts: readonly { invoiceId: string; amountMinor: bigint }[],
  ): Promise<void> {
    const at = deps.now()
    const rows = amounts.map(({ invoiceId, amountMinor }) => ({
      id: deps.newId(bucketOf(source.id)),
      invoice_id: invoiceId,
      amount_minor: amountMinor,
      created_at: at,
    }))
    await repo.insertAllocations(tx, actor, source, rows)
    const recorded = record(tx, actor, 'allocation.recorded')
    for (const { id } of rows) await recorded({ id, accountId: source.account_id, at })
  }

  /** What an allocation brings with it: the discount for paying early, and a remainder that is not worth asking for. */
  async function closeRemainder(tx: Tx, actor: Principal, source: repo.Source, target: Target): Promise<void> {
    const { invoice, amountMinor } = target
    if (invoice.document_type !== 'invoice') return
    const discountMinor = target.cashDiscount ? cashDiscountOf(source, target) : 0n
    if (discountMinor > 0n) {
      await adjust(tx, actor, invoice, { kind: 'cash_discount', amount_minor: discountMinor }, source)
    }
    const restMinor = invoice.open_minor - amountMinor - discountMinor
    if (restMinor > 0n && restMinor <= (await repo.smallDifferenceMinor(tx, invoice.issuer_id))) {
      await adjust(tx, actor, invoice, { kind: 'small_difference', amount_minor: restMinor }, source)
    }
  }

  async function takeBack(
    tx: Tx,
    actor: Principal,
    source: repo.Source,
    amounts: readonly { invoiceId: string; amountMinor: bigint }[],
  ): Promise<void> {
    const negative = amounts.map(({ invoiceId, amountMinor }) => ({ invoiceId, amountMinor: -amountMinor }))
    await writeAllocations(tx, actor, source, negative)
    // What was let go because of this money is asked for again, wholly: there is no discount on a part that nobody paid in time.
    for (const { invoiceId } of amounts) {
      for (const { id, kind, amount_minor } of await repo.standingAdjustments(tx, source, invoiceId)) {
        const invoice = await lockOpen(tx, actor, invoiceId)
        if (invoice) await adjust(tx, actor, invoice, { kind, amount_minor: -amount_minor, reverses_id: id }, source)
      }
    }
  }

  async function writeRefund(tx: Tx, actor: Principal, source: repo.Source, out: MoneyOut): Promise<repo.Refund> {
    const bucket = bucketOf(source.id)
    const refund: repo.Refund = {
      id: deps.newId(bucket),
      mode: actor.mode,
      account_id: source.account_id,
      kind: out.kind,
      payment_id: source.kind === 'payment' ? source.id : null,
      credit_note_id: source.kind === 'credit_note' ? source.id : null,
      currency: source.currency,
      amount_minor: out.amountMinor,
      refunded_on: out.on,
      reference: out.reference ?? null,
      charge_refund_id: out.chargeRefundId ?? null,
      reverses_id: null,
      created_at: deps.now(),
    }
    await repo.insertRefund(tx, actor, refund)
    await record(tx, actor, 'refund.recorded')({ ...refund, accountId: refund.account_id, at: refund.created_at })
    return refund
  }

  return {
    usageOf: (tx: Tx, sourceId: string): Promise<repo.Usage> => repo.usageOf(tx, sourceId),
    findUsage: (sourceId: string): Promise<repo.Usage> => repo.findUsage(deps.database, sourceId),
    findRefunds: (sourceId: string): Promise<repo.Refund[]> => repo.listRefunds(deps.database, sourceId),

    /**
     * Allocates what is left of a source.
     *
     * @throws {OverAllocation} One of the invoices has less open. Then nothing is allocated at all.
     * @throws {AllocationExceedsCredit} Less is left.
     */
    async allocate(
      tx: Tx,
      actor: Principal,
      source: repo.Source,
      targets: readonly Target[],
      creditMinor: bigint,
    ): Promise<void> {
      for (const { invoice, amountMinor, cashDiscount, path } of targets) {
        checkMeets(source, invoice)
        if (cashDiscount) checkDiscount(source, invoice)
        if (amountMinor > invoice.open_minor) {
          throw new OverAllocation(invoice.open_minor, formatPayableId(invoice.document_type, invoice.id)).at(path)
        }
      }
      if (targets.reduce((sum, { amountMinor }) => sum + amountMinor, 0n) > creditMinor) {
        throw new AllocationExceedsCredit(creditMinor)
      }
      const amounts = targets.map(({ invoice, amountMinor }) => ({ invoiceId: invoice.id, amountMinor }))
      await writeAllocations(tx, actor, source, amounts)
      for (const target of targets) {
        const { invoice, amountMinor } = target
        await closeRemainder(tx, actor, source, target)
        const paid = invoice.document_type === 'proforma' && amountMinor === invoice.open_minor
        if (paid) await onProformaPaid(tx, actor, invoice.id, source.came_on)
      }
    },

    /** Moves what a source has of one document to another, in two steps; the caller holds both documents. */
    async move(
      tx: Tx,
      actor: Principal,
      source: Pick<repo.Source, 'kind' | 'id' | 'account_id'>,
      to: { readonly invoiceId: string; readonly amountMinor: bigint },
    ): Promise<void> {
      await writeAllocations(tx, actor, source, [to])
    },

    /** @throws {OverUnallocation} Less is allocated there. */
    async unallocate(
      tx: Tx,
      actor: Principal,
      source: repo.Source,
      invoice: OpenDocument,
      amountMinor: bigint,
    ): Promise<void> {
      const allocated = allocatedTo(await repo.usageOf(tx, source.id), invoice.id)
      if (amountMinor > allocated) throw new OverUnallocation(allocated).at('/amount_minor')
      await takeBack(tx, actor, source, [{ invoiceId: invoice.id, amountMinor }])
    },

    /**
     * Money that was sent back: from what is left, or from what one invoice has of it, which is open again by that much.
     *
     * @throws {RefundExceedsCredit} Less is left, or allocated there.
     * @throws {RefundExceedsCharge} Less than that is not on its way back already.
     */
    async refund(
      tx: Tx,
      actor: Principal,
      source: repo.Source,
      invoice: OpenDocument | undefined,
      out: MoneyOut,
    ): Promise<{ refund: repo.Refund; reopened: Reopened[] }> {
      const usage = await repo.usageOf(tx, source.id)
      const may = invoice ? allocatedTo(usage, invoice.id) : usage.credit_minor
      if (out.amountMinor > may) throw new RefundExceedsCredit(may).at('/amount_minor')
      if (source.kind === 'payment') refuseOverRefund(out.amountMinor, await repo.refundableMinor(tx, source.id))
      const reopened = invoice
        ? [{ invoiceId: invoice.id, type: invoice.document_type, amountMinor: out.amountMinor }]
        : []
      await takeBack(tx, actor, source, reopened)
      return { refund: await writeRefund(tx, actor, source, out), reopened }
    },

    /**
     * Money that went whoever was asked, through the processor or because the payer's bank took it back: first from what an invoice has of
     * it, where one is named, then from what is left, then from the other invoices, the one allocated to last first.
     *
     * @throws {RefundExceedsCredit} More than has not gone back yet.
     */
    async chargeBack(
      tx: Tx,
      actor: Principal,
      source: repo.Source,
      out: MoneyOut,
      invoiceId?: string | undefined,
    ): Promise<{ refund: repo.Refund; reopened: Reopened[] }> {
      const usage = await repo.usageOf(tx, source.id)
      const kept = source.amount_minor - usage.refunded_minor
      if (out.amountMinor > kept) throw new RefundExceedsCredit(kept).at('/amount_minor')
      const reopened = takenFrom(usage, out.amountMinor, invoiceId)
      await takeBack(tx, actor, source, reopened)
      return { refund: await writeRefund(tx, actor, source, out), reopened }
    },

    /** Takes back, as a whole, a refund that did not reach anybody. Its money is what is left of the payment again. */
    async unrefund(tx: Tx, actor: Principal, refund: repo.Refund, on: string): Promise<void> {
      const reversal: repo.Refund = {
        ...refund,
        id: deps.newId(bucketOf(refund.id)),
        amount_minor: -refund.amount_minor,
        refunded_on: on,
        reverses_id: refund.id,
        created_at: deps.now(),
      }
      await repo.insertRefund(tx, actor, reversal)
      await record(
        tx,
        actor,
        'refund.recorded',
      )({ ...reversal, accountId: reversal.account_id, at: reversal.created_at })
    },

    ...givingUp(deps, adjust),
  }
}

export type Ledger = ReturnType<typeof ledger>

/** What an invoice lost again, and asks for once more. */
export interface Reopened {
  readonly invoiceId: string
  readonly type: PayableType
  readonly amountMinor: bigint
}

/** What each document loses of it: the one that is named, and then those whom what is left does not spare. */
function takenFrom(
  { credit_minor, allocations }: repo.Usage,
  amountMinor: bigint,
  first: string | undefined,
): Reopened[] {
  const taken: Reopened[] = []
  let missing = amountMinor
  const take = ({ invoice_id, document_type, amount_minor }: repo.Usage['allocations'][number]) => {
    if (missing <= 0n) return
    const part = least(amount_minor, missing)
    taken.push({ invoiceId: invoice_id, type: document_type, amountMinor: part })
    missing -= part
  }
  for (const each of allocations) if (each.invoice_id === first) take(each)
  missing -= credit_minor
  for (const each of allocations.toReversed()) if (each.invoice_id !== first) take(each)
  return taken
}

/** @throws {RefundExceedsCharge} */
function refuseOverRefund(amountMinor: bigint, refundableMinor: bigint): void {
  if (amountMinor > refundableMinor) throw new RefundExceedsCharge(refundableMinor).at('/amount_minor')
}

const allocatedTo = ({ allocations }: repo.Usage, invoiceId: string): bigint =>
  allocations.find(({ invoice_id }) => invoice_id === invoiceId)?.amount_minor ?? 0n

/** @throws {DomainError} What is paid and what pays do not belong together. */
function checkMeets(source: repo.Source, invoice: OpenDocument): void {
  if (invoice.state !== 'issued') throw new NotIssued()
  if (invoice.account_id !== source.account_id) throw new AccountMismatch()
  if (invoice.currency !== source.currency) throw new CurrencyMismatch(invoice.currency).at('/currency')
}
