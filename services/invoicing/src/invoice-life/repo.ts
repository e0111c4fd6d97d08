import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import { bucketOfExports } from '../exports/runs.ts'
import type { Owner } from '../issuers/repo.ts'

export interface Delivery {
  readonly id: string
  readonly document_id: string
  readonly channel: string
  readonly sent_on: string
  readonly actor_key_id: string
  readonly recorded_at: Date
}

export async function insertDelivery(tx: Tx, owner: Owner, delivery: Delivery): Promise<void> {
  await tx('document_delivery').insert({ ...delivery, bucket: bucketOf(delivery.id), tenant_id: owner.tenantId })
}

export async function insertVoid(
  tx: Tx,
  owner: Owner,
  row: { document_id: string; reason: string; actor_key_id: string; voided_at: Date },
): Promise<void> {
  await tx('document_void').insert({ ...row, bucket: bucketOf(row.document_id), tenant_id: owner.tenantId })
}

/**
 * What already happened to an invoice that the transaction holds, besides exports: whoever sends, pays or credits it holds it as well.
 *
 * Any allocation counts, also one that was taken back.
 */
export async function traces(tx: Tx, id: string): Promise<{ sent: boolean; allocated: boolean; credited: boolean }> {
  const values = { bucket: bucketOf(id), id }
  const { rows } = await tx.raw(
    `select exists (select from document_delivery where bucket = :bucket and document_id = :id) as sent,
            exists (select from allocation where bucket = :bucket and invoice_id = :id)
              or exists (select from adjustment where bucket = :bucket and invoice_id = :id) as allocated,
            exists (select from document where bucket = :bucket and corrects_id = :id) as credited`,
    values,
  )
  return rows[0]
}

/** How long after it is recorded an export may still read what is issued, and clocks may differ. */
const READ_WITHIN = '1 minute'

/**
 * Whether an export of the issue date was taken since the invoice was issued.
 *
 * Waits for exports that are being recorded, and holds up those that come until commit: an export is recorded before it reads, so each
 * either is seen here or reads what is written here.
 */
export async function wasExported(
  tx: Tx,
  owner: Owner,
  invoice: { readonly issue_on: string; readonly issued_at: Date },
): Promise<boolean> {
  const bucket = bucketOfExports(owner)
  await tx.raw('select pg_advisory_xact_lock_shared(hashtextextended(?, 0))', [
    `export ${owner.tenantId} ${owner.mode}`,
  ])
  const row = await tx('export_run')
    .select('id')
    .where({ bucket, tenant_id: owner.tenantId, mode: owner.mode })
    .andWhere('from_on', '<=', invoice.issue_on)
    .andWhere('until_on', '>', invoice.issue_on)
    .andWhereRaw('taken_at + ?::interval > ?', [READ_WITHIN, invoice.issued_at])
    .first()
  return row !== undefined
}
