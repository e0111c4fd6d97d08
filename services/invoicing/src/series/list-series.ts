import type { Principal } from '@kontor/http-api'
import { bucketOf, formatId } from '@kontor/ids'
import type { Database, Db, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import type { Scope } from '../numbering/format.ts'
import type { NumberedType } from '../numbering/numbered-type.ts'

export interface SeriesRow {
  readonly id: string
  readonly issuer_id: string
  readonly scope: Scope
  readonly account_id: string | null
  readonly document_type: NumberedType
  readonly period: string
  readonly prefix: string
  readonly suffix: string
  readonly seq_width: number
  readonly first_seq: bigint
  readonly next_seq: bigint
  readonly last_issued_on: string | null
  /** When it was set to go on from another number, and by which key. */
  readonly started_at: Date | null
  readonly started_by: string | null
}

const COLUMNS = [
  'id',
  'issuer_id',
  'scope',
  'account_id',
  'document_type',
  'period',
  'prefix',
  'suffix',
  'seq_width',
  'first_seq',
  'next_seq',
  'last_issued_on',
  'started_at',
  'started_by',
] as const

/** Which series a list has. */
export interface SeriesFilter {
  readonly accountId?: string | undefined
  readonly issuerId?: string | undefined
  readonly documentType?: NumberedType | undefined
  /** As a series stores it. */
  readonly period?: string | undefined
  readonly after?: string | undefined
  readonly limit: number
}

/** Of one account by its bucket, else across buckets by the index on tenant and id, or on the issuer. */
export async function listSeries(database: Database, actor: Principal, filter: SeriesFilter): Promise<SeriesRow[]> {
  const query = database.knex('series').select(COLUMNS).where({ tenant_id: actor.tenantId, mode: actor.mode })
  if (filter.accountId) query.andWhere({ bucket: bucketOf(filter.accountId), account_id: filter.accountId })
  if (filter.issuerId) query.andWhere({ issuer_id: filter.issuerId })
  if (filter.documentType) query.andWhere({ document_type: filter.documentType })
  if (filter.period !== undefined) query.andWhere({ period: filter.period })
  if (filter.after) query.andWhere('id', '>', filter.after)
  return query.orderBy('id').limit(filter.limit)
}

export async function findSeries(db: Db, owner: Owner, id: string): Promise<SeriesRow | undefined> {
  return db('series').select(COLUMNS).where(whereOf(owner, id)).first()
}

/** Holds the series until commit. */
export async function lockSeries(tx: Tx, owner: Owner, id: string): Promise<SeriesRow | undefined> {
  return tx('series').select(COLUMNS).where(whereOf(owner, id)).forUpdate().first()
}

export async function updateStart(
  tx: Tx,
  id: string,
  start: { readonly nextSeq: bigint; readonly at: Date; readonly by: string },
): Promise<SeriesRow> {
  const [row] = await tx('series')
    .where({ bucket: bucketOf(id), id })
    .update({
      first_seq: start.nextSeq.toString(),
      next_seq: start.nextSeq.toString(),
      started_at: start.at,
      started_by: start.by,
    })
    .returning(COLUMNS)
  return row
}

function whereOf(owner: Owner, id: string) {
  return { bucket: bucketOf(id), id, tenant_id: owner.tenantId, mode: owner.mode }
}

export function seriesToWire(row: SeriesRow) {
  const width = row.seq_width === 1 ? '' : `:${row.seq_width}`
  return {
    id: formatId('ser', row.id),
    issuer_id: formatId('iss', row.issuer_id),
    scope: row.scope,
    account_id: row.account_id === null ? null : formatId('acc', row.account_id),
    document_type: row.document_type,
    period: row.period,
    format: `${row.prefix}{seq${width}}${row.suffix}`,
    first_seq: Number(row.first_seq),
    next_seq: Number(row.next_seq),
    last_issued_on: row.last_issued_on,
    started_at: row.started_at?.toISOString() ?? null,
    started_by: row.started_by === null ? null : formatId('key', row.started_by),
  }
}
