import { type Bucket, bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import type { Processor } from '@kontor/processors'
import type { Owner } from '../issuers/repo.ts'
import type { Charge, Step } from './charge.ts'

/** What is to become, or became, of the next attempt of a charge. */
export interface Retry {
  readonly kind: 'fallback' | 'schedule'
  readonly state: 'waiting' | 'made' | 'dropped'
  readonly due_at: Date
  readonly because: string | null
}

/** A charge with the payment that it became, and what followed. */
export interface ShownCharge extends Charge {
  readonly payment_id: string | null
  readonly retried_by: string | null
  /** What its payer objects to, the oldest first. */
  readonly dispute_ids: readonly string[]
  readonly retry: { readonly [Member in keyof Retry]: Member extends 'due_at' ? string : Retry[Member] } | null
}

const COLUMNS = [
  'id',
  'tenant_id',
  'mode',
  'account_id',
  'invoice_id',
  'document_type',
  'key_id',
  'request_hmac',
  'token_id',
  'method',
  'instrument',
  'processor',
  'registration',
  'currency',
  'amount_minor',
  'capture',
  'off_session',
  'return_url',
  'state',
  'reference',
  'movement',
  'decline_reason',
  'decline_soft',
  'decline_code',
  'check_at',
  'chosen_by',
  'fallback',
  'retry_of',
  'first_id',
  'attempt',
  'version',
  'created_at',
  'updated_at',
] as const

const SHOWN = `${COLUMNS.map((column) => `charge.${column}`).join(', ')},
  (select payment.id from payment where payment.bucket = charge.bucket and payment.charge_id = charge.id) as payment_id,
  (select next.id from charge as next where next.bucket = charge.bucket and next.retry_of = charge.id) as retried_by,
  array(select dispute.id from dispute where dispute.bucket = charge.bucket and dispute.charge_id = charge.id order by dispute.id) as dispute_ids,
  (select json_build_object('kind', kind, 'state', charge_retry.state, 'due_at', due_at, 'because', because) from charge_retry
    where charge_retry.bucket = charge.bucket and charge_retry.charge_id = charge.id) as retry`

/** Where an intent of a caller is found again. */
export interface IntentOfCharge {
  readonly bucket: Bucket
  readonly keyHmac: Buffer
}

export async function insertCharge(tx: Tx, charge: Charge, idempotencyHmac: Buffer): Promise<void> {
  await tx('charge').insert({
    ...charge,
    bucket: bucketOf(charge.id),
    registration: JSON.stringify(charge.registration),
    idempotency_hmac: idempotencyHmac,
  })
}

export async function findByIntent(db: Database['knex'] | Tx, intent: IntentOfCharge): Promise<Charge | undefined> {
  return db('charge').select(COLUMNS).where({ bucket: intent.bucket, idempotency_hmac: intent.keyHmac }).first()
}

export async function findCharge(database: Database, owner: Owner, id: string): Promise<ShownCharge | undefined> {
  const [row] = await database.hotSql<ShownCharge>(
    'find_charge',
    `select ${SHOWN} from charge where bucket = $1 and id = $2 and tenant_id = $3 and mode = $4`,
    [bucketOf(id), id, owner.tenantId, owner.mode],
  )
  return row
}

/** In a transaction that holds, or has read, another attempt of the same charge. */
export const findById = (tx: Tx, id: string): Promise<Charge | undefined> =>
  tx('charge')
    .select(COLUMNS)
    .where({ bucket: bucketOf(id), id })
    .first()

/** The attempt that followed a charge. */
export const findAttemptAfter = (db: Database['knex'] | Tx, id: string): Promise<Charge | undefined> =>
  db('charge')
    .select(COLUMNS)
    .where({ bucket: bucketOf(id), retry_of: id })
    .first()

/** The attempt that the same request made at another processor; one that a schedule made is none. */
export const findFallbackOf = (db: Database['knex'], id: string): Promise<Charge | undefined> =>
  db('charge')
    .select(COLUMNS)
    .where({ bucket: bucketOf(id), retry_of: id })
    .whereNotExists(
      db('charge_retry')
        .select('kind')
        .where({ bucket: bucketOf(id), charge_id: id, kind: 'schedule' }),
    )
    .first()

/** By a name of the processor's: of the charge, or of the movement of money in it. */
export async function findByReference(
  database: Database,
  owner: Owner,
  processor: Processor['name'],
  reference: string,
): Promise<Charge | undefined> {
  const [row] = await database.hotSql<Charge>(
    'find_charge_by_reference',
    `select ${COLUMNS.join(', ')} from charge where tenant_id = $1 and mode = $2 and processor = $3 and reference = $4
      union
     select ${COLUMNS.join(', ')} from charge where tenant_id = $1 and mode = $2 and processor = $3 and movement = $4`,
    [owner.tenantId, owner.mode, processor, reference],
  )
  return row
}

/** Holds a charge until commit. Its document, where that is needed too, is held before. */
export async function lockCharge(tx: Tx, owner: Owner, id: string): Promise<Charge | undefined> {
  return tx('charge')
    .select(COLUMNS)
    .where({ bucket: bucketOf(id), id, tenant_id: owner.tenantId, mode: owner.mode })
    .forUpdate()
    .first()
}

/** What may change of a charge. */
export type ChargeChange = Partial<
  Pick<
    Charge,
    'state' | 'reference' | 'movement' | 'decline_reason' | 'decline_soft' | 'decline_code' | 'check_at' | 'version'
  >
>

export async function updateCharge(tx: Tx, id: string, change: ChargeChange, at: Date): Promise<void> {
  await tx('charge')
    .where({ bucket: bucketOf(id), id })
    .update({ ...change, updated_at: at })
}

/** What charges that have not ended may still take of a document that the transaction holds. */
export async function chargingMinor(tx: Tx, documentId: string): Promise<bigint> {
  const { rows } = await tx.raw('select charging_minor(?, ?) as minor', [bucketOf(documentId), documentId])
  return rows[0].minor
}

const STEP_COLUMNS = [
  'seq',
  'kind',
  'request',
  'request_no',
  'outcome',
  'because',
  'code',
  'reference',
  'movement',
  'amount_minor',
  'learned_by',
  'at',
] as const

export async function listSteps(db: Database['knex'] | Tx, chargeId: string): Promise<Step[]> {
  return db('charge_step')
    .select(STEP_COLUMNS)
    .where({ bucket: bucketOf(chargeId), charge_id: chargeId })
    .orderBy('seq')
}

export async function insertSteps(
  tx: Tx,
  charge: Pick<Charge, 'id' | 'tenant_id'>,
  steps: readonly Step[],
): Promise<void> {
  if (steps.length === 0) return
  await tx('charge_step').insert(
    steps.map((step) => ({
      ...step,
      bucket: bucketOf(charge.id),
      charge_id: charge.id,
      tenant_id: charge.tenant_id,
    })),
  )
}

/** Of one invoice or account by its bucket, else across buckets by the index on tenant and id. */
export async function listCharges(
  database: Database,
  owner: Owner,
  page: {
    readonly invoiceId: string | undefined
    readonly accountId: string | undefined
    readonly after: string | undefined
    readonly limit: number
  },
): Promise<ShownCharge[]> {
  const query = database
    .knex('charge')
    .select(database.knex.raw(SHOWN))
    .where({ tenant_id: owner.tenantId, mode: owner.mode })
  if (page.invoiceId) query.andWhere({ bucket: bucketOf(page.invoiceId), invoice_id: page.invoiceId })
  if (page.accountId) query.andWhere({ bucket: bucketOf(page.accountId), account_id: page.accountId })
  if (page.after) query.andWhere('id', '>', page.after)
  return query.orderBy('id').limit(page.limit)
}
