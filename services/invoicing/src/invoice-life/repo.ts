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

/** How long after it is recorded an export may begin to read, and clocks may differ. */
const READ_WITHIN = '1 minute'

/**
 * Whether an export of the issue date covers an invoice: one that sees the transaction that issued it, or that may still begin to read.
 *
 * Waits for exports that are being recorded, and holds up those that come until commit: an export is recorded before it reads, so each
 * either is seen here or reads what is written here. What an export sees is compared only where its time fits as well: a database that was
 * restored counts its transactions anew.
 */
export async function wasExported(
  tx: Tx,
  owner: Owner,
  invoice: { readonly id: string; readonly issue_on: string; readonly issued_at: Date },
): Promise<boolean> {
  const bucket = bucketOfExports(owner)
  await tx.raw('select pg_advisory_xact_lock_shared(hashtextextended(?, 0))', [
    `export ${owner.tenantId} ${owner.mode}`,
  ])
  const issuedMs = invoice.issued_at.getTime()
  const { rows } = await tx.raw(
    `select exists (
       select from export_run
         left join export_snapshot
           on export_snapshot.bucket = export_run.bucket and export_snapshot.export_id = export_run.id
         left join event as issued on issued.bucket = :ofInvoice and issued.object_id = :id and issued.type = 'invoice.issued'
                                   and issued.id >= :madeFrom and issued.id < :madeUntil
        where export_run.bucket = :bucket and export_run.tenant_id = :tenantId and export_run.mode = :mode
          and export_run.from_on <= :issueOn and export_run.until_on > :issueOn
          and export_run.taken_at + :within::interval > :issuedAt
          and coalesce(pg_visible_in_snapshot(issued.tx, export_snapshot.saw), true)) as covered`,
    {
      bucket,
      ofInvoice: bucketOf(invoice.id),
      id: invoice.id,
      madeFrom: earliestId(issuedMs - 1_000),
      madeUntil: earliestId(issuedMs + 60_000),
      tenantId: owner.tenantId,
      mode: owner.mode,
      issueOn: invoice.issue_on,
      issuedAt: invoice.issued_at,
      within: READ_WITHIN,
    },
  )
  return rows[0].covered
}

/** The first id of a millisecond. The event of an issue was named when that began: found by its time, it needs no index of its own. */
function earliestId(ms: number): string {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`
}
