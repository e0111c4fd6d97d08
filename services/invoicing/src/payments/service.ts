import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId, parseId } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { checkDay, dayIn } from '../documents/calendar.ts'
import { NotIssued, UnknownReference } from '../documents/errors.ts'
import { lockDocument } from '../documents/repo.ts'
import type { Snapshot } from '../documents/snapshot.ts'
import { recordEvent } from '../events/event.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import type { MaskedInstrument } from '../vault/client.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import { CurrencyMismatch, MethodMissing, OverAllocation, ReceivedInFuture } from './errors.ts'
import * as repo from './repo.ts'
import type { PaymentWire, RecordPayment } from './schema.ts'

type Allocations = readonly Pick<repo.Allocation, 'invoice_id' | 'amount_minor'>[]

function toWire(payment: repo.Payment, allocations: Allocations): Static<typeof PaymentWire> {
  return {
    id: formatId('pay', payment.id),
    mode: payment.mode,
    account_id: formatId('acc', payment.account_id),
    method: payment.method,
    token_id: payment.token_id === null ? null : formatId('tok', payment.token_id),
    instrument: payment.instrument,
    amount_minor: Number(payment.amount_minor),
    currency: payment.currency,
    received_on: payment.received_on,
    reference: payment.reference,
    allocations: allocations.map((allocation) => ({
      invoice_id: formatId('inv', allocation.invoice_id),
      amount_minor: Number(allocation.amount_minor),
    })),
    created_at: payment.created_at.toISOString(),
  }
}

export function payments(deps: Deps) {
  const { database } = deps

  /** @throws {UnknownReference} Neither the account's nor a token at all. */
  async function findInstrument(actor: Principal, tokenId: string, invoiceId: string): Promise<MaskedInstrument> {
    // A token of the account shares the account's bucket; whether it is the invoice's account is checked under its lock.
    const mayFit = bucketOf(tokenId) === bucketOf(invoiceId)
    const instrument = mayFit ? await deps.findInstrument(actor, tokenId) : undefined
    if (!instrument) throw new UnknownReference('token').at('/token_id')
    return instrument
  }

  return {
    /**
     * Records money that came in, and allocates it to its invoice.
     *
     * @throws {OverAllocation} More than what is open. The invoice is held meanwhile, so that two payments cannot both fit.
     */
    async record(actor: Principal, idempotencyKey: string, body: Static<typeof RecordPayment>): Promise<Answer> {
      const invoiceId = parseId('inv', body.invoice_id)
      const tokenId = body.token_id === undefined ? null : parseId('tok', body.token_id)
      const bucket = bucketOf(invoiceId)
      const digest = digestIntent(
        deps.idempotencySecret,
        { ...actor, operation: 'POST /v1/payments', parentId: invoiceId, idempotencyKey, request: body },
        bucket,
      )
      const judge = async () => {
        refuseCardNumbers(body)
        if ((tokenId === null) === (body.method === undefined)) throw new MethodMissing().at('/method')
        checkDay(body.received_on, '/received_on')
        return tokenId === null ? null : findInstrument(actor, tokenId, invoiceId)
      }
      const write = async (tx: Tx, instrument: MaskedInstrument | null) => {
        const invoice = await lockDocument(tx, actor, 'invoice', invoiceId)
        if (!invoice) throw new NotFound('invoice')
        if (invoice.snapshot === null) throw new NotIssued()
        checkReceived(body.received_on, invoice.snapshot, deps.now())
        if (instrument && instrument.accountId !== invoice.account_id)
          throw new UnknownReference('token').at('/token_id')
        if (body.currency !== invoice.currency) throw new CurrencyMismatch(invoice.currency).at('/currency')
        const amount_minor = BigInt(body.amount_minor)
        const paid = await repo.allocatedMinor(tx, invoiceId)
        const open = invoice.payable_minor > paid ? invoice.payable_minor - paid : 0n
        if (amount_minor > open) throw new OverAllocation(open)
        const at = deps.now()
        const payment: repo.Payment = {
          id: deps.newId(bucket),
          mode: actor.mode,
          account_id: invoice.account_id,
          method: instrument ? instrument.type : (body.method ?? 'other'),
          token_id: tokenId,
          instrument: instrument ? instrument.display : null,
          currency: body.currency,
          amount_minor,
          received_on: body.received_on,
          reference: body.reference ?? null,
          created_at: at,
        }
        const allocation = {
          id: deps.newId(bucket),
          payment_id: payment.id,
          invoice_id: invoiceId,
          amount_minor,
          created_at: at,
        }
        await repo.insertPayment(tx, actor, payment, allocation)
        await recordEvent(tx, actor, {
          id: deps.newId(bucket),
          type: 'payment.recorded',
          accountId: invoice.account_id,
          objectId: payment.id,
          objectVersion: 1,
          at,
        })
        return { status: 201, body: toWire(payment, [allocation]) }
      }
      return once(database, actor.tenantId, digest, { judge, write })
    },

    async get(actor: Principal, id: string): Promise<Static<typeof PaymentWire>> {
      const payment = await repo.findPayment(database, actor, id)
      if (!payment) throw new NotFound('payment')
      return toWire(payment, await repo.allocationsOf(database, id))
    },
  }
}

/** Money has come by the end of today, where the issuer was when it issued the invoice. */
function checkReceived(day: string, snapshot: string, now: Date): void {
  const { issuer } = JSON.parse(snapshot) as Snapshot
  if (day > dayIn(issuer.time_zone, now)) throw new ReceivedInFuture().at('/received_on')
}
