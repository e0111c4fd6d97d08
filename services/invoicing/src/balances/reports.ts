import { NotFound, type Principal } from '@kontor/http-api'
import { formatId } from '@kontor/ids'
import { isCurrency, UnknownCurrency } from '@kontor/money'
import type { Static } from 'typebox'
import { findAccount } from '../accounts/repo.ts'
import type { Deps } from '../deps.ts'
import { checkDay } from '../documents/calendar.ts'
import { PeriodReversed } from '../documents/errors.ts'
import * as repo from './reports-repo.ts'
import type { AgedAccountWire, BalanceWire, StatementWire } from './reports-schema.ts'

/** Days that every calendar of ours has. */
const [FIRST_DAY, LAST_DAY] = ['0001-01-01', '9999-12-31']

const PREFIX = {
  invoice: 'inv',
  credit_note: 'cre',
  payment: 'pay',
  refund: 'rfd',
  chargeback: 'rfd',
  write_off: 'adj',
  cash_discount: 'adj',
  small_difference: 'adj',
} as const

/** What is derived from the ledger for people: balances, statements of account and ageing. */
export function reports({ database, now }: Deps) {
  async function checkAccount(actor: Principal, accountId: string): Promise<void> {
    if (!(await findAccount(database, actor, accountId))) throw new NotFound('account')
  }

  return {
    async balance(actor: Principal, accountId: string): Promise<Static<typeof BalanceWire>> {
      await checkAccount(actor, accountId)
      const found = await repo.findBalances(database, actor, accountId)
      return {
        account_id: formatId('acc', accountId),
        balances: found.map(({ currency, open_minor, credit_minor, prepaid_minor }) => ({
          currency,
          open_minor: Number(open_minor),
          credit_minor: Number(credit_minor),
          prepaid_minor: Number(prepaid_minor),
          balance_minor: Number(open_minor - credit_minor - prepaid_minor),
        })),
      }
    },

    /** @throws {DomainError} A day that there is not, or a period that ends before it begins. */
    async statement(
      actor: Principal,
      query: Omit<repo.StatementQuery, 'from' | 'to'> & { from: string | undefined; to: string | undefined },
    ): Promise<Static<typeof StatementWire>> {
      const { from = FIRST_DAY, to = LAST_DAY } = query
      checkDay(from, '/from')
      checkDay(to, '/to')
      checkDay(query.after?.on, '/after')
      if (to < from) throw new PeriodReversed().at('/to')
      checkCurrency(query.currency)
      await checkAccount(actor, query.accountId)
      // One more than is shown says whether more follows.
      const found = await repo.findStatement(database, actor, { ...query, from, to, limit: query.limit + 1 })
      const shown = found.entries.slice(0, query.limit)
      const last = shown.at(-1)
      return {
        account_id: formatId('acc', query.accountId),
        currency: query.currency,
        opening_minor: Number(found.opening_minor),
        closing_minor: Number(found.closing_minor),
        data: shown.map(({ kind, id, on_day, number, amount_minor, balance_minor }) => ({
          kind,
          id: formatId(PREFIX[kind], id),
          on: on_day,
          number,
          amount_minor: Number(amount_minor),
          balance_minor: Number(balance_minor),
        })),
        next: last && found.entries.length > shown.length ? `${last.on_day}.${last.id}` : null,
      }
    },

    /** @param on The day at whose end is counted; unless given, what is open now is counted against today, by UTC. */
    async ageing(
      actor: Principal,
      query: { currency: string; on: string | undefined; after: string | undefined; limit: number },
    ): Promise<{ on: string; data: Static<typeof AgedAccountWire>[]; has_more: boolean }> {
      const on = query.on ?? now().toISOString().slice(0, 10)
      checkDay(on, '/on')
      checkCurrency(query.currency)
      const found = await repo.listAged(database, actor, {
        ...query,
        on,
        isPast: query.on !== undefined,
        limit: query.limit + 1,
      })
      const data = found.slice(0, query.limit).map(({ account_id, customer_number, ...amounts }) => ({
        account_id: formatId('acc', account_id),
        customer_number,
        open_minor: Number(amounts.open_minor),
        current_minor: Number(amounts.current_minor),
        days_1_30_minor: Number(amounts.days_1_30_minor),
        days_31_60_minor: Number(amounts.days_31_60_minor),
        days_61_90_minor: Number(amounts.days_61_90_minor),
        over_90_minor: Number(amounts.over_90_minor),
      }))
      return { on, data, has_more: found.length > query.limit }
    },
  }
}

function checkCurrency(currency: string): void {
  if (!isCurrency(currency)) throw new UnknownCurrency('name an active ISO 4217 currency').at('/currency')
}
