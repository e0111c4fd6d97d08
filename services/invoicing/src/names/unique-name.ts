import { createHash } from 'node:crypto'
import { type Bucket, bucketFromBytes } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import { DomainError } from '@kontor/problem'

export type NameKind =
  | 'customer_number'
  | 'account'
  | 'issuer'
  | 'quote'
  | 'proforma'
  | 'invoice'
  | 'credit_note'
  | 'document_number'

/** A name that must be unique within a tenant and mode. */
export interface UniqueName {
  readonly tenantId: string
  readonly mode: 'test' | 'live'
  readonly kind: NameKind
  readonly value: string
}

/** Another object has the external id already. */
export class ExternalIdInUse extends DomainError {
  readonly code = 'external_id_in_use'
  readonly status = 409
  readonly title = 'The external id belongs to something else'
  constructor() {
    super('ask for the list with ?external_id= to find what has it')
  }
}

/** Where a name is decided. The draw computes the same in SQL: the first 12 bits of SHA-256 over the four parts. */
export function bucketOfName({ tenantId, mode, kind, value }: UniqueName): Bucket {
  return bucketFromBytes(createHash('sha256').update(`${tenantId}/${mode}/${kind}/${value}`).digest())
}

/** @returns False when the name belongs to something else. Waits for a transaction that is claiming it. */
export async function claimName(tx: Tx, name: UniqueName, targetId: string): Promise<boolean> {
  const rows = await tx('unique_name')
    .insert({
      bucket: bucketOfName(name),
      tenant_id: name.tenantId,
      mode: name.mode,
      kind: name.kind,
      value: name.value,
      target_id: targetId,
    })
    .onConflict(['bucket', 'tenant_id', 'mode', 'kind', 'value'])
    .ignore()
    .returning('target_id')
  return rows.length > 0
}

/** @throws {ExternalIdInUse} The external id belongs to something else. */
export async function claimExternalId(
  tx: Tx,
  name: Omit<UniqueName, 'value'> & { readonly value: string | null | undefined },
  targetId: string,
): Promise<void> {
  if (name.value == null) return
  if (!(await claimName(tx, { ...name, value: name.value }, targetId))) throw new ExternalIdInUse()
}

/** @returns The id of what has the name. */
export async function findByName(database: Database, name: UniqueName): Promise<string | undefined> {
  const [row] = await database.hotSql<{ target_id: string }>(
    'find_by_name',
    `select target_id from unique_name
      where bucket = $1 and tenant_id = $2 and mode = $3 and kind = $4 and value = $5`,
    [bucketOfName(name), name.tenantId, name.mode, name.kind, name.value],
  )
  return row?.target_id
}

/** @returns The ids of what has one of the names, which are of one kind. */
export async function findByNames(
  database: Database,
  { tenantId, mode, kind }: Omit<UniqueName, 'value'>,
  values: readonly string[],
): Promise<string[]> {
  const buckets = values.map((value) => bucketOfName({ tenantId, mode, kind, value }))
  const rows = await database.hotSql<{ target_id: string }>(
    'find_by_names',
    `select unique_name.target_id from unnest($4::smallint[], $5::text[]) as asked(bucket, value)
       join unique_name on unique_name.bucket = asked.bucket and unique_name.value = asked.value
      where unique_name.tenant_id = $1 and unique_name.mode = $2 and unique_name.kind = $3 order by unique_name.target_id`,
    [tenantId, mode, kind, buckets, [...values]],
  )
  return rows.map(({ target_id }) => target_id)
}

/** Frees the external id of a draft that the transaction has deleted; before that, the database refuses. */
export async function releaseExternalId(
  tx: Tx,
  name: Omit<UniqueName, 'value'> & { readonly value: string | null },
): Promise<void> {
  if (name.value === null) return
  const { tenantId, mode, kind, value } = name
  await tx('unique_name')
    .where({ bucket: bucketOfName({ ...name, value }), tenant_id: tenantId, mode, kind, value })
    .delete()
}
