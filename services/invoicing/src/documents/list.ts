import type { Database } from '@kontor/postgres'
import { listIssuerIds, type Owner } from '../issuers/repo.ts'
import { findByName, findByNames } from '../names/unique-name.ts'
import type { DocumentType } from '../numbering/document-type.ts'
import type { Document } from './document.ts'
import type { Page } from './list-query.ts'
import { findDocument, listDocuments, type Narrow } from './repo.ts'

/** How a list shows documents, and which. */
export interface Showing<Wire> {
  readonly wired: (documents: readonly Document[]) => Promise<Wire[]>
  /** Leaves out in the database what certainly does not belong. */
  readonly narrow?: Narrow | undefined
  /** Whether a document belongs, by what the wire says of it: a list never shows what it was not asked for. */
  readonly keep?: ((wire: Wire) => boolean) | undefined
}

/** Reads one page of the documents of a type: what a name stands for, else by id. */
export async function listPage<Wire>(
  database: Database,
  owner: Owner,
  type: DocumentType,
  page: Page,
  { wired, narrow, keep = () => true }: Showing<Wire>,
): Promise<Wire[]> {
  const named = await findNamed(database, owner, type, page)
  if (named) return (await wired(named)).filter(keep)
  const found: Wire[] = []
  for (let after = page.after; ; ) {
    const some = await listDocuments(database, owner, type, { ...page, after }, narrow)
    found.push(...(await wired(some)).filter(keep))
    // What became something else since it was read is made up for by the rows behind it.
    if (some.length < page.limit || found.length >= page.limit) return found.slice(0, page.limit)
    after = some.at(-1)?.id
  }
}

/** @returns Nothing where no name is asked for. What has the name is shown only if everything else fits as well. */
async function findNamed(
  database: Database,
  owner: Owner,
  type: Exclude<DocumentType, 'receipt'>,
  { externalId, number, accountId }: Page,
): Promise<Document[] | undefined> {
  if (externalId === undefined && number === undefined) return undefined
  const ids =
    externalId === undefined
      ? await findNumbered(database, owner, number ?? '')
      : [await findByName(database, { ...owner, kind: type, value: externalId })]
  const documents = await Promise.all(ids.map((id) => id && findDocument(database, owner, type, id)))
  return documents.flatMap((document) =>
    document &&
    (accountId === undefined || document.account_id === accountId) &&
    (number === undefined || document.number === number)
      ? [document]
      : [],
  )
}

/** A number is unique within its issuer. */
async function findNumbered(database: Database, owner: Owner, number: string): Promise<string[]> {
  const issuers = await listIssuerIds(database, owner)
  const values = issuers.map((id) => `${id}/${number}`)
  return findByNames(database, { ...owner, kind: 'document_number' }, values)
}
