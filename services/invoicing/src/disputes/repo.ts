import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { DisputeState } from '@kontor/processors'
import type { Owner } from '../issuers/repo.ts'
import type { Payment } from '../payments/repo.ts'
import type { Dispute, DisputeStep, Disputing } from './dispute.ts'

const COLUMNS = [
  'id',
  'tenant_id',
  'mode',
  'account_id',
  'charge_id',
  'processor',
  'reference',
  'state',
  'amount_minor',
  'currency',
  'reason',
  'occurred_at',
  'missing_minor',
  'refunded_minor',
  'needs_attention',
  'version',
  'created_at',
  'updated_at',
] as const

const STEP_COLUMNS = [
  'seq',
  'state',
  'occurred_at',
  'refund_id',
  'payment_id',
  'amount_minor',
  'reopened',
  'at',
] as const

/** What of a charge its disputes are about. */
export interface DisputedCharge extends Pick<Payment, 'account_id' | 'method' | 'token_id' | 'instrument'> {
  readonly id: string
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly key_id: string
  /** Where days of its invoice begin. */
  readonly time_zone: string
  /** Once it took the money. */
  readonly payment_id: string | null
}

/** By the processor's id of the charge, which is known to be ours. */
export async function findDisputed(
  tx: Tx,
  owner: Owner,
  processor: Disputing,
  reference: string,
): Promise<DisputedCharge | undefined> {
  const { rows } = await tx.raw(
    `select charge.id, charge.tenant_id, charge.mode, charge.key_id, charge.account_id, charge.method, charge.token_id,
            charge.instrument, document.snapshot::json -> 'issuer' ->> 'time_zone' as time_zone,
            (select payment.id from payment where payment.bucket = charge.bucket and payment.charge_id = charge.id) as payment_id
       from charge join document on document.bucket = charge.bucket and document.id = charge.invoice_id
      where charge.tenant_id = ? and charge.mode = ? and charge.processor = ? and charge.reference = ?`,
    [owner.tenantId, owner.mode, processor, reference],
  )
  return rows[0]
}

/** Holds a dispute of a charge until commit. What its money is in is held before. */
export async function lockDispute(
  tx: Tx,
  charge: DisputedCharge,
  processor: Disputing,
  reference: string,
): Promise<Dispute | undefined> {
  const { tenant_id, mode } = charge
  return tx('dispute')
    .select(COLUMNS)
    .where({ bucket: bucketOf(charge.id), tenant_id, mode, processor, reference })
    .forUpdate()
    .first()
}

/** What invoices lost by a chargeback of a dispute, so that they can be held before it. */
export async function reopenedBy(
  tx: Tx,
  charge: DisputedCharge,
  processor: Disputing,
  reference: string,
): Promise<string[]> {
  const { tenant_id, mode } = charge
  const rows: { reopened: DisputeStep['reopened'] }[] = await tx('dispute_step')
    .join('dispute', { 'dispute.bucket': 'dispute_step.bucket', 'dispute.id': 'dispute_step.dispute_id' })
    .select('reopened')
    .where({ 'dispute.bucket': bucketOf(charge.id), 'dispute.tenant_id': tenant_id, mode, processor, reference })
  return rows.flatMap(({ reopened }) => reopened.map(({ invoice_id }) => invoice_id))
}

/** Booked refunds of a charge that were made at PayPal itself and learnt after a moment, one each. */
export async function refundedAtPaypal(tx: Tx, chargeId: string, after: Date): Promise<bigint[]> {
  const rows: { minor: bigint }[] = await tx('charge_refund')
    .select(tx.raw('amount_minor - unbooked_minor as minor'))
    .where({ bucket: bucketOf(chargeId), charge_id: chargeId, processor: 'paypal' })
    .andWhere({ origin: 'processor', state: 'succeeded' })
    .andWhere('created_at', '>', after)
  return rows.map(({ minor }) => minor)
}

/** What of the refunds of a charge other disputes were counted against. */
export async function countedForOthers(tx: Tx, chargeId: string, disputeId: string | undefined): Promise<bigint> {
  const rows: { id: string; refunded_minor: bigint }[] = await tx('dispute')
    .select('id', 'refunded_minor')
    .where({ bucket: bucketOf(chargeId), charge_id: chargeId, processor: 'paypal' })
  return rows.reduce((sum, { id, refunded_minor }) => (id === disputeId ? sum : sum + refunded_minor), 0n)
}

/** What each dispute of PayPal took of a charge: as a chargeback, or though it was not there any more. */
export async function takenAtPaypal(tx: Tx, chargeId: string): Promise<bigint[]> {
  const rows: { minor: bigint }[] = await tx('dispute')
    .leftJoin('dispute_step', (join) =>
      join
        .on('dispute_step.bucket', 'dispute.bucket')
        .andOn('dispute_step.dispute_id', 'dispute.id')
        .andOnNotNull('dispute_step.refund_id'),
    )
    .select(tx.raw('dispute.missing_minor + coalesce(dispute_step.amount_minor, 0) as minor'))
    .where({ 'dispute.bucket': bucketOf(chargeId), 'dispute.charge_id': chargeId, 'dispute.processor': 'paypal' })
  return rows.map(({ minor }) => minor)
}

export async function insertDispute(tx: Tx, dispute: Dispute): Promise<void> {
  await tx('dispute').insert({ ...dispute, bucket: bucketOf(dispute.id) })
}

/** Writes what may change of a dispute that is held. */
export async function updateDispute(tx: Tx, dispute: Dispute): Promise<void> {
  const {
    state,
    amount_minor,
    currency,
    reason,
    occurred_at,
    missing_minor,
    refunded_minor,
    needs_attention,
    version,
  } = dispute
  const money = { amount_minor, currency, missing_minor, refunded_minor }
  const changed = { ...money, state, reason, occurred_at, needs_attention, version }
  await tx('dispute')
    .where({ bucket: bucketOf(dispute.id), id: dispute.id })
    .update({ ...changed, updated_at: dispute.updated_at })
}

export async function insertStep(tx: Tx, dispute: Dispute, step: DisputeStep): Promise<void> {
  await tx('dispute_step').insert({
    ...step,
    reopened: JSON.stringify(step.reopened),
    bucket: bucketOf(dispute.id),
    dispute_id: dispute.id,
    tenant_id: dispute.tenant_id,
  })
}

export async function listSteps(db: Database['knex'] | Tx, disputeId: string): Promise<DisputeStep[]> {
  return db('dispute_step')
    .select(STEP_COLUMNS)
    .where({ bucket: bucketOf(disputeId), dispute_id: disputeId })
    .orderBy('seq')
}

export async function findDispute(database: Database, owner: Owner, id: string): Promise<Dispute | undefined> {
  const [row] = await database.hotSql<Dispute>(
    'find_dispute',
    `select ${COLUMNS.join(', ')} from dispute where bucket = $1 and id = $2 and tenant_id = $3 and mode = $4`,
    [bucketOf(id), id, owner.tenantId, owner.mode],
  )
  return row
}

export interface DisputePage {
  readonly chargeId: string | undefined
  readonly accountId: string | undefined
  readonly state: DisputeState | undefined
  readonly after: string | undefined
  readonly limit: number
}

/** Of one charge or account by its bucket, else across buckets by the index on tenant and id. */
export async function listDisputes(database: Database, owner: Owner, page: DisputePage): Promise<Dispute[]> {
  const { chargeId, accountId, state, after, limit } = page
  const query = database.knex('dispute').select(COLUMNS).where({ tenant_id: owner.tenantId, mode: owner.mode })
  if (chargeId) query.andWhere({ bucket: bucketOf(chargeId), charge_id: chargeId })
  if (accountId) query.andWhere({ bucket: bucketOf(accountId), account_id: accountId })
  if (state) query.andWhere({ state })
  if (after) query.andWhere('id', '>', after)
  return query.orderBy('id').limit(limit)
}
