import { bucketOf } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'

/** What an account owes and has, in one currency. */
export interface Balance {
  readonly currency: string
  readonly open_minor: bigint
  readonly credit_minor: bigint
  readonly prepaid_minor: bigint
}

/** One thing that changed what an account owes: a claim is positive, money and what is given up are negative. */
export interface Entry {
  readonly kind:
    | 'invoice'
    | 'credit_note'
    | 'payment'
    | 'refund'
    | 'chargeback'
    | 'write_off'
    | 'cash_discount'
    | 'small_difference'
  readonly id: string
  /** `YYYY-MM-DD`. */
  readonly on_day: string
  readonly number: string | null
  readonly amount_minor: bigint
  /** What the account owed after it. */
  readonly balance_minor: bigint
}

export interface Statement {
  readonly opening_minor: bigint
  readonly closing_minor: bigint
  readonly entries: readonly Entry[]
}

export interface AgedAccount {
  readonly account_id: string
  readonly customer_number: string
  readonly open_minor: bigint
  readonly current_minor: bigint
  readonly days_1_30_minor: bigint
  readonly days_31_60_minor: bigint
  readonly days_61_90_minor: bigint
  readonly over_90_minor: bigint
}

// Documents of zero or less were settled when they were issued: they ask for nothing and give nothing.
const OF_ACCOUNT = (table: string) =>
  `${table}.bucket = $1 and ${table}.account_id = $2 and ${table}.tenant_id = $3 and ${table}.mode = $4`
// What was made void was never seen by anybody, and was never owed.
const ISSUED = (type: 'invoice' | 'credit_note') =>
  `document.document_type = '${type}' and document.state = 'issued' and document.payable_minor > 0
   and not exists (select from document_void
                    where document_void.bucket = document.bucket and document_void.document_id = document.id)`

const BALANCE_SQL = `
with part as (
  select document.currency, greatest(open_minor(document.bucket, document.id), 0) as open, 0 as credit, 0 as prepaid
    from document where ${OF_ACCOUNT('document')} and ${ISSUED('invoice')}
  union all
  select document.currency, 0, credit_minor(document.bucket, document.id), 0
    from document where ${OF_ACCOUNT('document')} and ${ISSUED('credit_note')}
  union all
  select payment.currency, 0, credit_minor(payment.bucket, payment.id), 0
    from payment where ${OF_ACCOUNT('payment')}
  union all
  -- What a proforma has is no claim of an invoice: until there is one it is the customer's money.
  select document.currency, 0, 0, allocation.amount_minor
    from document join allocation on allocation.bucket = document.bucket and allocation.invoice_id = document.id
   where ${OF_ACCOUNT('document')} and document.document_type = 'proforma'
)
select part.currency, sum(part.open)::bigint as open_minor, sum(part.credit)::bigint as credit_minor,
       sum(part.prepaid)::bigint as prepaid_minor
  from part group by part.currency order by part.currency`

/** What an account owes and has: read from every invoice, payment and credit note, because nothing stores it. */
export async function findBalances(database: Database, owner: Owner, accountId: string): Promise<Balance[]> {
  return database.hotSql<Balance>('balances_of_account', BALANCE_SQL, ofAccount(owner, accountId))
}

// Allocations are not here: they say what is used for what, and change nothing of what the account owes.
const STATEMENT_SQL = `
with happened as (
  select 'invoice' as kind, document.id, document.issue_on as on_day, document.number, document.payable_minor as amount_minor
    from document where ${OF_ACCOUNT('document')} and document.currency = $5 and ${ISSUED('invoice')}
  union all
  select 'credit_note', document.id, document.issue_on, document.number, -document.payable_minor
    from document where ${OF_ACCOUNT('document')} and document.currency = $5 and ${ISSUED('credit_note')}
  union all
  select 'payment', payment.id, payment.received_on, null, -payment.amount_minor
    from payment where ${OF_ACCOUNT('payment')} and payment.currency = $5
  union all
  select refund.kind, refund.id, refund.refunded_on, null, refund.amount_minor
    from refund where ${OF_ACCOUNT('refund')} and refund.currency = $5
  union all
  select adjustment.kind, adjustment.id, adjustment.adjusted_on, null, -adjustment.amount_minor
    from adjustment join document on document.bucket = adjustment.bucket and document.id = adjustment.invoice_id
   where ${OF_ACCOUNT('adjustment')} and document.currency = $5
), running as (
  select happened.kind, happened.id, happened.on_day, happened.number, happened.amount_minor,
         sum(happened.amount_minor) over (order by happened.on_day, happened.id) as balance
    from happened where happened.on_day <= $7
), page as (
  select running.kind, running.id, running.on_day, running.number, running.amount_minor, running.balance
    from running
   where running.on_day >= $6 and ($8::date is null or (running.on_day, running.id) > ($8, $9::uuid))
   order by running.on_day, running.id limit $10
)
select coalesce((select sum(running.amount_minor) from running where running.on_day < $6), 0)::bigint as opening_minor,
       coalesce((select sum(running.amount_minor) from running), 0)::bigint as closing_minor,
       coalesce((select json_agg(json_build_object('kind', page.kind, 'id', page.id, 'on_day', page.on_day, 'number', page.number,
                   'amount_minor', page.amount_minor::text, 'balance_minor', page.balance::text) order by page.on_day, page.id)
                   from page), '[]') as entries`

export interface StatementQuery {
  readonly accountId: string
  readonly currency: string
  /** Both days belong to it. */
  readonly from: string
  readonly to: string
  readonly after: { readonly on: string; readonly id: string } | undefined
  readonly limit: number
}

/** What happened on an account, day by day, in one snapshot of the database. */
export async function findStatement(database: Database, owner: Owner, query: StatementQuery): Promise<Statement> {
  const { accountId, currency, from, to, after, limit } = query
  const values = [...ofAccount(owner, accountId), currency, from, to, after?.on ?? null, after?.id ?? null, limit]
  const [row] = await database.hotSql<Statement & { entries: Record<'amount_minor' | 'balance_minor', string>[] }>(
    'statement_of_account',
    STATEMENT_SQL,
    values,
  )
  const { opening_minor, closing_minor, entries } = row as NonNullable<typeof row>
  return {
    opening_minor,
    closing_minor,
    entries: entries.map((entry) => ({
      ...entry,
      amount_minor: BigInt(entry.amount_minor),
      balance_minor: BigInt(entry.balance_minor),
    })),
  }
}

/** What is open on an invoice now, and what was open at the end of the day `$4`. */
const OPEN_NOW = 'greatest(open_minor(document.bucket, document.id), 0)'

/**
 * An allocation counts from the day on which it was recorded; from the day on which its money came or its credit note was issued, where
 * it was recorded together with that. So does what was let go because of a payment. Days are those of the issuer.
 */
const OPEN_AT = `(
  select greatest(document.payable_minor - coalesce((
           select sum(allocation.amount_minor) from allocation
             left join payment on payment.bucket = allocation.bucket and payment.id = allocation.payment_id
             left join document as note on note.bucket = allocation.bucket and note.id = allocation.credit_note_id
            where allocation.bucket = document.bucket and allocation.invoice_id = document.id
              and case when (allocation.created_at at time zone issuer.time_zone)::date
                          = (coalesce(payment.created_at, note.issued_at) at time zone issuer.time_zone)::date
                       then coalesce(payment.received_on, note.issue_on)
                       else (allocation.created_at at time zone issuer.time_zone)::date end <= $4::date), 0)::bigint - coalesce((
           select sum(adjustment.amount_minor) from adjustment
             left join payment on payment.bucket = adjustment.bucket and payment.id = adjustment.payment_id
            where adjustment.bucket = document.bucket and adjustment.invoice_id = document.id
              and case when adjustment.adjusted_on = (payment.created_at at time zone issuer.time_zone)::date
                       then payment.received_on else adjustment.adjusted_on end <= $4::date), 0)::bigint, 0)
    from issuer where issuer.bucket = bucket_of(document.issuer_id) and issuer.id = document.issuer_id)`

const ageingSql = (open: string, also: string) => `
select account.id as account_id, account.customer_number, owed.open_minor, owed.current_minor, owed.days_1_30_minor,
       owed.days_31_60_minor, owed.days_61_90_minor, owed.over_90_minor
  from account
 cross join lateral (
       select coalesce(sum(bill.open), 0)::bigint as open_minor,
              coalesce(sum(bill.open) filter (where bill.days <= 0), 0)::bigint as current_minor,
              coalesce(sum(bill.open) filter (where bill.days between 1 and 30), 0)::bigint as days_1_30_minor,
              coalesce(sum(bill.open) filter (where bill.days between 31 and 60), 0)::bigint as days_31_60_minor,
              coalesce(sum(bill.open) filter (where bill.days between 61 and 90), 0)::bigint as days_61_90_minor,
              coalesce(sum(bill.open) filter (where bill.days > 90), 0)::bigint as over_90_minor
         from (select ${open} as open,
                      coalesce($4::date - document.due_on, 0) as days
                 from document
                where document.bucket = account.bucket and document.account_id = account.id and document.currency = $3
                  and ${ISSUED('invoice')} ${also}) as bill) as owed
 where account.tenant_id = $1 and account.mode = $2 and ($5::uuid is null or account.id > $5) and owed.open_minor > 0
 order by account.id limit $6`

/**
 * Accounts that owe something, across buckets, by the index on tenant and id.
 *
 * @param query With `isPast` what was open at the end of the day is aged, else what is open now.
 */
export async function listAged(
  database: Database,
  owner: Owner,
  query: { currency: string; on: string; isPast: boolean; after: string | undefined; limit: number },
): Promise<AgedAccount[]> {
  const values = [owner.tenantId, owner.mode, query.currency, query.on, query.after ?? null, query.limit]
  return query.isPast
    ? database.hotSql<AgedAccount>('accounts_aged_on', ageingSql(OPEN_AT, 'and document.issue_on <= $4::date'), values)
    : database.hotSql<AgedAccount>('aged_accounts', ageingSql(OPEN_NOW, ''), values)
}

const ofAccount = (owner: Owner, accountId: string) => [bucketOf(accountId), accountId, owner.tenantId, owner.mode]
