import { bucketOf } from '@kontor/ids'
import type { Database, Db, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import type { DocumentType } from '../numbering/document-type.ts'
import type { Document } from './document.ts'
import { InvalidTransition } from './errors.ts'

const COLUMNS = [
  'id',
  'mode',
  'document_type',
  'type_code',
  'state',
  'issuer_id',
  'account_id',
  'series_id',
  'external_id',
  'quote_id',
  'corrects_id',
  'proforma_id',
  'token_id',
  'currency',
  'net_minor',
  'vat_minor',
  'gross_minor',
  'payable_minor',
  'issue_on',
  'due_on',
  'content',
  'number',
  'snapshot',
  'issued_at',
  'version',
  'created_at',
] as const

export async function insertDraft(tx: Tx, owner: Owner, draft: Document): Promise<void> {
  await tx('document').insert({
    ...draft,
    bucket: bucketOf(draft.id),
    tenant_id: owner.tenantId,
    content: JSON.stringify(draft.content),
  })
}

export async function findDocument(
  database: Database,
  owner: Owner,
  type: DocumentType,
  id: string,
): Promise<Document | undefined> {
  const [row] = await database.hotSql<Document>(
    'find_document',
    `select ${COLUMNS.join(', ')} from document
      where bucket = $1 and id = $2 and tenant_id = $3 and mode = $4 and document_type = $5`,
    [bucketOf(id), id, owner.tenantId, owner.mode, type],
  )
  return row
}

/** Holds the document until commit. */
export async function lockDocument(
  tx: Tx,
  owner: Owner,
  type: DocumentType,
  id: string,
): Promise<Document | undefined> {
  return tx('document')
    .select(COLUMNS)
    .where({ bucket: bucketOf(id), id, tenant_id: owner.tenantId, mode: owner.mode, document_type: type })
    .forUpdate()
    .first()
}

/** Documents of a list, before it is cut to a page. */
const listed = (database: Database) => database.knex('document').select(COLUMNS.map((column) => `document.${column}`))

/** Leaves out of a list what is not asked for. What it joins has one row for a document at most. */
export type Narrow = (list: ReturnType<typeof listed>, page: { after: string | undefined }) => unknown

/** Of one account by its bucket, else across buckets by the index on tenant and id. */
export async function listDocuments(
  database: Database,
  owner: Owner,
  type: DocumentType,
  page: { accountId: string | undefined; after: string | undefined; limit: number },
  narrow: Narrow = () => {},
): Promise<Document[]> {
  const query = listed(database).where({
    'document.tenant_id': owner.tenantId,
    'document.mode': owner.mode,
    'document.document_type': type,
  })
  if (page.accountId) {
    query.andWhere({ 'document.bucket': bucketOf(page.accountId), 'document.account_id': page.accountId })
  }
  if (page.after) query.andWhere('document.id', '>', page.after)
  narrow(query, page)
  return query.orderBy('document.id').limit(page.limit)
}

/** What refers to some documents as correcting them, in the order in which it was made; one without is missing. */
export async function correctionsOf(
  database: Database,
  ids: readonly string[],
): Promise<Map<string, Pick<Document, 'id' | 'document_type'>[]>> {
  if (ids.length === 0) return new Map()
  const rows = await database.hotSql<Pick<Document, 'id' | 'document_type'> & { corrects_id: string }>(
    'find_corrections',
    `select id, document_type, corrects_id from document
      where bucket = any($1::smallint[]) and corrects_id = any($2::uuid[]) order by created_at, id`,
    [[...new Set(ids.map(bucketOf))], ids],
  )
  return Map.groupBy(rows, ({ corrects_id }) => corrects_id)
}

/** What happened to an issued document beside its own row. */
export interface Life {
  /** The day it was first sent. */
  readonly sent_on: string | null
  readonly voided_at: Date | null
  readonly void_reason: string | null
}

/** @returns What happened to some documents; one to which nothing did is missing. */
export async function livesOf(database: Database, ids: readonly string[]): Promise<Map<string, Life>> {
  if (ids.length === 0) return new Map()
  const rows = await database.hotSql<Life & { id: string }>(
    'find_lives',
    `select wanted.id, sent.sent_on, document_void.voided_at, document_void.reason as void_reason
       from unnest($1::smallint[], $2::uuid[]) as wanted(bucket, id)
       left join document_void on document_void.bucket = wanted.bucket and document_void.document_id = wanted.id
       left join lateral (select min(document_delivery.sent_on) as sent_on from document_delivery
                           where document_delivery.bucket = wanted.bucket and document_delivery.document_id = wanted.id
                         ) as sent on true
      where document_void.document_id is not null or sent.sent_on is not null`,
    [ids.map(bucketOf), ids],
  )
  return new Map(rows.map(({ id, ...life }) => [id, life]))
}

export async function isVoid(db: Db, id: string): Promise<boolean> {
  const row = await db('document_void')
    .select('voided_at')
    .where({ bucket: bucketOf(id), document_id: id })
    .first()
  return row !== undefined
}

/** @throws {InvalidTransition} The document, which the transaction holds, is void. */
export async function refuseVoid(tx: Tx, id: string, to: string): Promise<void> {
  if (await isVoid(tx, id)) throw new InvalidTransition('void', to, [])
}
