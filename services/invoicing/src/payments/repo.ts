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
  /** Where it was taken through a processor. */
  readonly charge_id: string | null
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
  'charge_id',
  'created_at',
] as const

export async function insertPayment(tx: Tx, owner: Owner, payment: Payment): Promise<void> {
  await tx('payment').insert({ ...payment, bucket: bucketOf(payment.id), tenant_id: owner.tenantId })
}

export async function findPayment(database: Database, owner: Owner, id: string): Promise<Payment | undefined> {
  const [row] = await database.hotSql<Payment>(
    'find_payment',
    `select ${COLUMNS.join(', ')} from payment where bucket = $1 and id = $2 and tenant_id = $3 and mode = $4`,
    [bucketOf(id), id, owner.tenantId, owner.mode],
  )
  return row
}
