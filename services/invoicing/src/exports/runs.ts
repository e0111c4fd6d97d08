import { createHash } from 'node:crypto'
import type { Principal } from '@kontor/http-api'
import { type Bucket, bucketFromBytes, type NewId } from '@kontor/ids'
import { type Database, withTransaction } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'

/** Exports belong to no account: those of a tenant live together. */
export function bucketOfExports({ tenantId, mode }: Owner): Bucket {
  return bucketFromBytes(createHash('sha256').update(`${tenantId}/${mode}/export`).digest())
}

/**
 * Records that an export is being taken, before it reads: what it covers cannot be made void any more.
 *
 * Waits for invoices that are being made void, so that the export sees them.
 *
 * @returns The id of the export.
 */
export async function recordRun(
  database: Database,
  actor: Principal,
  period: { readonly from: string; readonly until: string },
  { newId, at }: { readonly newId: NewId; readonly at: Date },
): Promise<string> {
  const bucket = bucketOfExports(actor)
  const id = newId(bucket)
  await withTransaction(database.knex, async (tx) => {
    await tx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`export ${actor.tenantId} ${actor.mode}`])
    await tx('export_run').insert({
      bucket,
      id,
      tenant_id: actor.tenantId,
      mode: actor.mode,
      from_on: period.from,
      until_on: period.until,
      actor_key_id: actor.keyId,
      taken_at: at,
    })
  })
  return id
}

/** Records what an export sees, once it reads: what was issued after that is not covered by it. */
export async function recordSnapshot(database: Database, owner: Owner, id: string, snapshot: string): Promise<void> {
  await database.knex('export_snapshot').insert({
    bucket: bucketOfExports(owner),
    export_id: id,
    tenant_id: owner.tenantId,
    saw: snapshot,
  })
}
