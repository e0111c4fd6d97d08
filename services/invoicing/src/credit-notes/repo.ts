import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Taken } from './credit-rules.ts'

/**
 * What the credit notes of an invoice take, drafts among them: a draft reserves what it takes until it is dropped.
 *
 * The transaction holds the invoice, so that nobody adds one meanwhile.
 */
export async function takenOf(tx: Tx, invoiceId: string, exceptId?: string): Promise<Taken[]> {
  const query = tx('document')
    .select('content', 'gross_minor', 'payable_minor')
    .where({ bucket: bucketOf(invoiceId), corrects_id: invoiceId, document_type: 'credit_note' })
  return (exceptId === undefined ? query : query.andWhereNot({ id: exceptId })).orderBy('id')
}
