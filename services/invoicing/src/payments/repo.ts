import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'

export interface Payment {
  readonly id: string
  readonly mode: 'test' | 'live'
  readonly account_id: string
  readonly method: 'card' | 'bank_account' | 'paypal_account' | 'bank_transfer' | 'cash' | 'other'
  readonly token_id: string | null
  readonly instrument: string | null
  readonly currency: string
  readonly amount_minor: bigint
  readonly received_on: string
  readonly reference: string | null
  readonly created_at: Date
}

export interface Allocation {
  readonly id: string
  readonly payment_id: string
  readonly invoice_id: string
  readonly amount_minor: bigint
  readonly created_at: Date
}

const COLUMNS = [
  'id',
  'mode',
  'account_id',
  'method',
  'token_id',
  'instrument',
  'currency',
  'amount_minor',
  'received_on',
  'reference',
  'created_at',
] as const

export async function insertPayment(tx: Tx, owner: Owner, payment: Payment, allocation: Allocation): Promise<void> {
  const bucket = bucketOf(payment.id)
  await tx('payment').insert({ ...payment, bucket, tenant_id: owner.tenantId })
  await tx('allocation').insert({ ...allocation, bucket, tenant_id: owner.tenantId })
}

export async function findPayment(database: Database, owner: Owner, id: string): Promise<Payment | undefined> {
  const [row] = await database.hotSql<Payment>(
    'find_payment',
    `select ${COLUMNS.join(', ')} from payment where bucket = $1 and id = $2 and tenant_id = $3 and mode = $4`,
    [bucketOf(id), id, owner.tenantId, owner.mode],
  )
  return row
}

export async function allocationsOf(
  database: Database,
  paymentId: string,
): Promise<Pick<Allocation, 'invoice_id' | 'amount_minor'>[]> {
  return database.hotSql(
    'find_allocations',
    'select invoice_id, amount_minor from allocation where bucket = $1 and payment_id = $2 order by id',
    [bucketOf(paymentId), paymentId],
  )
}

/** What was allocated to an invoice that the transaction holds. */
export async function allocatedMinor(tx: Tx, invoiceId: string): Promise<bigint> {
  const row: { sum: string | null } | undefined = await tx('allocation')
    .where({ bucket: bucketOf(invoiceId), invoice_id: invoiceId })
    .first(tx.raw('sum(amount_minor)::text as sum'))
  return BigInt(row?.sum ?? '0')
}

/** What was paid on each of some invoices; an invoice without payments is missing. */
export async function paidOf(database: Database, invoiceIds: readonly string[]): Promise<Map<string, bigint>> {
  if (invoiceIds.length === 0) return new Map()
  const rows = await database.hotSql<{ invoice_id: string; paid: string }>(
    'paid_of_invoices',
    `select invoice_id, sum(amount_minor)::text as paid from allocation
      where bucket = any($1::smallint[]) and invoice_id = any($2::uuid[]) group by invoice_id`,
    [[...new Set(invoiceIds.map(bucketOf))], invoiceIds],
  )
  return new Map(rows.map((row) => [row.invoice_id, BigInt(row.paid)]))
}
