import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import type { PayableType } from './document-id.ts'
import type { VatPart } from './vat-correction.ts'

/** What an amount is taken from. */
export interface Source {
  readonly kind: 'payment' | 'credit_note'
  readonly id: string
  readonly account_id: string
  readonly currency: string
  readonly amount_minor: bigint
  /** When the money came, or the credit note was issued. */
  readonly came_on: string
}

export interface NewAllocation {
  readonly id: string
  readonly invoice_id: string
  readonly amount_minor: bigint
  readonly created_at: Date
}

export interface Refund {
  readonly id: string
  readonly mode: 'test' | 'live'
  readonly account_id: string
  readonly kind: 'refund' | 'chargeback'
  readonly payment_id: string | null
  readonly credit_note_id: string | null
  readonly currency: string
  readonly amount_minor: bigint
  readonly refunded_on: string
  readonly reference: string | null
  /** Where it went through the processor that took it. */
  readonly charge_refund_id: string | null
  /** The refund that this one takes back; then its amount is negative. */
  readonly reverses_id: string | null
  readonly created_at: Date
}

export interface Adjustment {
  readonly id: string
  readonly mode: 'test' | 'live'
  readonly account_id: string
  readonly invoice_id: string
  readonly kind: 'write_off' | 'cash_discount' | 'small_difference'
  readonly amount_minor: bigint
  readonly vat: readonly VatPart[]
  readonly reason: string | null
  readonly payment_id: string | null
  readonly credit_note_id: string | null
  readonly reverses_id: string | null
  readonly adjusted_on: string
  readonly created_at: Date
}

/** What a source was used for. */
export interface Usage {
  readonly credit_minor: bigint
  readonly refunded_minor: bigint
  readonly allocations: readonly { invoice_id: string; document_type: PayableType; amount_minor: bigint }[]
}

const ADJUSTMENT_COLUMNS = [
  'id',
  'mode',
  'account_id',
  'invoice_id',
  'kind',
  'amount_minor',
  'vat',
  'reason',
  'payment_id',
  'credit_note_id',
  'reverses_id',
  'adjusted_on',
  'created_at',
] as const

/** The column of a row that names where its amount comes from. */
export const sourceColumn = ({ kind }: Pick<Source, 'kind'>) =>
  kind === 'payment' ? ('payment_id' as const) : ('credit_note_id' as const)

const SOURCE_SQL = {
  payment: `select 'payment' as kind, payment.id, payment.account_id, payment.currency, payment.amount_minor, payment.received_on as came_on
              from payment where payment.bucket = :bucket and payment.id = :id
               and payment.tenant_id = :tenantId and payment.mode = :mode`,
  // A draft gives nothing yet, and is no credit note to whoever wants to use one.
  credit_note: `select 'credit_note' as kind, document.id, document.account_id, document.currency,
                       document.payable_minor as amount_minor, document.issue_on as came_on
                  from document where document.bucket = :bucket and document.id = :id and document.tenant_id = :tenantId
                   and document.mode = :mode and document.document_type = 'credit_note' and document.state = 'issued'`,
}

/** Reads a payment or an issued credit note. Neither changes any more, so that no lock is needed for what it says. */
export async function findSource(tx: Tx, owner: Owner, kind: Source['kind'], id: string): Promise<Source | undefined> {
  const { rows } = await tx.raw(SOURCE_SQL[kind], {
    bucket: bucketOf(id),
    id,
    tenantId: owner.tenantId,
    mode: owner.mode,
  })
  return rows[0]
}

/** Holds a source until commit. Documents that its amounts go to are held before. */
export async function holdSource(tx: Tx, { kind, id }: Pick<Source, 'kind' | 'id'>): Promise<void> {
  const [payment, creditNote] = kind === 'payment' ? [id, null] : [null, id]
  await tx.raw('select hold_source(?, ?, ?)', [bucketOf(id), payment, creditNote])
}

/** @param bucket, id How the statement names its two values. */
const usageSql = (bucket: string, id: string) => `
select credit_minor(cast(${bucket} as smallint), cast(${id} as uuid)) as credit_minor,
       (select coalesce(sum(refund.amount_minor), 0)::bigint from refund
         where refund.bucket = ${bucket} and (refund.payment_id = ${id} or refund.credit_note_id = ${id})) as refunded_minor,
       (select coalesce(json_agg(json_build_object('invoice_id', used.invoice_id, 'document_type', used.document_type,
                 'amount', used.amount::text) order by used.newest nulls first, used.newest_id), '[]')
          from (select allocation.invoice_id, document.document_type, sum(allocation.amount_minor) as amount,
                       max(allocation.position) filter (where allocation.amount_minor > 0) as newest,
                       -- What was allocated before it was counted.
                       max(allocation.id::text) filter (where allocation.amount_minor > 0) as newest_id
                  from allocation join document on document.bucket = allocation.bucket and document.id = allocation.invoice_id
                 where allocation.bucket = ${bucket} and (allocation.payment_id = ${id} or allocation.credit_note_id = ${id})
                 group by allocation.invoice_id, document.document_type having sum(allocation.amount_minor) > 0) as used) as allocations`

interface UsageRow {
  readonly credit_minor: bigint
  readonly refunded_minor: bigint
  readonly allocations: { invoice_id: string; document_type: PayableType; amount: string }[]
}

const usageFromRow = ({ allocations, ...row }: UsageRow): Usage => ({
  ...row,
  allocations: allocations.map(({ amount, ...allocation }) => ({ ...allocation, amount_minor: BigInt(amount) })),
})

/** What a payment or credit note was used for, the allocation made last at the end. */
export async function usageOf(tx: Tx, sourceId: string): Promise<Usage> {
  const { rows } = await tx.raw(usageSql(':bucket', ':id'), { bucket: bucketOf(sourceId), id: sourceId })
  return usageFromRow(rows[0])
}

/** As `usageOf`, outside of a transaction. */
export async function findUsage(database: Database, sourceId: string): Promise<Usage> {
  const rows = await database.hotSql<UsageRow>('usage_of_source', usageSql('$1', '$2'), [bucketOf(sourceId), sourceId])
  return usageFromRow(rows[0] as UsageRow)
}

/** Writes allocations of one source; a negative one takes back. */
export async function insertAllocations(
  tx: Tx,
  owner: Owner,
  source: Pick<Source, 'kind' | 'id'>,
  allocations: readonly NewAllocation[],
): Promise<void> {
  if (allocations.length === 0) return
  await tx('allocation').insert(
    allocations.map((allocation) => ({
      ...allocation,
      bucket: bucketOf(allocation.id),
      tenant_id: owner.tenantId,
      [sourceColumn(source)]: source.id,
    })),
  )
}

export async function insertRefund(tx: Tx, owner: Owner, refund: Refund): Promise<void> {
  await tx('refund').insert({ ...refund, bucket: bucketOf(refund.id), tenant_id: owner.tenantId })
}

export async function insertAdjustment(tx: Tx, owner: Owner, adjustment: Adjustment): Promise<void> {
  await tx('adjustment').insert({
    ...adjustment,
    bucket: bucketOf(adjustment.id),
    tenant_id: owner.tenantId,
    vat: JSON.stringify(adjustment.vat),
  })
}

/** What was adjusted on an invoice that the transaction holds, all together. */
export async function adjustedMinor(tx: Tx, invoiceId: string): Promise<bigint> {
  const row = await tx('adjustment')
    .where({ bucket: bucketOf(invoiceId), invoice_id: invoiceId })
    .first(tx.raw('coalesce(sum(amount_minor), 0)::bigint as sum'))
  return row.sum
}

/** @returns An adjustment of an invoice that the transaction holds, and whether it was taken back. */
export async function findAdjustment(
  tx: Tx,
  invoiceId: string,
  id: string,
): Promise<(Adjustment & { readonly is_reversed: boolean }) | undefined> {
  const bucket = bucketOf(invoiceId)
  return tx('adjustment')
    .select(ADJUSTMENT_COLUMNS.map((column) => `adjustment.${column}`))
    .select(
      tx.raw(
        'exists (select from adjustment as reversal where reversal.bucket = adjustment.bucket and reversal.reverses_id = adjustment.id) as is_reversed',
      ),
    )
    .where({ bucket, id, invoice_id: invoiceId })
    .first()
}

/** Adjustments that came with the allocation of a source to an invoice and still stand. */
export async function standingAdjustments(tx: Tx, source: Source, invoiceId: string): Promise<Adjustment[]> {
  const bucket = bucketOf(invoiceId)
  return tx('adjustment')
    .select(ADJUSTMENT_COLUMNS)
    .where({ bucket, invoice_id: invoiceId, [sourceColumn(source)]: source.id, reverses_id: null })
    .whereNotExists(
      tx('adjustment as reversal')
        .select(tx.raw('1'))
        .where('reversal.bucket', bucket)
        .andWhereRaw('reversal.reverses_id = adjustment.id'),
    )
    .orderBy('id')
}

/** Up to which amount the issuer of an invoice lets a remainder go. */
export async function smallDifferenceMinor(tx: Tx, issuerId: string): Promise<bigint> {
  const row = await tx('issuer')
    .select('small_difference_minor')
    .where({ bucket: bucketOf(issuerId), id: issuerId })
    .first()
  return row?.small_difference_minor ?? 0n
}

export async function listAdjustments(database: Database, owner: Owner, invoiceId: string): Promise<Adjustment[]> {
  return database.hotSql(
    'list_adjustments',
    `select ${ADJUSTMENT_COLUMNS.join(', ')} from adjustment
      where bucket = $1 and invoice_id = $2 and tenant_id = $3 and mode = $4 order by id limit 200`,
    [bucketOf(invoiceId), invoiceId, owner.tenantId, owner.mode],
  )
}

/** What may still be sent back of a payment that the transaction holds: what is on its way back already is not. */
export async function refundableMinor(tx: Tx, paymentId: string): Promise<bigint> {
  const { rows } = await tx.raw('select greatest(refundable_minor(?, ?), 0) as minor', [bucketOf(paymentId), paymentId])
  return rows[0].minor
}

const REFUND_COLUMNS = [
  'id',
  'mode',
  'account_id',
  'kind',
  'payment_id',
  'credit_note_id',
  'currency',
  'amount_minor',
  'refunded_on',
  'reference',
  'charge_refund_id',
  'reverses_id',
  'created_at',
] as const

/** The movement of money of a refund of a charge. */
export async function findRefundOf(tx: Tx, chargeRefundId: string): Promise<Refund | undefined> {
  return tx('refund')
    .select(REFUND_COLUMNS)
    .where({ bucket: bucketOf(chargeRefundId), charge_refund_id: chargeRefundId, reverses_id: null })
    .first()
}

export async function listRefunds(database: Database, sourceId: string): Promise<Refund[]> {
  return database.hotSql(
    'list_refunds',
    `select ${REFUND_COLUMNS.join(', ')} from refund where bucket = $1 and (payment_id = $2 or credit_note_id = $2) order by id limit 200`,
    [bucketOf(sourceId), sourceId],
  )
}
