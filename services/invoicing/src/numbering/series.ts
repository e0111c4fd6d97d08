import { bucketOf, type NewId } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import type { DocumentType } from './document-type.ts'

/** What stands before the customer number, by document type. No two of these formats can print the same string. */
const DEFAULT_PREFIX: Record<DocumentType, string> = { quote: 'Q-', invoice: '' }

/** The longest run of digits that a counter of 64 bits prints. */
const SEQ_DIGITS_MAX = 19

/** The series of one account with one issuer for one type of document, by default format. */
export interface SeriesKey {
  readonly issuerId: string
  readonly accountId: string
  readonly customerNumber: string
  readonly documentType: DocumentType
}

/**
 * Finds or makes the default series: scope account, no period, `{customer}-{seq}` (quotes `Q-{customer}-{seq}`).
 *
 * Made with the draft, so that the draw only ever locks a row that is there.
 *
 * @returns Its id.
 */
export async function ensureSeries(tx: Tx, owner: Owner, key: SeriesKey, newId: NewId, at: Date): Promise<string> {
  const bucket = bucketOf(key.accountId)
  const where = {
    bucket,
    issuer_id: key.issuerId,
    scope: 'account',
    account_id: key.accountId,
    document_type: key.documentType,
    period: '',
  }
  const found: { id: string } | undefined = await tx('series').select('id').where(where).first()
  if (found) return found.id
  await tx('series')
    .insert({
      ...where,
      id: newId(bucket),
      tenant_id: owner.tenantId,
      mode: owner.mode,
      prefix: `${DEFAULT_PREFIX[key.documentType]}${key.customerNumber}-`,
      created_at: at,
    })
    .onConflict(['bucket', 'issuer_id', 'scope', 'account_id', 'document_type', 'period'])
    .ignore()
  const made: { id: string } | undefined = await tx('series').select('id').where(where).first()
  if (!made) throw new Error('a series that was just made is not there')
  return made.id
}

/** The longest number that a customer's documents can get, to check before the draw that it can be printed. */
export function longestNumber(documentType: DocumentType, customerNumber: string): string {
  return `${DEFAULT_PREFIX[documentType]}${customerNumber}-${'9'.repeat(SEQ_DIGITS_MAX)}`
}
