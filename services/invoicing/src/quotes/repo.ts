import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'

/** Writes that a quote was accepted and into which invoice. The primary key lets it happen once. */
export async function insertAcceptance(
  tx: Tx,
  owner: Owner,
  acceptance: { quoteId: string; invoiceId: string; actorKeyId: string; at: Date },
): Promise<void> {
  await tx('quote_acceptance').insert({
    bucket: bucketOf(acceptance.quoteId),
    quote_id: acceptance.quoteId,
    tenant_id: owner.tenantId,
    invoice_id: acceptance.invoiceId,
    actor_key_id: acceptance.actorKeyId,
    accepted_at: acceptance.at,
  })
}

/** @returns The invoice that each accepted quote became. */
export async function invoicesOf(database: Database, quoteIds: readonly string[]): Promise<Map<string, string>> {
  if (quoteIds.length === 0) return new Map()
  const rows = await database.hotSql<{ quote_id: string; invoice_id: string }>(
    'find_acceptances',
    'select quote_id, invoice_id from quote_acceptance where bucket = any($1::smallint[]) and quote_id = any($2::uuid[])',
    [[...new Set(quoteIds.map(bucketOf))], quoteIds],
  )
  return new Map(rows.map((row) => [row.quote_id, row.invoice_id]))
}

/** Whether a quote that the transaction holds was accepted before. */
export async function isAccepted(tx: Tx, quoteId: string): Promise<boolean> {
  const row = await tx('quote_acceptance')
    .select('invoice_id')
    .where({ bucket: bucketOf(quoteId), quote_id: quoteId })
    .first()
  return row !== undefined
}
