import type { Principal } from '@kontor/http-api'
import { bucketOf, formatId } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import type { DocumentType } from './document-type.ts'

export interface SeriesRow {
  readonly id: string
  readonly issuer_id: string
  readonly scope: 'account' | 'issuer'
  readonly account_id: string | null
  readonly document_type: DocumentType
  readonly period: string
  readonly prefix: string
  readonly suffix: string
  readonly next_seq: bigint
  readonly last_issued_on: string | null
}

/** Of one account by its bucket, else across buckets by the index on tenant and id. */
export async function listSeries(
  database: Database,
  actor: Principal,
  page: { accountId: string | undefined; after: string | undefined; limit: number },
): Promise<SeriesRow[]> {
  const query = database
    .knex('series')
    .select(
      'id',
      'issuer_id',
      'scope',
      'account_id',
      'document_type',
      'period',
      'prefix',
      'suffix',
      'next_seq',
      'last_issued_on',
    )
    .where({ tenant_id: actor.tenantId, mode: actor.mode })
  if (page.accountId) query.andWhere({ bucket: bucketOf(page.accountId), account_id: page.accountId })
  if (page.after) query.andWhere('id', '>', page.after)
  return query.orderBy('id').limit(page.limit)
}

export function seriesToWire(row: SeriesRow) {
  return {
    id: formatId('ser', row.id),
    issuer_id: formatId('iss', row.issuer_id),
    scope: row.scope,
    account_id: row.account_id === null ? null : formatId('acc', row.account_id),
    document_type: row.document_type,
    period: row.period,
    format: `${row.prefix}{seq}${row.suffix}`,
    next_seq: Number(row.next_seq),
    last_issued_on: row.last_issued_on,
  }
}
