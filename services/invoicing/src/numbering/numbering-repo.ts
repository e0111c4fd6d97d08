import { bucketOf } from '@kontor/ids'
import type { Database, Db, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import { completeNumberings, type Numberings, type UsedNumbering } from './numbering.ts'

/** An issuer's numberings and their version; 1 for an issuer that never chose any. */
export interface IssuerNumbering {
  readonly version: number
  readonly numberings: Numberings
}

/** @returns Undefined where there is no such issuer. */
export async function findNumbering(
  database: Database,
  owner: Owner,
  issuerId: string,
): Promise<IssuerNumbering | undefined> {
  return read(database.knex, owner, issuerId)
}

/**
 * Holds the issuer's numbering until commit: shared, so that no format changes while a series is made from it, or for a change, so
 * that no series is made meanwhile.
 */
export async function lockNumbering(
  tx: Tx,
  owner: Owner,
  issuerId: string,
  purpose: 'use' | 'change',
): Promise<IssuerNumbering | undefined> {
  const held = tx('issuer')
    .select('id')
    .where({ bucket: bucketOf(issuerId), id: issuerId, tenant_id: owner.tenantId, mode: owner.mode })
  // The row of the issuer, because an issuer that never chose has no other.
  const row = await (purpose === 'use' ? held.forShare() : held.forUpdate()).first()
  return row && read(tx, owner, issuerId)
}

async function read(db: Db, owner: Owner, issuerId: string): Promise<IssuerNumbering | undefined> {
  const row: { version: number | null; formats: Partial<Numberings> | null } | undefined = await db('issuer')
    .leftJoin('issuer_numbering', (join) =>
      join.on('issuer_numbering.bucket', 'issuer.bucket').andOn('issuer_numbering.issuer_id', 'issuer.id'),
    )
    .select('issuer_numbering.version', 'issuer_numbering.formats')
    .where({
      'issuer.bucket': bucketOf(issuerId),
      'issuer.id': issuerId,
      'issuer.tenant_id': owner.tenantId,
      'issuer.mode': owner.mode,
    })
    .first()
  return row && { version: row.version ?? 1, numberings: completeNumberings(row.formats) }
}

export async function writeNumbering(
  tx: Tx,
  owner: Owner,
  issuerId: string,
  { version, numberings }: IssuerNumbering,
): Promise<void> {
  const values = { version, formats: JSON.stringify(numberings) }
  await tx('issuer_numbering')
    .insert({ bucket: bucketOf(issuerId), issuer_id: issuerId, tenant_id: owner.tenantId, ...values })
    .onConflict(['bucket', 'issuer_id'])
    .merge(values)
}

/** Every format that series of the issuer were made with and that was given up since. */
export async function listUsed(tx: Tx, issuerId: string): Promise<UsedNumbering[]> {
  return tx('number_format')
    .select('document_type', 'scope', 'period', 'format')
    .where({ bucket: bucketOf(issuerId), issuer_id: issuerId })
}

export async function insertUsed(tx: Tx, owner: Owner, issuerId: string, used: UsedNumbering): Promise<void> {
  const { document_type, scope, period, format } = used
  const bucket = bucketOf(issuerId)
  await tx('number_format')
    .insert({ bucket, issuer_id: issuerId, tenant_id: owner.tenantId, document_type, scope, period, format })
    .onConflict()
    .ignore()
}

/**
 * Whether series of a type were made by a scope and period. A series of an account lives in the bucket of the account, so this
 * reads across buckets, by an index.
 */
export async function isMade(tx: Tx, owner: Owner, issuerId: string, used: UsedNumbering): Promise<boolean> {
  const [row] = await seriesOf(tx, owner, issuerId, used)
  return row !== undefined
}

/** Whether numbers were drawn by this scope and period under another format. */
export async function isDrawnOtherwise(tx: Tx, owner: Owner, issuerId: string, used: UsedNumbering): Promise<boolean> {
  const [row] = await seriesOf(tx, owner, issuerId, used)
    .whereRaw('next_seq > first_seq')
    .whereNot({ format: used.format })
  return row !== undefined
}

const PERIOD_LENGTH = { none: 0, year: 4, month: 7 } as const

function seriesOf(tx: Tx, owner: Owner, issuerId: string, { document_type, scope, period }: UsedNumbering) {
  return tx('series')
    .select('id')
    .where({ tenant_id: owner.tenantId, mode: owner.mode, issuer_id: issuerId, document_type, scope })
    .whereRaw('length(period) = ?', [PERIOD_LENGTH[period]])
    .limit(1)
}
