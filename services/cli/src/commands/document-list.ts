import { invoicingApi } from '../invoicing-access.ts'
import { Sentence } from '../sentence.ts'
import { type Column, layOutTable } from '../terminal/table.ts'
import { shownAmount } from './amount.ts'
import type { Command } from './command.ts'
import { findAccountId } from './look-up.ts'

/** What of a quote or an invoice a list shows. */
interface Listed {
  readonly id: string
  readonly number: string | null
  readonly state: string
  readonly currency: string
  readonly issue_on: string | null
  readonly totals: { readonly payable_minor: number }
  /** Of an invoice. */
  readonly due_on: string | null
  readonly open_minor?: number
  readonly overdue?: boolean
  /** Of a quote. */
  readonly valid_until?: string | null
}

interface ListWire {
  readonly data: readonly Listed[]
  readonly has_more: boolean
}

export interface ListOptions {
  readonly state?: string
  readonly account?: string
  readonly overdue?: boolean
  /** How many at most. */
  readonly limit?: string
}

const PAGE = 200
const LIMIT = '50'

/** `kontor invoice list`, `kontor quote list`: the oldest first. */
export async function listDocuments(
  command: Command,
  kind: 'invoices' | 'quotes',
  { state, account, overdue, limit = LIMIT }: ListOptions,
): Promise<number> {
  if (!/^[1-9][0-9]{0,5}$/.test(limit)) throw new Sentence('--limit takes a number from 1 to 999999.')
  if (overdue && account === undefined)
    throw new Sentence('What is overdue is listed for one --account: kontor account ageing says whose to ask for.')
  const api = await invoicingApi(command)
  const query = new URLSearchParams({
    ...(state !== undefined && { state }),
    ...(account !== undefined && { account_id: await findAccountId(api, account) }),
    ...(overdue && { overdue: 'true' }),
  })
  const data: Listed[] = []
  let more = true
  for (let left = Number(limit); more && left > 0; left = Number(limit) - data.length) {
    query.set('limit', String(Math.min(left, PAGE)))
    const page = await api.get<ListWire>(`/v1/${kind}?${query}`)
    data.push(...page.data)
    query.set('after', data.at(-1)?.id ?? '')
    more = page.has_more
  }
  const result = { data, has_more: more }
  if (data.length === 0) {
    command.screen.result(result, ['There is none.'])
    return 0
  }
  command.screen.result(result, [
    ...layOutTable(kind === 'invoices' ? INVOICE_COLUMNS : QUOTE_COLUMNS, data),
    ...(more ? ['', `More than ${data.length}: --limit shows more.`] : []),
  ])
  return 0
}

const BOTH: readonly Column<Listed>[] = [
  { title: 'Number', value: ({ number }) => number ?? '–' },
  { title: 'Id', value: ({ id }) => id },
  { title: 'State', value: ({ state, overdue }) => (overdue ? `${state}, overdue` : state) },
  { title: 'Date', value: ({ issue_on }) => issue_on ?? '–' },
]
const TOTAL: Column<Listed> = {
  title: 'Total',
  value: ({ totals, currency }) => shownAmount(totals.payable_minor, currency),
  align: 'right',
}
const INVOICE_COLUMNS: readonly Column<Listed>[] = [
  ...BOTH,
  { title: 'Due', value: ({ due_on }) => due_on ?? '–' },
  TOTAL,
  { title: 'Open', value: ({ open_minor = 0, currency }) => shownAmount(open_minor, currency), align: 'right' },
]
const QUOTE_COLUMNS: readonly Column<Listed>[] = [
  ...BOTH,
  { title: 'Valid until', value: ({ valid_until }) => valid_until ?? '–' },
  TOTAL,
]
