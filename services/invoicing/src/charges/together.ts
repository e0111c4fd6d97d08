import { bucketOf } from '@kontor/ids'
import { jobsFor } from '@kontor/jobs'
import { coalescer, type Database } from '@kontor/postgres'
import type { Payment } from '../payments/repo.ts'
import type { Charge, Step } from './charge.ts'

/** An event of the charge's account, in the name of the charge's key. */
export interface EventOfCharge {
  readonly id: string
  readonly type: string
  readonly objectId: string
  readonly objectVersion: number
}

interface Write {
  readonly steps: readonly Step[]
  readonly events: readonly EventOfCharge[]
}

/** A charge that is written down for the first time. */
export interface NewCharge extends Write {
  readonly charge: Charge
  readonly idempotencyHmac: Buffer
  /** Its job, and how long that is left alone. */
  readonly job: { readonly key: string; readonly payload: object; readonly delayMs: number }
}

/** What follows from an answer, for a charge that is still as `before` says. */
export interface Advance extends Write {
  readonly before: Charge
  readonly after: Charge
  /** What was taken: all that is open on its invoice. */
  readonly paid: { readonly payment: Payment; readonly allocationId: string } | undefined
}

const STEP = `seq int, kind text, request text, request_no int, outcome text, because text, code text, reference text, movement text,
  amount_minor bigint, learned_by text, at timestamptz`
const CHARGE = `id uuid, tenant_id uuid, mode text, account_id uuid, invoice_id uuid, document_type text, key_id uuid, token_id uuid,
  method text, instrument text, processor text, registration jsonb, currency text, amount_minor bigint, capture text,
  off_session boolean, return_url text, state text, chosen_by text, fallback text, retry_of uuid, first_id uuid, attempt int,
  version int, check_at timestamptz, created_at timestamptz, updated_at timestamptz`
const PAYMENT = `id uuid, tenant_id uuid, mode text, account_id uuid, method text, token_id uuid, instrument text, currency text,
  amount_minor bigint, received_on date, reference text, charge_id uuid, created_at timestamptz`
const namesIn = (list: string): string =>
  list.replace(/ (smallint|int|uuid|text|bigint|boolean|jsonb|date|timestamptz)\b/g, '')
const STEP_NAMES = namesIn(STEP)
const CHARGE_NAMES = namesIn(CHARGE)
const PAYMENT_NAMES = namesIn(PAYMENT)

/** A row that somebody does not let go of keeps others waiting no longer; whoever wants that one then waits for it alone. */
const PATIENCE_MS = 100

/** The ledger and the events of what a list writes. */
const recorded = (list: string): string => `
noted as (
  insert into charge_step (bucket, charge_id, tenant_id, ${STEP_NAMES})
  select ${list}.bucket, ${list}.id, ${list}.tenant_id, ${STEP_NAMES.replace(/\w+/g, 'step.$&')}
    from ${list} cross join lateral json_to_recordset(${list}.steps) as step (${STEP})
),
told as (
  insert into event (bucket, id, tenant_id, mode, type, account_id, object_id, object_version, actor_key_id, at)
  select ${list}.bucket, event.id, ${list}.tenant_id, ${list}.mode, event.type, ${list}.account_id, event."objectId",
         event."objectVersion", ${list}.key_id, ${list}.updated_at
    from ${list} cross join lateral json_to_recordset(${list}.events) as event (id uuid, type text, "objectId" uuid, "objectVersion" int)
)`

/**
 * Who decides whether an amount fits is the trigger `charge_fits`: it reads what is open after it has got the document, which this statement
 * itself could not. Documents are held in key order, as the rows come.
 */
const claimSql = (task: string) => `
with patience as materialized (
  select set_config('lock_timeout', '${PATIENCE_MS}', true)
),
claimed as materialized (
  select claimed.* from patience cross join json_to_recordset($1::json) as claimed (bucket smallint, ${CHARGE}, idempotency_hmac text,
         request_hmac text, steps json, events json, job_key text, job json, job_delay_ms int)
   order by claimed.bucket, claimed.invoice_id
),
made as (
  insert into charge (bucket, ${CHARGE_NAMES}, idempotency_hmac, request_hmac)
  select bucket, ${CHARGE_NAMES}, decode(idempotency_hmac, 'hex'), decode(request_hmac, 'hex') from claimed
),${recorded('claimed')}
select count(*)::int as jobs
  from ${jobsFor(task, 'claimed', { payload: 'claimed.job', delayMs: 'claimed.job_delay_ms', key: 'claimed.job_key' })}`

/**
 * 1. `held` holds the documents that are paid, in key order: documents come before charges.
 * 2. `advanced` changes the charges that are still as they were. Money is written down here only where it is all that is open, so that no
 *    remainder is to be judged; whether that is still so when the document is got, the trigger `allocation_fits` decides.
 * 3. A row of the ledger that somebody else wrote meanwhile has the same number, and fails this statement.
 *
 * Where the charges lie (`ctid`) is looked up one by one: of a join the planner thinks that reading a small table whole is cheaper, and
 * stays with that while it grows. One that changes meanwhile lies elsewhere: it is not found, or judged anew by the other
 * conditions.
 */
const ADVANCE_SQL = `
with patience as materialized (
  select set_config('lock_timeout', '${PATIENCE_MS}', true)
),
learnt as materialized (
  select learnt.* from patience cross join json_to_recordset($1::json) as learnt (bucket smallint, id uuid, tenant_id uuid, mode text, account_id uuid,
         invoice_id uuid, key_id uuid, state_before text, version_before int, state text, version int, reference text,
         movement text, decline_reason text, decline_soft boolean, decline_code text, check_at timestamptz,
         updated_at timestamptz, steps json, events json, payment json, allocation_id uuid)
),
held as materialized (
  select document.id
    from (select bucket, invoice_id from learnt where payment is not null order by bucket, invoice_id) as paid
   cross join lateral (
     select document.id from document where document.bucket = paid.bucket and document.id = paid.invoice_id for update) as document
),
advanced as (
  update charge set state = learnt.state, version = learnt.version, reference = learnt.reference, movement = learnt.movement,
         decline_reason = learnt.decline_reason, decline_soft = learnt.decline_soft, decline_code = learnt.decline_code,
         check_at = learnt.check_at, updated_at = learnt.updated_at
    from learnt
   where charge.ctid = any (array (
           select found.ctid from learnt cross join lateral (
             select charge.ctid from charge where charge.bucket = learnt.bucket and charge.id = learnt.id limit 1) as found))
     and charge.bucket = learnt.bucket and charge.id = learnt.id and charge.state = learnt.state_before
     and charge.version = learnt.version_before and (select count(*) from held) >= 0
     and (learnt.payment is null or open_minor(learnt.bucket, learnt.invoice_id) = charge.amount_minor)
  returning learnt.*
),
paid as (
  insert into payment (bucket, ${PAYMENT_NAMES})
  select advanced.bucket, ${PAYMENT_NAMES.replace(/\w+/g, 'payment.$&')}
    from advanced cross join lateral json_to_record(advanced.payment) as payment (${PAYMENT})
   where advanced.payment is not null
  returning bucket, id, tenant_id, charge_id, amount_minor, created_at
),
allocated as (
  insert into allocation (bucket, id, tenant_id, payment_id, invoice_id, amount_minor, created_at)
  select paid.bucket, advanced.allocation_id, paid.tenant_id, paid.id, advanced.invoice_id, paid.amount_minor, paid.created_at
    from paid join advanced on advanced.bucket = paid.bucket and advanced.id = paid.charge_id
),${recorded('advanced')}
select id from advanced`

const BATCH_MAX = 64

const text = (value: bigint | null): string | null => (value === null ? null : String(value))
const stepsOf = (steps: readonly Step[]) => steps.map((step) => ({ ...step, amount_minor: text(step.amount_minor) }))

function claimRow({ charge, idempotencyHmac, steps, events, job }: NewCharge): object {
  return {
    ...charge,
    bucket: bucketOf(charge.id),
    amount_minor: text(charge.amount_minor),
    idempotency_hmac: idempotencyHmac.toString('hex'),
    request_hmac: charge.request_hmac.toString('hex'),
    steps: stepsOf(steps),
    events,
    job_key: job.key,
    job: job.payload,
    job_delay_ms: job.delayMs,
  }
}

function advanceRow({ before, after, steps, events, paid }: Advance): object {
  const { id, tenant_id, mode, account_id, invoice_id, key_id, state, version, reference, movement } = after
  const { decline_reason, decline_soft, decline_code, check_at, updated_at } = after
  return {
    bucket: bucketOf(id),
    ...{ id, tenant_id, mode, account_id, invoice_id, key_id, state, version, reference, movement },
    ...{ decline_reason, decline_soft, decline_code, check_at, updated_at },
    state_before: before.state,
    version_before: before.version,
    steps: stepsOf(steps),
    events,
    ...(paid && {
      payment: { ...paid.payment, tenant_id, amount_minor: text(paid.payment.amount_minor) },
      allocation_id: paid.allocationId,
    }),
  }
}

/**
 * Makes the writes of a charge that nobody else is at work on: one statement each, and one commit for all that arrive while the last one is
 * under way. They decide nothing. Whoever finds the charge or the document other than it was read gets an error of the database or `false`,
 * has nothing written, and takes the way that holds the rows first.
 *
 * @param task Of the job that looks after a charge.
 */
export function chargesTogether(database: Database, task: string) {
  const CLAIM_SQL = claimSql(task)
  return {
    claim: coalescer<NewCharge, undefined>({
      batchMax: BATCH_MAX,
      keyOf: ({ charge }) => charge.invoice_id,
      async write(batch) {
        await database.hotSql('claim_charges', CLAIM_SQL, [JSON.stringify(batch.map(claimRow))])
        return batch.map(() => undefined)
      },
    }),
    /** @returns Whether it was written down: false where the charge has moved on. */
    advance: coalescer<Advance, boolean>({
      batchMax: BATCH_MAX,
      keyOf: ({ after }) => after.invoice_id,
      async write(batch) {
        const rows = await database.hotSql<{ id: string }>('advance_charges', ADVANCE_SQL, [
          JSON.stringify(batch.map(advanceRow)),
        ])
        const advanced = new Set(rows.map(({ id }) => id))
        return batch.map(({ after }) => advanced.has(after.id))
      },
    }),
  }
}
