import { invoicingApi } from '../invoicing-access.ts'
import { Sentence } from '../sentence.ts'
import { layOutTable } from '../terminal/table.ts'
import { readAmount, shownAmount } from './amount.ts'
import type { Command } from './command.ts'
import { findAccountId, findPayable } from './look-up.ts'
import { namedId } from './named-id.ts'
import { type IntentOptions, keyOf } from './new-key.ts'

export interface RefundOptions extends IntentOptions {
  readonly amount?: string
  readonly invoice?: string
  readonly reason?: string
}

export interface SettleOptions extends IntentOptions {
  readonly note: string
}

export interface ChargeListOptions {
  readonly invoice?: string
  readonly account?: string
  readonly limit?: string
}

/** What of a charge is shown. */
interface ChargeWire {
  readonly id: string
  readonly invoice_id: string
  readonly instrument: string
  readonly processor: string
  readonly amount_minor: number
  readonly currency: string
  readonly state: string
  readonly needs_attention: boolean
  readonly decline: { readonly reason: string } | null
  readonly dispute_ids: readonly string[]
}

interface RefundWire {
  readonly id: string
  readonly amount_minor: number
  readonly currency: string
  readonly unbooked_minor: number
  readonly state: string
  readonly origin: string
  readonly needs_attention: boolean
  readonly decline: { readonly reason: string } | null
}

interface PageOf<One> {
  readonly data: readonly One[]
  readonly has_more: boolean
}

const idOf = (text: string) => namedId('chg', text, 'A charge is named by its id, chg_….')
const LOOK = 'Somebody must look at it: see docs/processors.md.'

/** `kontor charge refund`: sends money back through the processor that took it. */
export async function refundCharge(command: Command, text: string, options: RefundOptions): Promise<number> {
  const url = `/v1/charges/${idOf(text)}`
  const api = await invoicingApi(command)
  const { currency } = await api.get<ChargeWire>(url)
  const amountMinor = options.amount === undefined ? undefined : readAmount('--amount', options.amount, currency)
  const invoice = options.invoice === undefined ? undefined : await findPayable(api, options.invoice)
  const refund = await api.post<RefundWire>(`${url}/refunds`, keyOf(options), {
    ...(amountMinor !== undefined && { amount_minor: Number(amountMinor) }),
    ...(invoice && { invoice_id: invoice.id }),
    ...(options.reason !== undefined && { reason: options.reason }),
  })
  command.screen.result(refund, [
    `${refund.id}: ${shownAmount(refund.amount_minor, currency)} of ${text}, ${stateOf(refund)}.`,
    ...(refund.needs_attention ? [LOOK] : []),
  ])
  return refund.state === 'declined' || refund.state === 'cancelled' ? 1 : 0
}

/** `kontor charge settle-refund`: somebody has looked at what is unbooked of a refund. */
export async function settleRefund(
  command: Command,
  text: string,
  refundText: string,
  { note, ...options }: SettleOptions,
): Promise<number> {
  const id = namedId('crf', refundText, 'A refund is named by its id, crf_….')
  const url = `/v1/charges/${idOf(text)}/refunds/${id}/settle`
  const api = await invoicingApi(command)
  const refund = await api.post<RefundWire>(url, keyOf(options), { note })
  const unbooked = shownAmount(refund.unbooked_minor, refund.currency)
  command.screen.result(refund, [`${refund.id}: ${unbooked} unbooked, settled.`])
  return 0
}

/** `kontor charge show`: a charge, and what was sent back of it. */
export async function showCharge(command: Command, text: string): Promise<number> {
  const url = `/v1/charges/${idOf(text)}`
  const api = await invoicingApi(command)
  const charge = await api.get<ChargeWire>(url)
  const { data: refunds } = await api.get<PageOf<RefundWire>>(`${url}/refunds?limit=200`)
  const amount = (minor: number) => shownAmount(minor, charge.currency)
  const columns = [
    { title: 'Refund', value: ({ id }: RefundWire) => id },
    { title: 'Made by', value: ({ origin }: RefundWire) => origin },
    { title: 'Amount', value: ({ amount_minor }: RefundWire) => amount(amount_minor), align: 'right' },
    { title: 'State', value: stateOf },
  ] as const
  command.screen.result({ ...charge, refunds }, [
    `${charge.id}: ${amount(charge.amount_minor)} for ${charge.invoice_id}, ${charge.instrument}, ${charge.processor}, ${stateOf(charge)}.`,
    ...(charge.dispute_ids.length > 0 ? [`Disputed: ${charge.dispute_ids.join(', ')}.`] : []),
    ...(charge.needs_attention || refunds.some((refund) => refund.needs_attention) ? [LOOK] : []),
    ...(refunds.length > 0 ? ['', ...layOutTable(columns, refunds)] : []),
  ])
  return 0
}

/** `kontor charge list`: of an invoice, of an account, or of all. */
export async function listCharges(command: Command, options: ChargeListOptions): Promise<number> {
  const { limit = '50' } = options
  if (!/^([1-9][0-9]?|1[0-9]{2}|200)$/.test(limit)) throw new Sentence('--limit takes a number from 1 to 200.')
  const api = await invoicingApi(command)
  const query = new URLSearchParams({
    limit,
    ...(options.invoice !== undefined && { invoice_id: (await findPayable(api, options.invoice)).id }),
    ...(options.account !== undefined && { account_id: await findAccountId(api, options.account) }),
  })
  const page = await api.get<PageOf<ChargeWire>>(`/v1/charges?${query}`)
  const columns = [
    { title: 'Charge', value: ({ id }: ChargeWire) => id },
    { title: 'For', value: ({ invoice_id }: ChargeWire) => invoice_id },
    { title: 'Processor', value: ({ processor }: ChargeWire) => processor },
    {
      title: 'Amount',
      value: ({ amount_minor, currency }: ChargeWire) => shownAmount(amount_minor, currency),
      align: 'right',
    },
    {
      title: 'State',
      value: (charge: ChargeWire) => `${stateOf(charge)}${charge.dispute_ids.length > 0 ? ', disputed' : ''}`,
    },
  ] as const
  command.screen.result(page, [
    ...(page.data.length > 0 ? layOutTable(columns, page.data) : ['There is none.']),
    ...(page.has_more ? ['', 'There are more: say a larger --limit, an --invoice or an --account.'] : []),
  ])
  return 0
}

const stateOf = ({ state, decline }: Pick<ChargeWire, 'state' | 'decline'>): string =>
  decline === null ? state : `${state} (${decline.reason})`
