import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import type { Counts, InvoiceRun, ItemState, RunItem, Selection, Settled } from './run.ts'

const COLUMNS = [
  'id',
  'tenant_id',
  'mode',
  'key_id',
  'dry_run',
  'issue_on',
  'total',
  'wave',
  'version',
  'created_at',
  'started_at',
  'finished_at',
] as const

export async function insertRun(tx: Tx, run: InvoiceRun): Promise<void> {
  await tx('invoice_run').insert({ ...run, bucket: bucketOf(run.id) })
}

/** Drafts without a date are issued on the day of their turn, which is the latest there can be. */
const ITEMS_SQL = `
insert into invoice_run_item (bucket, run_id, ord, tenant_id, wave, document_id)
select ?, ?, row_number() over (order by picked.day, picked.id), ?, dense_rank() over (order by picked.day), picked.id
  from (%s) as picked`

const BY_ID_SQL = `
select wanted.id, coalesce(draft.issue_on, ?::date, 'infinity') as day
  from unnest(?::smallint[], ?::uuid[]) as wanted(bucket, id)
  left join document as draft
    on draft.bucket = wanted.bucket and draft.id = wanted.id and draft.tenant_id = ? and draft.mode = ?`

/** Fixes which drafts the run is to issue, in the order of their dates. @returns How many; at most `max`. */
export async function insertItems(tx: Tx, run: InvoiceRun, selection: Selection, max: number): Promise<number> {
  const item = [bucketOf(run.id), run.id, run.tenant_id]
  if ('invoiceIds' in selection) {
    const ids = [...selection.invoiceIds]
    const { rowCount } = await tx.raw(ITEMS_SQL.replace('%s', BY_ID_SQL), [
      ...item,
      run.issue_on,
      ids.map(bucketOf),
      ids,
      run.tenant_id,
      run.mode,
    ])
    return rowCount
  }
  const { issuerId, accountId, createdBefore } = selection
  const picked = tx('document')
    .select('id', tx.raw("coalesce(issue_on, ?::date, 'infinity') as day", [run.issue_on]))
    .where({ tenant_id: run.tenant_id, mode: run.mode, document_type: 'invoice', state: 'draft' })
    .orderBy('id')
    .limit(max)
  if (issuerId !== undefined) picked.andWhere({ issuer_id: issuerId })
  if (accountId !== undefined) picked.andWhere({ bucket: bucketOf(accountId), account_id: accountId })
  if (createdBefore !== undefined) picked.andWhere('created_at', '<', createdBefore)
  const { sql, bindings } = picked.toSQL()
  const { rowCount } = await tx.raw(
    ITEMS_SQL.replace('%s', () => sql),
    [...item, ...bindings],
  )
  return rowCount
}

export async function setTotal(tx: Tx, runId: string, total: number): Promise<void> {
  await tx('invoice_run')
    .where({ bucket: bucketOf(runId), id: runId })
    .update({ total })
}

export async function findRun(database: Database, owner: Owner, id: string): Promise<InvoiceRun | undefined> {
  const [row] = await database.hotSql<InvoiceRun>(
    'find_invoice_run',
    `select ${COLUMNS.join(', ')} from invoice_run where bucket = $1 and id = $2 and tenant_id = $3 and mode = $4`,
    [bucketOf(id), id, owner.tenantId, owner.mode],
  )
  return row
}

/** Holds the run until commit. */
export async function lockRun(tx: Tx, id: string): Promise<InvoiceRun | undefined> {
  return tx('invoice_run')
    .select(COLUMNS)
    .where({ bucket: bucketOf(id), id })
    .forUpdate()
    .first()
}

export async function updateRun(
  tx: Tx,
  run: InvoiceRun,
  change: Partial<Pick<InvoiceRun, 'wave' | 'started_at' | 'finished_at'>>,
): Promise<void> {
  await tx('invoice_run')
    .where({ bucket: bucketOf(run.id), id: run.id })
    .update({ ...change, version: run.version + 1 })
}

export async function countItems(database: Database, runId: string): Promise<Counts> {
  const rows = await database.hotSql<{ state: ItemState; count: number }>(
    'count_invoice_run_items',
    'select state, count(*)::int as count from invoice_run_item where bucket = $1 and run_id = $2 group by state',
    [bucketOf(runId), runId],
  )
  const none = { queued: 0, issued: 0, issuable: 0, refused: 0, skipped: 0 }
  return { ...none, ...Object.fromEntries(rows.map(({ state, count }) => [state, count])) }
}

export async function listItems(database: Database, runId: string, after: number, limit: number): Promise<RunItem[]> {
  return database.hotSql<RunItem>(
    'list_invoice_run_items',
    `select ord, document_id, state, code, path from invoice_run_item
      where bucket = $1 and run_id = $2 and ord > $3 order by ord limit $4`,
    [bucketOf(runId), runId, after, limit],
  )
}

/** What is queued of a piece of a wave. */
export async function queuedItems(
  database: Database,
  runId: string,
  piece: { readonly wave: number; readonly from: number; readonly size: number },
): Promise<Pick<RunItem, 'ord' | 'document_id'>[]> {
  return database.hotSql<Pick<RunItem, 'ord' | 'document_id'>>(
    'queued_invoice_run_items',
    `select ord, document_id from invoice_run_item
      where bucket = $1 and run_id = $2 and wave = $3 and ord >= $4 and ord < $5 and state = 'queued' order by ord`,
    [bucketOf(runId), runId, piece.wave, piece.from, piece.from + piece.size],
  )
}

/** The first wave in which something is queued, and where it begins and ends. */
export async function firstQueued(
  tx: Tx,
  runId: string,
): Promise<{ wave: number; from: number; until: number } | undefined> {
  return tx('invoice_run_item')
    .where({ bucket: bucketOf(runId), run_id: runId, state: 'queued' })
    .groupBy('wave')
    .orderBy('wave')
    .first('wave', tx.raw('min(ord) as "from"'), tx.raw('max(ord) + 1 as until'))
}

const SETTLE_SQL = `
update invoice_run_item as item set state = settled.state, code = settled.code, path = settled.path, settled_at = ?
  from json_to_recordset(?::json) as settled(ord int, state text, code text, path text)
 where item.bucket = ? and item.run_id = ? and item.ord = settled.ord and item.state = 'queued'`

/** Writes what became of drafts; what was settled before stays as it is. */
export async function settleItems(tx: Tx, runId: string, settled: readonly Settled[], at: Date): Promise<void> {
  if (settled.length === 0) return
  await tx.raw(SETTLE_SQL, [at, JSON.stringify(settled), bucketOf(runId), runId])
}

/** What a report says of a document besides what became of it. */
export interface ReportedDocument {
  readonly id: string
  readonly number: string | null
  readonly external_id: string | null
  readonly issue_on: string | null
  readonly currency: string
  readonly gross_minor: bigint
}

export async function findDocuments(
  database: Database,
  owner: Owner,
  ids: readonly string[],
): Promise<Map<string, ReportedDocument>> {
  if (ids.length === 0) return new Map()
  const rows = await database.hotSql<ReportedDocument>(
    'documents_of_invoice_run',
    `select found.id, found.number, found.external_id, found.issue_on, found.currency, found.gross_minor
       from unnest($1::smallint[], $2::uuid[]) as wanted(bucket, id)
      cross join lateral (
        select document.id, document.number, document.external_id, document.issue_on, document.currency, document.gross_minor
          from document
         where document.bucket = wanted.bucket and document.id = wanted.id and document.tenant_id = $3 and document.mode = $4
           and document.document_type = 'invoice' limit 1) as found`,
    [ids.map(bucketOf), ids, owner.tenantId, owner.mode],
  )
  return new Map(rows.map((row) => [row.id, row]))
}
