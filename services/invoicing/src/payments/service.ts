import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId, parseId } from '@kontor/ids'
import { isCurrency, least, UnknownCurrency } from '@kontor/money'
import type { Tx } from '@kontor/postgres'
import type { Static } from 'typebox'
import { findAccount } from '../accounts/repo.ts'
import type { Target } from '../balances/discount.ts'
import { parsePayableId } from '../balances/document-id.ts'
import { AccountMismatch, CurrencyMismatch } from '../balances/errors.ts'
import type { Ledger } from '../balances/ledger.ts'
import { lockAllOpen, type OpenDocument, snapshotOf } from '../balances/open.ts'
import { refundToWire, usageToWire } from '../balances/wire.ts'
import type { Deps } from '../deps.ts'
import { checkDay, dayIn, latestDay } from '../documents/calendar.ts'
import { UnknownReference } from '../documents/errors.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import type { MaskedInstrument } from '../vault/client.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import {
  AccountMissing,
  AllocationAmbiguous,
  AllocationsExceedAmount,
  InvoiceNamedTwice,
  MethodMissing,
  ReceivedInFuture,
} from './errors.ts'
import { receiving } from './receive.ts'
import * as repo from './repo.ts'
import type { PaymentWire, RecordPayment } from './schema.ts'

type Request = Static<typeof RecordPayment>
/** What of the ledger payments need. */
export type Book = Pick<Ledger, 'allocate' | 'usageOf' | 'findUsage' | 'findRefunds'>
type Usage = Awaited<ReturnType<Book['usageOf']>>
type Refunds = Awaited<ReturnType<Book['findRefunds']>>

function toWire(payment: repo.Payment, usage: Usage, refunds: Refunds): Static<typeof PaymentWire> {
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
    charge_id: payment.charge_id === null ? null : formatId('chg', payment.charge_id),
    ...usageToWire(payment.amount_minor, usage),
    refunds: refunds.map(refundToWire),
    created_at: payment.created_at.toISOString(),
  }
}

export function payments(deps: Deps, book: Book) {
  const { database } = deps
  const receive = receiving(deps, book)

  /** @throws {UnknownReference} Neither the account's nor a token at all. */
  async function findInstrument(actor: Principal, tokenId: string, parentId: string): Promise<MaskedInstrument> {
    // A token of the account shares the account's bucket; whether it is that account's is checked once it is known.
    const mayFit = bucketOf(tokenId) === bucketOf(parentId)
    const instrument = mayFit ? await deps.findInstrument(actor, tokenId) : undefined
    if (!instrument) throw new UnknownReference('token').at('/token_id')
    return instrument
  }

  return {
    /**
     * Records money that came in. That it came is a fact and is never refused: what its invoice has no use for is the account's
     * credit. Only who says exactly what it is for can be wrong.
     *
     * @throws {OverAllocation} More is allocated than what is open. The invoices are held meanwhile, so that two payments cannot
     *   both fit.
     */
    async record(actor: Principal, idempotencyKey: string, body: Request): Promise<Answer> {
      const named = namedIn(body)
      const accountId = body.account_id === undefined ? undefined : parseId('acc', body.account_id)
      const parentId = accountId ?? named[0]?.id
      if (parentId === undefined) throw new AccountMissing().at('/account_id')
      const tokenId = body.token_id === undefined ? null : parseId('tok', body.token_id)
      const bucket = bucketOf(parentId)
      const digest = digestIntent(
        deps.idempotencySecret,
        { ...actor, operation: 'POST /v1/payments', parentId, idempotencyKey, request: body },
        bucket,
      )
      const judge = async () => {
        judgeForm(body, tokenId, deps.now())
        if (accountId !== undefined && !(await findAccount(database, actor, accountId))) {
          throw new UnknownReference('account').at('/account_id')
        }
        return tokenId === null ? null : findInstrument(actor, tokenId, parentId)
      }
      const write = async (tx: Tx, instrument: MaskedInstrument | null) => {
        const found = await lockAllOpen(
          tx,
          actor,
          named.map(({ id }) => id),
        )
        const targets = named.map((each): Target => {
          const invoice = found.get(each.id)
          if (invoice?.document_type !== each.type) throw new NotFound('invoice')
          checkReceived(body.received_on, invoice, deps.now())
          return {
            invoice,
            path: each.path,
            cashDiscount: each.cashDiscount,
            amountMinor: each.amountMinor ?? least(invoice.open_minor, BigInt(body.amount_minor)),
          }
        })
        const ownerId = accountId ?? (targets[0] as Target).invoice.account_id
        if (instrument && instrument.accountId !== ownerId) throw new UnknownReference('token').at('/token_id')
        for (const { invoice } of targets) {
          if (invoice.account_id !== ownerId) throw new AccountMismatch()
          if (invoice.currency !== body.currency) throw new CurrencyMismatch(invoice.currency).at('/currency')
        }
        const received = {
          account_id: ownerId,
          method: instrument ? instrument.type : (body.method ?? 'other'),
          token_id: tokenId,
          instrument: instrument ? instrument.display : null,
          currency: body.currency,
          amount_minor: BigInt(body.amount_minor),
          received_on: body.received_on,
          reference: body.reference ?? null,
          charge_id: null,
        }
        const some = targets.filter(({ amountMinor }) => amountMinor > 0n)
        const payment = await receive(tx, actor, received, some)
        return { status: 201, body: toWire(payment, await book.usageOf(tx, payment.id), []) }
      }
      return once(database, actor.tenantId, digest, { judge, write })
    },

    async get(actor: Principal, id: string): Promise<Static<typeof PaymentWire>> {
      const payment = await repo.findPayment(database, actor, id)
      if (!payment) throw new NotFound('payment')
      const [usage, refunds] = await Promise.all([book.findUsage(id), book.findRefunds(id)])
      return toWire(payment, usage, refunds)
    },
  }
}

interface Named {
  readonly type: OpenDocument['document_type']
  readonly id: string
  /** Absent where the payment is for one invoice, which gets what is open on it. */
  readonly amountMinor: bigint | undefined
  readonly cashDiscount?: boolean | undefined
  readonly path: string
}

/** What a request says the payment is for. */
function namedIn(body: Request): Named[] {
  if (body.invoice_id !== undefined) {
    return [{ ...parsePayableId(body.invoice_id), amountMinor: undefined, path: '/amount_minor' }]
  }
  return (body.allocations ?? []).map(({ invoice_id, amount_minor, cash_discount }, index) => ({
    ...parsePayableId(invoice_id),
    amountMinor: BigInt(amount_minor),
    cashDiscount: cash_discount,
    path: `/allocations/${index}/amount_minor`,
  }))
}

/** @throws {DomainError} What is wrong with the request, whatever is open. */
function judgeForm(body: Request, tokenId: string | null, now: Date): void {
  refuseCardNumbers(body)
  if ((tokenId === null) === (body.method === undefined)) throw new MethodMissing().at('/method')
  checkDay(body.received_on, '/received_on')
  // Where no invoice says whose calendar counts.
  if (body.received_on > latestDay(now)) throw new ReceivedInFuture().at('/received_on')
  if (!isCurrency(body.currency)) throw new UnknownCurrency('name an active ISO 4217 currency').at('/currency')
  const { allocations = [] } = body
  if (body.invoice_id !== undefined && allocations.length > 0) throw new AllocationAmbiguous().at('/allocations')
  for (const [index, { invoice_id }] of allocations.entries()) {
    const first = allocations.findIndex((other) => other.invoice_id === invoice_id)
    if (first !== index) throw new InvoiceNamedTwice().at(`/allocations/${index}/invoice_id`)
  }
  const sum = allocations.reduce((total, { amount_minor }) => total + BigInt(amount_minor), 0n)
  if (sum > BigInt(body.amount_minor)) throw new AllocationsExceedAmount().at('/allocations')
}

/** Money has come by the end of today, where the issuer was when it issued the invoice. */
function checkReceived(day: string, invoice: OpenDocument, now: Date): void {
  if (day > dayIn(snapshotOf(invoice).issuer.time_zone, now)) throw new ReceivedInFuture().at('/received_on')
}
