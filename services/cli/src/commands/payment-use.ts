import { invoicingApi } from '../invoicing-access.ts'
import type { Api } from '../job/api-client.ts'
import { Sentence } from '../sentence.ts'
import { readAmount, shownAmount } from './amount.ts'
import type { Command } from './command.ts'
import { readDay } from './day.ts'
import { findPayable } from './look-up.ts'
import { namedId } from './named-id.ts'
import { type IntentOptions, keyOf } from './new-key.ts'

export interface UseOptions extends IntentOptions {
  readonly invoice: string
  readonly amount: string
  readonly cashDiscount?: boolean
}

export interface MoneyOutOptions extends IntentOptions {
  readonly amount: string
  readonly on: string
  readonly invoice?: string
  readonly reference?: string
}

/** What a payment or credit note was used for, as invoicing answers it. */
interface CreditWire {
  readonly currency: string
  readonly credit_minor: number
}

interface RefundDoneWire {
  readonly id: string
  readonly kind: 'refund' | 'chargeback'
  readonly amount_minor: number
  readonly currency: string
  readonly refunded_on: string
  readonly reopened: readonly { readonly invoice_id: string; readonly amount_minor: number }[]
}

const USES = {
  allocate: { route: 'allocations', word: 'gets' },
  unallocate: { route: 'unallocations', word: 'loses' },
} as const

/** `kontor payment allocate | unallocate`: what an invoice gets of a payment or credit note, or loses. */
export async function usePayment(
  command: Command,
  action: 'allocate' | 'unallocate',
  text: string,
  options: UseOptions,
): Promise<number> {
  const source = sourceOf(text)
  const api = await invoicingApi(command)
  const currency = await currencyOf(api, source)
  const amountMinor = Number(readAmount('--amount', options.amount, currency))
  const invoice = await findPayable(api, options.invoice)
  const left = await api.post<CreditWire>(`${source.path}/${USES[action].route}`, keyOf(options), {
    invoice_id: invoice.id,
    amount_minor: amountMinor,
    ...(options.cashDiscount && { cash_discount: true }),
  })
  command.screen.result(left, [
    `${invoice.number ?? invoice.id} ${USES[action].word} ${shownAmount(amountMinor, currency)} of ${source.id}; ${shownAmount(left.credit_minor, currency)} of it are left as credit.`,
  ])
  return 0
}

/** `kontor payment refund | chargeback`: money that was sent back, or taken back. */
export async function giveBack(
  command: Command,
  action: 'refund' | 'chargeback',
  text: string,
  options: MoneyOutOptions,
): Promise<number> {
  const source = sourceOf(text)
  if (action === 'chargeback' && source.kind === 'credit_note')
    throw new Sentence('A bank takes payments back, pay_…; a credit note can only be refunded.')
  readDay(options.on)
  const api = await invoicingApi(command)
  const currency = await currencyOf(api, source)
  const amountMinor = Number(readAmount('--amount', options.amount, currency))
  const invoice = options.invoice === undefined ? undefined : await findPayable(api, options.invoice)
  const done = await api.post<RefundDoneWire>(`${source.path}/${action}s`, keyOf(options), {
    amount_minor: amountMinor,
    refunded_on: options.on,
    ...(options.reference !== undefined && { reference: options.reference }),
    ...(invoice && { invoice_id: invoice.id }),
  })
  command.screen.result(done, [
    `${done.id}: ${done.kind} of ${shownAmount(done.amount_minor, currency)} on ${done.refunded_on}, from ${source.id}.`,
    ...done.reopened.map(
      ({ invoice_id, amount_minor }) => `${invoice_id} is open again by ${shownAmount(amount_minor, currency)}.`,
    ),
  ])
  return 0
}

interface Source {
  readonly kind: 'payment' | 'credit_note'
  readonly id: string
  readonly path: string
}

/** @throws {Sentence} The text is neither the id of a payment nor of a credit note. */
function sourceOf(text: string): Source {
  const refusal = 'A payment is named by its id, pay_…, and a credit note by cre_….'
  if (text.startsWith('cre_')) {
    return { kind: 'credit_note', id: namedId('cre', text, refusal), path: `/v1/credit-notes/${text}` }
  }
  return { kind: 'payment', id: namedId('pay', text, refusal), path: `/v1/payments/${text}` }
}

const currencyOf = async (api: Api, { path }: Source): Promise<string> =>
  (await api.get<{ readonly currency: string }>(path)).currency
