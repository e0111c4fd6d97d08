import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import type { Account } from './account.ts'

const COLUMNS = [
  'id',
  'mode',
  'external_id',
  'customer_number',
  'kind',
  'name',
  'trading_name',
  'contact_name',
  'legal_id',
  'vat_id',
  'email',
  'phone',
  'language',
  'billing_address',
  'delivery_address',
  'endpoint',
  'version',
  'created_at',
] as const

const JSON_COLUMNS = ['billing_address', 'delivery_address', 'endpoint']

/** JSON goes to the server as text: the driver would take an object's fields for columns of a row otherwise. */
function toRow(values: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      JSON_COLUMNS.includes(name) && value !== null ? JSON.stringify(value) : value,
    ]),
  )
}

export async function insertAccount(tx: Tx, owner: Owner, account: Account): Promise<void> {
  await tx('account').insert({ ...toRow(account), bucket: bucketOf(account.id), tenant_id: owner.tenantId })
}

export async function findAccount(database: Database, owner: Owner, id: string): Promise<Account | undefined> {
  const [row] = await database.hotSql<Account>(
    'find_account',
    `select ${COLUMNS.join(', ')} from account where bucket = $1 and id = $2 and tenant_id = $3 and mode = $4`,
    [bucketOf(id), id, owner.tenantId, owner.mode],
  )
  return row
}

/** Holds the account until commit. */
export async function lockAccount(tx: Tx, owner: Owner, id: string): Promise<Account | undefined> {
  return tx('account')
    .select(COLUMNS)
    .where({ bucket: bucketOf(id), id, tenant_id: owner.tenantId, mode: owner.mode })
    .forUpdate()
    .first()
}

/** Across buckets, by the index on tenant and id. */
export async function listAccounts(
  database: Database,
  owner: Owner,
  after: string | undefined,
  limit: number,
): Promise<Account[]> {
  const query = database.knex('account').select(COLUMNS).where({ tenant_id: owner.tenantId, mode: owner.mode })
  if (after) query.andWhere('id', '>', after)
  return query.orderBy('id').limit(limit)
}

export async function updateAccount(tx: Tx, id: string, changes: Partial<Account>): Promise<Account> {
  const [row] = await tx('account')
    .where({ bucket: bucketOf(id), id })
    .update({ ...toRow(changes), version: tx.raw('version + 1') })
    .returning(COLUMNS)
  return row
}
