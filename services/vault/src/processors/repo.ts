import type { Mode } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { ConfiguredProcessor } from './credentials.ts'

/** Whose credentials: every statement names both. */
export interface Owner {
  readonly tenantId: string
  readonly mode: Mode
}

/** A row as it stands. */
export interface CredentialRow {
  readonly processor: ConfiguredProcessor
  readonly version: number
  /** Null once they were removed. */
  readonly record: string | null
  readonly updated_at: Date
}

const COLUMNS = ['processor', 'version', 'record', 'updated_at'] as const
const rowOf = ({ tenantId, mode }: Owner, processor: ConfiguredProcessor) => ({
  bucket: bucketOf(tenantId),
  tenant_id: tenantId,
  mode,
  processor,
})

export async function findCredentials(
  database: Database,
  { tenantId, mode }: Owner,
  processor: ConfiguredProcessor,
): Promise<CredentialRow | undefined> {
  const [row] = await database.hotSql<CredentialRow>(
    'find_credentials',
    `select processor, version, record, updated_at from processor_credential
     where bucket = $1 and tenant_id = $2 and mode = $3 and processor = $4`,
    [bucketOf(tenantId), tenantId, mode, processor],
  )
  return row
}

/** @returns Those that there are, by the name of the processor. */
export async function listCredentials(database: Database, { tenantId, mode }: Owner): Promise<CredentialRow[]> {
  return database.hotSql<CredentialRow>(
    'list_credentials',
    `select processor, version, record, updated_at from processor_credential
     where bucket = $1 and tenant_id = $2 and mode = $3 and record is not null order by processor`,
    [bucketOf(tenantId), tenantId, mode],
  )
}

/** Holds a row until commit. */
export async function lockCredentials(
  tx: Tx,
  owner: Owner,
  processor: ConfiguredProcessor,
): Promise<CredentialRow | undefined> {
  return tx<CredentialRow>('processor_credential')
    .select(COLUMNS)
    .where(rowOf(owner, processor))
    .forUpdate()
    .first() as unknown as Promise<CredentialRow | undefined>
}

/** @returns False where another request made the row at the same moment. */
export async function insertCredentials(tx: Tx, owner: Owner, row: CredentialRow): Promise<boolean> {
  const { processor, version, record, updated_at } = row
  const made = await tx('processor_credential')
    .insert({ ...rowOf(owner, processor), version, record, updated_at })
    .onConflict(['bucket', 'tenant_id', 'mode', 'processor'])
    .ignore()
    .returning('version')
  return made.length > 0
}

/** Writes the next version of a row that is held. */
export async function updateCredentials(tx: Tx, owner: Owner, row: CredentialRow): Promise<void> {
  const { processor, version, record, updated_at } = row
  await tx('processor_credential').where(rowOf(owner, processor)).update({ version, record, updated_at })
}
