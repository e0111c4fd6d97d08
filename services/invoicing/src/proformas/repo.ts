import { bucketOf } from '@kontor/ids'
import type { Db, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'

/** What ended a proforma. */
export interface Ended {
  readonly id: string
  /** The invoice that it became. */
  readonly invoice_id: string | null
  readonly cancelled_at: Date | null
}

const ENDED_SQL = `
select asked.id, invoice.id as invoice_id, ended.cancelled_at
  from unnest(?::smallint[], ?::uuid[]) as asked(bucket, id)
  left join document as invoice on invoice.bucket = asked.bucket and invoice.proforma_id = asked.id
  left join proforma_cancellation as ended on ended.bucket = asked.bucket and ended.proforma_id = asked.id`

/** Of proformas, or of those that the transaction holds, by their ids. */
export async function endedOf(db: Db, ids: readonly string[]): Promise<Map<string, Ended>> {
  if (ids.length === 0) return new Map()
  const { rows }: { rows: Ended[] } = await db.raw(ENDED_SQL, [ids.map(bucketOf), [...ids]])
  return new Map(rows.map((row) => [row.id, row]))
}

export async function insertCancellation(
  tx: Tx,
  owner: Owner,
  { proformaId, actorKeyId, at }: { readonly proformaId: string; readonly actorKeyId: string; readonly at: Date },
): Promise<void> {
  await tx('proforma_cancellation').insert({
    bucket: bucketOf(proformaId),
    proforma_id: proformaId,
    tenant_id: owner.tenantId,
    actor_key_id: actorKeyId,
    cancelled_at: at,
  })
}

/** What one payment or credit note has of a proforma. */
export interface Allocated {
  readonly payment_id: string | null
  readonly credit_note_id: string | null
  readonly amount_minor: bigint
}

export async function allocatedTo(tx: Tx, documentId: string): Promise<Allocated[]> {
  return tx('allocation')
    .where({ bucket: bucketOf(documentId), invoice_id: documentId })
    .groupBy('payment_id', 'credit_note_id')
    .havingRaw('sum(amount_minor) > 0')
    .orderByRaw('min(created_at), min(id::text)')
    .select('payment_id', 'credit_note_id', tx.raw('sum(amount_minor)::bigint as amount_minor'))
}

/** The day on which the last of the money came that a proforma has. Credit notes came before it asked for any. */
export async function paidOn(tx: Tx, proformaId: string): Promise<string | undefined> {
  const row: { day: string | null } | undefined = await tx('allocation')
    .join('payment', (on) => on.on('payment.bucket', 'allocation.bucket').andOn('payment.id', 'allocation.payment_id'))
    .where({ 'allocation.bucket': bucketOf(proformaId), 'allocation.invoice_id': proformaId })
    .first(tx.raw('max(payment.received_on) as day'))
  return row?.day ?? undefined
}

/** Gives the draft that a proforma became another date. @returns False where it is no draft any more. */
export async function redate(tx: Tx, invoiceId: string, issueOn: string, version: number): Promise<void> {
  await tx('document')
    .where({ bucket: bucketOf(invoiceId), id: invoiceId })
    .update({ issue_on: issueOn, version })
}
