import { type Bucket, bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { Issuer } from './issuer.ts'

const COLUMNS = [
  'id',
  'mode',
  'external_id',
  'name',
  'trading_name',
  'legal_id',
  'vat_id',
  'tax_number',
  'address',
  'contact_name',
  'phone',
  'email',
  'endpoint',
  'payee_accounts',
  'time_zone',
  'currency',
  'language',
  'small_difference_minor',
  'logo_sha256',
  'version',
  'created_at',
] as const

export interface Owner {
  readonly tenantId: string
  readonly mode: 'test' | 'live'
}

export async function insertIssuer(tx: Tx, owner: Owner, bucket: Bucket, issuer: Issuer): Promise<void> {
  await tx('issuer').insert({
    ...issuer,
    bucket,
    tenant_id: owner.tenantId,
    address: JSON.stringify(issuer.address),
    endpoint: issuer.endpoint && JSON.stringify(issuer.endpoint),
    payee_accounts: JSON.stringify(issuer.payee_accounts),
  })
}

export async function findIssuer(database: Database, owner: Owner, id: string): Promise<Issuer | undefined> {
  const [row] = await database.hotSql<Issuer>(
    'find_issuer',
    `select ${COLUMNS.join(', ')} from issuer where bucket = $1 and id = $2 and tenant_id = $3 and mode = $4`,
    [bucketOf(id), id, owner.tenantId, owner.mode],
  )
  return row
}

/** Across buckets: a tenant has few issuers. */
export async function listIssuers(
  database: Database,
  owner: Owner,
  after: string | undefined,
  limit: number,
): Promise<Issuer[]> {
  const query = database.knex('issuer').select(COLUMNS).where({ tenant_id: owner.tenantId, mode: owner.mode })
  if (after) query.andWhere('id', '>', after)
  return query.orderBy('id').limit(limit)
}

/** Every issuer of a tenant and mode, which are few: a platform has as many as it has customers of its own. */
export async function listIssuerIds(database: Database, owner: Owner): Promise<string[]> {
  const rows = await database.hotSql<{ id: string }>(
    'list_issuer_ids',
    'select id from issuer where tenant_id = $1 and mode = $2',
    [owner.tenantId, owner.mode],
  )
  return rows.map(({ id }) => id)
}

/**
 * Keeps the logo by its content and makes it the one that is printed from now on.
 *
 * @returns The issuer's new version, or `undefined` when there is no such issuer.
 */
export async function updateLogo(
  tx: Tx,
  owner: Owner,
  id: string,
  logo: { sha256: Buffer; bytes: Buffer },
): Promise<number | undefined> {
  const [row] = await tx('issuer')
    .where({ bucket: bucketOf(id), id, tenant_id: owner.tenantId, mode: owner.mode })
    .update({ logo_sha256: logo.sha256, version: tx.raw('version + 1') })
    .returning('version')
  if (!row) return undefined
  await tx('issuer_logo')
    .insert({ bucket: bucketOf(id), issuer_id: id, tenant_id: owner.tenantId, ...logo })
    .onConflict(['bucket', 'issuer_id', 'sha256'])
    .ignore()
  return row.version
}

/** @returns The issuer as it is now, or `undefined` when there is none of that version. */
export async function updateIssuer(
  tx: Tx,
  owner: Owner,
  id: string,
  version: number,
  changes: Pick<Issuer, 'small_difference_minor'>,
): Promise<Issuer | undefined> {
  const [row] = await tx('issuer')
    .where({ bucket: bucketOf(id), id, tenant_id: owner.tenantId, mode: owner.mode, version })
    .update({ ...changes, version: tx.raw('version + 1') })
    .returning(COLUMNS)
  return row
}

/** @param issuerId Of the issuer whose document names the logo. */
export async function findLogo(database: Database, issuerId: string, sha256: Buffer): Promise<Buffer | undefined> {
  const [row] = await database.hotSql<{ bytes: Buffer }>(
    'find_logo',
    'select bytes from issuer_logo where bucket = $1 and issuer_id = $2 and sha256 = $3',
    [bucketOf(issuerId), issuerId, sha256],
  )
  return row?.bytes
}
