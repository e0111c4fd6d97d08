import { basename } from 'node:path'
import { type Column, layOutTable, widthOf } from '../terminal/table.ts'
import type { OrderSummary } from './summary.ts'

/** One row of the table: an order and whose it is. */
interface Row {
  readonly summary: OrderSummary
  readonly accountName: string | undefined
}

/** Names longer than this say no more to somebody who looks for a row. */
const NAME_WIDTH_MAX = 24
/** Orders whose differences are shown; all of them are in summary.json. */
const DIFFERING_SHOWN_MAX = 10

const COLUMNS: readonly Column<Row>[] = [
  { title: 'Order', value: ({ summary }) => stem(summary.order), maxWidth: 40 },
  { title: 'Account', value: ({ accountName }) => accountName ?? '–', maxWidth: NAME_WIDTH_MAX },
  { title: 'Customer', value: ({ summary }) => summary.customer_number ?? '–' },
  { title: 'Instrument', value: ({ summary }) => summary.instrument ?? '–' },
  { title: 'Quote', value: ({ summary }) => summary.quote_number ?? '–' },
  { title: 'Invoice', value: ({ summary }) => summary.invoice_number ?? summary.credit_note_number ?? '–' },
  { title: 'Total', value: ({ summary }) => total(summary), align: 'right' },
  { title: 'PDF', value: ({ summary }) => (summary.pdf === null ? 'refused' : basename(summary.pdf)) },
]

/**
 * Tells a person what became of the orders.
 *
 * @param columns Cells in a line of the terminal, where there is one: what does not fit is left out rather than wrapped.
 */
export function accountOfJob(
  {
    orders,
    accountNames,
  }: { readonly orders: readonly OrderSummary[]; readonly accountNames: readonly (string | undefined)[] },
  columns: number | undefined,
): string[] {
  const rows = orders.map((summary, index): Row => ({ summary, accountName: accountNames[index] }))
  return [...table(rows, columns), '', ...differing(orders), ...refused(orders)]
}

/** @returns How many orders ended how, as one sentence. */
export function countOrders(orders: readonly OrderSummary[]): string {
  const answered = orders.filter(({ error }) => error === null)
  const refusals = orders.length - answered.length
  // The same order in two files is one invoice, or one credit note.
  const issued = [
    ...new Map(answered.map((order) => [order.invoice_number ?? order.credit_note_number, order])).values(),
  ]
  const invoices = issued.filter(({ credit_note_number }) => credit_note_number === null)
  const notes = issued.length - invoices.length
  const open = invoices.filter(({ instrument, payable }) => instrument === null && isPositive(payable)).length
  const rest = [
    open > 0 ? `${open} left open for want of an instrument` : '',
    refusals > 0 ? `${count(refusals, 'order')} refused` : '',
  ].filter((part) => part !== '')
  const documents = [
    ...(invoices.length > 0 || notes === 0 ? [count(invoices.length, 'invoice')] : []),
    ...(notes > 0 ? [count(notes, 'credit note')] : []),
  ]
  return `${[`${documents.join(' and ')} issued`, ...rest].join(', ')}.`
}

/** From the widest to the narrowest: what is left out, and what is cut to how many cells. A PDF is named after its order, so it goes first. */
const LAYOUTS: readonly { readonly without: readonly string[]; readonly cut?: Readonly<Record<string, number>> }[] = [
  { without: [] },
  { without: ['PDF'] },
  { without: ['PDF'], cut: { Account: 16, Instrument: 24 } },
  { without: ['PDF', 'Account'], cut: { Instrument: 24 } },
  { without: ['PDF', 'Account', 'Quote'], cut: { Instrument: 18, Order: 30 } },
  { without: ['PDF', 'Account', 'Quote', 'Instrument', 'Customer'], cut: { Order: 20 } },
]

function table(rows: readonly Row[], columns = Number.POSITIVE_INFINITY): string[] {
  const layouts = LAYOUTS.map(({ without, cut }) =>
    layOutTable(
      COLUMNS.filter(({ title }) => !without.includes(title)).map((column) => {
        const maxWidth = cut?.[column.title] ?? column.maxWidth
        return maxWidth === undefined ? column : { ...column, maxWidth }
      }),
      rows,
    ),
  )
  return (layouts.find((lines) => Math.max(...lines.map(widthOf)) <= columns) ?? layouts.at(-1)) as string[]
}

function differing(orders: readonly OrderSummary[]): string[] {
  const found = orders.filter(({ differences }) => differences.length > 0)
  if (found.length === 0) return []
  const [verb, authors] = found.length === 1 ? ['comes', 'its author'] : ['come', 'their authors']
  return [
    `${count(found.length, 'order')} ${verb} to other totals than ${authors} printed:`,
    ...found.slice(0, DIFFERING_SHOWN_MAX).map(({ order, differences }) => {
      const shown = differences.find(({ path }) => path === 'payable') ?? differences[0]
      const others = differences.length - 1
      const more = others > 0 ? ` (and ${others} more)` : ''
      return `  ${stem(order)}: ${shown?.path} ${shown?.ours ?? 'missing'}, printed ${shown?.printed ?? 'nothing'}${more}`
    }),
    ...(found.length > DIFFERING_SHOWN_MAX ? [`  and ${found.length - DIFFERING_SHOWN_MAX} more`] : []),
    '',
  ]
}

function refused(orders: readonly OrderSummary[]): string[] {
  const found = orders.flatMap(({ order, error }) => (error ? [{ order, error }] : []))
  if (found.length === 0) return []
  return [
    `${count(found.length, 'order')} ${found.length === 1 ? 'was' : 'were'} refused:`,
    ...found.map(({ order, error }) => {
      const where = error.errors?.map(({ path }) => path).filter((path) => path !== '') ?? []
      const at = where.length > 0 ? ` at ${where.slice(0, 3).join(', ')}` : ''
      return `  ${stem(order)}: ${error.title.replace(/\.$/, '')} (${error.code}${at})`
    }),
    '',
  ]
}

function total({ payable, currency }: OrderSummary): string {
  if (payable === null) return '–'
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(\.\d+)?$/.exec(payable) ?? []
  return `${sign}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${fraction} ${currency}`
}

const isPositive = (amount: string | null): boolean => amount !== null && /^[\d.]*[1-9]/.test(amount)
const stem = (name: string): string => name.replace(/\.json$/, '')
const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
