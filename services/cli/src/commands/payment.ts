import { invoicingApi } from '../invoicing-access.ts'
import type { Api } from '../job/api-client.ts'
import { Sentence } from '../sentence.ts'
import { layOutTable } from '../terminal/table.ts'
import { readAmount, readCurrency, shownAmount } from './amount.ts'
import type { Command } from './command.ts'
import { readDay } from './day.ts'
import { findAccountId, findPayable, type Payable } from './look-up.ts'
import { namedId } from './named-id.ts'
import { type IntentOptions, keyOf } from './new-key.ts'

/** What of a payment is shown. */
interface PaymentWire {
  readonly id: string
  readonly method: string
  readonly instrument: string | null
  readonly amount_minor: number
  readonly currency: string
  readonly received_on: string
  readonly reference: string | null
  readonly allocated_minor: number
  readonly refunded_minor: number
  readonly credit_minor: number
  readonly allocations: readonly { readonly invoice_id: string; readonly amount_minor: number }[]
  readonly refunds: readonly {
    readonly kind: 'refund' | 'chargeback'
    readonly amount_minor: number
    readonly refunded_on: string
    readonly reference: string | null
  }[]
}

export interface RecordOptions extends IntentOptions {
  readonly amount: string
  /** That of what is paid, unless given. */
  readonly currency?: string
  readonly on: string
  readonly invoice?: string
  /** `ID=AMOUNT` */
  readonly allocate?: readonly string[]
  readonly account?: string
  readonly cashDiscount?: boolean
  readonly method?: string
  readonly token?: string
  readonly reference?: string
}

/** `kontor payment record`: money that came in, and what it is for. */
export async function recordPayment(command: Command, options: RecordOptions): Promise<number> {
  const { invoice, allocate, account, method, token, reference } = options
  readDay(options.on)
  const named = namedIn(options)
  if (named.length === 0 && account === undefined)
    throw new Sentence('Say whose payment it is: with --invoice, --allocate or --account.')
  if (method !== undefined && token !== undefined)
    throw new Sentence('A payment with a token was paid with its instrument: leave --method out.')
  if (token !== undefined) namedId('tok', token, 'A token is named by its id, tok_….')
  const api = await invoicingApi(command)
  const paid = await findAll(
    api,
    named.map(({ name }) => name),
  )
  const currency = options.currency === undefined ? paid[0]?.currency : readCurrency(options.currency)
  if (currency === undefined) throw new Sentence('Say in which currency it was paid: with --currency.')
  const amountMinor = readAmount('--amount', options.amount, currency)
  const exact = allocate !== undefined || options.cashDiscount === true
  const allocations = named.map(({ amount }, index) => ({
    invoice_id: paid[index]?.id,
    amount_minor: Number(amount === undefined ? amountMinor : readAmount('--allocate', amount, currency)),
    ...(options.cashDiscount && { cash_discount: true }),
  }))
  const payment = await api.post<PaymentWire>('/v1/payments', keyOf(options), {
    ...(account !== undefined && { account_id: await findAccountId(api, account) }),
    ...(exact ? { allocations } : invoice !== undefined && { invoice_id: paid[0]?.id }),
    ...(token === undefined ? { method: method ?? 'bank_transfer' } : { token_id: token }),
    amount_minor: Number(amountMinor),
    currency,
    received_on: options.on,
    ...(reference !== undefined && { reference }),
  })
  return told(command, payment, paid)
}

/** `kontor payment show`: what came in, and what it was used for. */
export async function showPayment(command: Command, text: string): Promise<number> {
  const id = namedId('pay', text, 'A payment is named by its id, pay_….')
  const api = await invoicingApi(command)
  const payment = await api.get<PaymentWire>(`/v1/payments/${id}`)
  const paid = await findAll(
    api,
    payment.allocations.map(({ invoice_id }) => invoice_id),
  )
  return told(command, payment, paid)
}

/** What the options name as paid, each with its amount where that is said. */
function namedIn({ invoice, allocate, cashDiscount }: RecordOptions): { name: string; amount?: string }[] {
  if (invoice !== undefined && allocate !== undefined)
    throw new Sentence('Say in one way what the payment is for: --invoice for one, else --allocate.')
  if (cashDiscount && invoice === undefined && allocate === undefined)
    throw new Sentence('--cash-discount is taken on an invoice: name it with --invoice or --allocate.')
  if (invoice !== undefined) return [{ name: invoice }]
  return (allocate ?? []).map((text) => {
    const at = text.lastIndexOf('=')
    if (at < 1) throw new Sentence('--allocate takes an invoice and what it gets, such as inv_…=120.50.')
    return { name: text.slice(0, at), amount: text.slice(at + 1) }
  })
}

/** One after the other: a payment may be for a hundred invoices, and nobody is in a hurry. */
async function findAll(api: Api, names: readonly string[]): Promise<Payable[]> {
  const found: Payable[] = []
  for (const name of names) found.push(await findPayable(api, name))
  return found
}

function told(command: Command, payment: PaymentWire, paid: readonly Payable[]): number {
  const { id, currency, instrument, method, reference, allocations, refunds } = payment
  const amount = (minor: number) => shownAmount(minor, currency)
  const numberOf = (wanted: string) => paid.find((one) => one.id === wanted)?.number ?? wanted
  command.screen.result(payment, [
    `${id}: ${amount(payment.amount_minor)} on ${payment.received_on}, ${instrument ?? method}${reference === null ? '' : `, ${reference}`}.`,
    `Allocated ${amount(payment.allocated_minor)}, went back ${amount(payment.refunded_minor)}, left as credit ${amount(payment.credit_minor)}.`,
    ...block(
      layOutTable(
        [
          { title: 'Invoice', value: ({ invoice_id }) => numberOf(invoice_id) },
          { title: 'Id', value: ({ invoice_id }) => invoice_id },
          { title: 'Allocated', value: ({ amount_minor }) => amount(amount_minor), align: 'right' },
        ],
        allocations,
      ),
      allocations.length,
    ),
    ...block(
      layOutTable(
        [
          { title: 'Went back', value: ({ kind }) => kind },
          { title: 'On', value: ({ refunded_on }) => refunded_on },
          { title: 'Amount', value: ({ amount_minor }) => amount(amount_minor), align: 'right' },
          { title: 'Reference', value: (back) => back.reference ?? '' },
        ],
        refunds,
      ),
      refunds.length,
    ),
  ])
  return 0
}

/** A table under what was said before, where it has rows. */
const block = (lines: readonly string[], rows: number): readonly string[] => (rows > 0 ? ['', ...lines] : [])
