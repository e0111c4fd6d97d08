import { invoicingApi } from '../invoicing-access.ts'
import type { Api } from '../job/api-client.ts'
import { Sentence } from '../sentence.ts'
import { layOutTable } from '../terminal/table.ts'
import { readCurrency, shownAmount } from './amount.ts'
import type { Command } from './command.ts'
import { readDay } from './day.ts'
import { findAccountId } from './look-up.ts'

interface BalanceWire {
  readonly account_id: string
  readonly balances: readonly {
    readonly currency: string
    readonly open_minor: number
    readonly credit_minor: number
    readonly prepaid_minor: number
    readonly balance_minor: number
  }[]
}

interface StatementWire {
  readonly account_id: string
  readonly currency: string
  readonly opening_minor: number
  readonly closing_minor: number
  readonly data: readonly {
    readonly kind: string
    readonly id: string
    readonly on: string
    readonly number: string | null
    readonly amount_minor: number
    readonly balance_minor: number
  }[]
  readonly next: string | null
}

interface AgeingWire {
  readonly on: string
  readonly data: readonly AgedAccount[]
  readonly has_more: boolean
}

interface AgedAccount {
  readonly account_id: string
  readonly customer_number: string
  readonly open_minor: number
  readonly current_minor: number
  readonly days_1_30_minor: number
  readonly days_31_60_minor: number
  readonly days_61_90_minor: number
  readonly over_90_minor: number
}

export interface StatementOptions {
  /** That of the account, where it has one alone. */
  readonly currency?: string
  readonly from?: string
  readonly to?: string
}

export interface AgeingOptions {
  readonly currency: string
  readonly on?: string
}

const PAGE = '200'

/** `kontor account balance`: what an account owes and has. */
export async function showBalance(command: Command, account: string): Promise<number> {
  const api = await invoicingApi(command)
  const balance = await balanceOf(api, await findAccountId(api, account))
  const column = (title: string, of: (one: BalanceWire['balances'][number]) => number) => ({
    title,
    value: (one: BalanceWire['balances'][number]) => shownAmount(of(one), one.currency),
    align: 'right' as const,
  })
  command.screen.result(
    balance,
    balance.balances.length === 0
      ? ['Nothing was invoiced or paid yet.']
      : layOutTable(
          [
            column('Open', ({ open_minor }) => open_minor),
            column('Credit', ({ credit_minor }) => credit_minor),
            column('Prepaid', ({ prepaid_minor }) => prepaid_minor),
            column('Balance', ({ balance_minor }) => balance_minor),
          ],
          balance.balances,
        ),
  )
  return 0
}

/** `kontor account statement`: everything that happened on an account, page after page, with the balance after each. */
export async function showStatement(command: Command, account: string, options: StatementOptions): Promise<number> {
  const days = { ...(options.from && { from: options.from }), ...(options.to && { to: options.to }) }
  for (const day of Object.values(days)) readDay(day)
  if (options.currency !== undefined) readCurrency(options.currency)
  const api = await invoicingApi(command)
  const id = await findAccountId(api, account)
  const currency = options.currency ?? (await onlyCurrency(api, id))
  const query = new URLSearchParams({ currency, ...days, limit: PAGE })
  const first = await api.get<StatementWire>(`/v1/accounts/${id}/statement?${query}`)
  const data = [...first.data]
  for (let after = first.next; after !== null; ) {
    query.set('after', after)
    const page = await api.get<StatementWire>(`/v1/accounts/${id}/statement?${query}`)
    data.push(...page.data)
    after = page.next
  }
  const amount = (minor: number) => shownAmount(minor, currency)
  const table = layOutTable(
    [
      { title: 'On', value: ({ on }) => on },
      { title: 'What', value: ({ kind }) => kind.replace('_', ' ') },
      { title: 'Number or id', value: (entry) => entry.number ?? entry.id },
      { title: 'Amount', value: ({ amount_minor }) => amount(amount_minor), align: 'right' },
      { title: 'Balance', value: ({ balance_minor }) => amount(balance_minor), align: 'right' },
    ],
    data,
  )
  command.screen.result({ ...first, data, next: null }, [
    `Opening balance ${amount(first.opening_minor)}.`,
    ...(data.length === 0 ? [] : ['', ...table, '']),
    `Closing balance ${amount(first.closing_minor)}.`,
  ])
  return 0
}

/** `kontor account ageing`: who owes how much, by how late it is. */
export async function showAgeing(command: Command, { currency, on }: AgeingOptions): Promise<number> {
  readCurrency(currency)
  if (on !== undefined) readDay(on)
  const api = await invoicingApi(command)
  const query = new URLSearchParams({ currency, ...(on && { on }), limit: PAGE })
  const data: AgedAccount[] = []
  let page: AgeingWire
  do {
    page = await api.get<AgeingWire>(`/v1/ageing?${query}`)
    data.push(...page.data)
    query.set('after', data.at(-1)?.account_id ?? '')
  } while (page.has_more)
  const column = (title: string, of: (aged: AgedAccount) => number) => ({
    title,
    value: (aged: AgedAccount) => shownAmount(of(aged), currency),
    align: 'right' as const,
  })
  command.screen.result({ ...page, data }, [
    `${data.length} ${data.length === 1 ? 'account owes' : 'accounts owe'} something in ${currency}, late as of ${page.on}.`,
    ...(data.length === 0
      ? []
      : [
          '',
          ...layOutTable(
            [
              { title: 'Customer', value: ({ customer_number }) => customer_number },
              { title: 'Account', value: ({ account_id }) => account_id },
              column('Open', ({ open_minor }) => open_minor),
              column('Not late', ({ current_minor }) => current_minor),
              column('1–30 days', ({ days_1_30_minor }) => days_1_30_minor),
              column('31–60', ({ days_31_60_minor }) => days_31_60_minor),
              column('61–90', ({ days_61_90_minor }) => days_61_90_minor),
              column('Over 90', ({ over_90_minor }) => over_90_minor),
            ],
            data,
          ),
        ]),
  ])
  return 0
}

const balanceOf = (api: Api, id: string): Promise<BalanceWire> => api.get<BalanceWire>(`/v1/accounts/${id}/balance`)

/** @throws {Sentence} The account has several currencies, or none yet. */
async function onlyCurrency(api: Api, id: string): Promise<string> {
  const { balances } = await balanceOf(api, id)
  const [only, other] = balances.map(({ currency }) => currency)
  if (only !== undefined && other === undefined) return only
  if (only === undefined) throw new Sentence('Nothing was invoiced or paid yet.')
  throw new Sentence(
    `The account has ${balances.map(({ currency }) => currency).join(', ')}: say which with --currency.`,
  )
}
