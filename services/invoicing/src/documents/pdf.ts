import { createHash } from 'node:crypto'
import type { Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { renderPdf, TEMPLATE_VERSION } from '@kontor/invoice-pdf'
import type { Database } from '@kontor/postgres'
import type { Deps } from '../deps.ts'
import { findLogo } from '../issuers/repo.ts'
import type { Document } from './document.ts'
import { NotIssued } from './errors.ts'
import type { Snapshot } from './snapshot.ts'
import { toPdfDocument } from './to-pdf.ts'

export interface DocumentPdf {
  readonly bytes: Buffer
  readonly language: Snapshot['language']
}

/**
 * The PDF of an issued document: the bytes of its first derivation from snapshot and number, whenever that was.
 *
 * @param language Another one than the document's makes a copy from the same snapshot and number. It says of itself that it is one, and is
 * never kept: there is one document.
 * @throws {NotIssued} A draft has neither.
 */
export async function documentPdf(
  deps: Deps,
  actor: Principal,
  document: Document,
  language?: Snapshot['language'],
): Promise<DocumentPdf> {
  if (document.number === null || document.snapshot === null) throw new NotIssued()
  const snapshot = JSON.parse(document.snapshot) as Snapshot
  const isCopy = language !== undefined && language !== snapshot.language
  const kept = isCopy ? undefined : await findFile(deps.database, document.id)
  if (kept) return { bytes: kept, language: snapshot.language }
  const hash = snapshot.issuer.logo_sha256
  const logo = hash === null ? undefined : await findLogo(deps.database, document.issuer_id, Buffer.from(hash, 'hex'))
  const bytes = await renderPdf(toPdfDocument(snapshot, document.number, logo, language), deps.fonts)
  if (isCopy) return { bytes, language }
  return {
    bytes: await keepFirst(deps.database, actor.tenantId, document.id, bytes),
    language: snapshot.language,
  }
}

async function findFile(database: Database, documentId: string): Promise<Buffer | undefined> {
  const [row] = await database.hotSql<{ bytes: Buffer }>(
    'find_document_file',
    "select bytes from document_file where bucket = $1 and document_id = $2 and kind = 'pdf'",
    [bucketOf(documentId), documentId],
  )
  return row?.bytes
}

/** Keeps the bytes unless another process was first; either way the first ones are the document. */
async function keepFirst(database: Database, tenantId: string, documentId: string, bytes: Buffer): Promise<Buffer> {
  const rows = await database.hotSql(
    'keep_document_file',
    `insert into document_file (bucket, document_id, kind, tenant_id, sha256, template_version, bytes)
     values ($1, $2, 'pdf', $3, $4, $5, $6) on conflict do nothing returning kind`,
    [bucketOf(documentId), documentId, tenantId, createHash('sha256').update(bytes).digest(), TEMPLATE_VERSION, bytes],
  )
  if (rows.length > 0) return bytes
  return (await findFile(database, documentId)) ?? bytes
}
