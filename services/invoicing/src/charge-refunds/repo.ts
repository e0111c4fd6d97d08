import { type Bucket, bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import { type ChargeRefund, KNOWN_AS_DISPUTE, type Step } from './charge-refund.ts'

/** A refund with the movement of money that it became. */
export interface ShownRefund extends ChargeRefund {
  readonly refund_id: string | null
  /** That somebody has looked at what is unbooked. */
  readonly settled: { readonly at: string; readonly note: string } | null
}

const COLUMNS = [
  'id',
  'tenant_id',
  'mode',
  'account_id',
  'charge_id',
  'payment_id',
  'invoice_id',
  'document_type',
  'key_id',
  'origin',
  'request_hmac',
  'processor',
  'currency',
  'amount_minor',
  'unbooked_minor',
  'reason',
  'state',
  'reference',
  'decline_reason',
  'decline_soft',
  'decline_code',
  'check_at',
  'version',
  'created_at',
  'updated_at',
] as const

const SHOWN = `${COLUMNS.map((column) => `charge_refund.${column}`).join(', ')},
  (select refund.id from refund where refund.bucket = charge_refund.bucket and refund.charge_refund_id = charge_refund.id
      and refund.reverses_id is null) as refund_id,
  (select json_build_object('at', settled_at, 'note', note) from charge_refund_settlement as settlement
    where settlement.bucket = charge_refund.bucket and settlement.charge_refund_id = charge_refund.id) as settled`

export async function insertRefund(tx: Tx, refund: ChargeRefund, idempotencyHmac: Buffer | null): Promise<void> {
  await tx('charge_refund').insert({ ...refund, bucket: bucketOf(refund.id), idempotency_hmac: idempotencyHmac })
}

export async function findByIntent(
  db: Database['knex'] | Tx,
  intent: { readonly bucket: Bucket; readonly keyHmac: Buffer },
): Promise<ChargeRefund | undefined> {
  return db('charge_refund').select(COLUMNS).where({ bucket: intent.bucket, idempotency_hmac: intent.keyHmac }).first()
}

export async function findRefund(database: Database, owner: Owner, id: string): Promise<ShownRefund | undefined> {
  const [row] = await database.hotSql<ShownRefund>(
    'find_charge_refund',
    `select ${SHOWN} from charge_refund where bucket = $1 and id = $2 and tenant_id = $3 and mode = $4`,
    [bucketOf(id), id, owner.tenantId, owner.mode],
  )
  return row
}

/** In a transaction that holds it. */
export async function findShown(tx: Tx, id: string): Promise<ShownRefund> {
  return tx('charge_refund')
    .select(tx.raw(SHOWN))
    .where({ bucket: bucketOf(id), id })
    .first()
}

export async function insertSettlement(
  tx: Tx,
  { id, tenant_id }: Pick<ChargeRefund, 'id' | 'tenant_id'>,
  settlement: { readonly note: string; readonly actor_key_id: string; readonly settled_at: Date },
): Promise<void> {
  await tx('charge_refund_settlement').insert({ ...settlement, bucket: bucketOf(id), charge_refund_id: id, tenant_id })
}

/** By the processor's id of it, which is in the bucket of its charge. */
export async function findByReference(
  db: Database['knex'] | Tx,
  charge: { readonly id: string; readonly tenant_id: string; readonly mode: string; readonly processor: string },
  reference: string,
): Promise<ChargeRefund | undefined> {
  const { tenant_id, mode, processor } = charge
  return db('charge_refund')
    .select(COLUMNS)
    .where({ bucket: bucketOf(charge.id), tenant_id, mode, processor, reference })
    .first()
}

/** What of the refunds of a charge that were made elsewhere is in no movement of money, because a dispute took it. */
export async function knownOfDisputes(tx: Tx, chargeId: string): Promise<bigint> {
  const { rows } = await tx.raw(
    `select coalesce(sum(case when state = 'succeeded' then unbooked_minor when decline_code = ? then amount_minor else 0 end), 0)::bigint as minor
       from charge_refund where bucket = ? and charge_id = ? and origin = 'processor'`,
    [KNOWN_AS_DISPUTE, bucketOf(chargeId), chargeId],
  )
  return BigInt(rows[0].minor)
}

/** Holds a refund until commit. Documents and payment, where they are needed too, are held before. */
export async function lockRefund(tx: Tx, owner: Owner, id: string): Promise<ChargeRefund | undefined> {
  return tx('charge_refund')
    .select(COLUMNS)
    .where({ bucket: bucketOf(id), id, tenant_id: owner.tenantId, mode: owner.mode })
    .forUpdate()
    .first()
}

/** What may change of a refund. */
export type RefundChange = Partial<
  Pick<
    ChargeRefund,
    | 'state'
    | 'reference'
    | 'unbooked_minor'
    | 'decline_reason'
    | 'decline_soft'
    | 'decline_code'
    | 'check_at'
    | 'version'
  >
>

export async function updateRefund(tx: Tx, id: string, change: RefundChange, at: Date): Promise<void> {
  await tx('charge_refund')
    .where({ bucket: bucketOf(id), id })
    .update({ ...change, updated_at: at })
}

export async function listRefunds(
  database: Database,
  owner: Owner,
  chargeId: string,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<ShownRefund[]> {
  const query = database
    .knex('charge_refund')
    .select(database.knex.raw(SHOWN))
    .where({ bucket: bucketOf(chargeId), charge_id: chargeId, tenant_id: owner.tenantId, mode: owner.mode })
  if (page.after) query.andWhere('id', '>', page.after)
  return query.orderBy('id').limit(page.limit)
}

const STEP_COLUMNS = ['seq', 'kind', 'request', 'outcome', 'because', 'code', 'reference', 'learned_by', 'at'] as const

export async function listSteps(db: Database['knex'] | Tx, refundId: string): Promise<Step[]> {
  return db('charge_refund_step')
    .select(STEP_COLUMNS)
    .where({ bucket: bucketOf(refundId), charge_refund_id: refundId })
    .orderBy('seq')
}

export async function insertSteps(
  tx: Tx,
  refund: Pick<ChargeRefund, 'id' | 'tenant_id'>,
  steps: readonly Step[],
): Promise<void> {
  await tx('charge_refund_step').insert(
    steps.map((step) => ({
      ...step,
      bucket: bucketOf(refund.id),
      charge_refund_id: refund.id,
      tenant_id: refund.tenant_id,
    })),
  )
}
