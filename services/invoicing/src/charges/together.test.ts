import { parseId } from '@kontor/ids'
import { memoryTestStore, testProcessor } from '@kontor/processors'
import test, { type ExecutionContext } from 'ava'
import { type Chargeable, type ChargeStage, chargeStage, instead } from '../testing/charge-stage.ts'

// The usual way writes a charge by one statement for all that come at once; who is not alone with it holds the rows first. Both write the same.

const whole = testProcessor({ store: memoryTestStore() })
/** What happens before the processor takes money. */
let between: () => Promise<unknown> = async () => {}
const slow = instead(whole, {
  async confirm(request) {
    await between()
    return whole.confirm(request)
  },
})
let stage: ChargeStage
test.before(async () => {
  stage = await chargeStage({ processorOf: async () => slow })
})
test.after.always(() => stage.kontor.close())

const ROWS = `
select json_build_object(
  'charge', to_jsonb(charge) - '{bucket,id,account_id,invoice_id,token_id,idempotency_hmac,request_hmac,registration,reference,movement}'::text[],
  'steps', (select json_agg(to_jsonb(charge_step) - '{bucket,charge_id,reference,movement}'::text[] order by seq)
              from charge_step where charge_step.bucket = charge.bucket and charge_step.charge_id = charge.id),
  'payment', (select json_agg(to_jsonb(payment) - '{bucket,id,account_id,token_id,charge_id,reference}'::text[]) from payment
               where payment.bucket = charge.bucket and payment.charge_id = charge.id),
  'allocation', (select json_agg(to_jsonb(allocation) - '{bucket,id,payment_id,invoice_id}'::text[]) from allocation
                  where allocation.bucket = charge.bucket and allocation.invoice_id = charge.invoice_id),
  'events', (select json_agg(to_jsonb(event) - '{bucket,id,account_id,object_id,tx}'::text[] order by event.type, event.object_version)
               from event where event.bucket = charge.bucket and event.account_id = charge.account_id
                and event.type ~ '^(charge|payment|allocation)[.]'),
  'job', (select json_agg(json_build_object('max_attempts', job.max_attempts, 'times', job.payload ->> 'times',
                   'late', job.run_at > now() + interval '50 seconds'))
            from graphile_worker._private_jobs as job where job.key = 'charge:' || charge.id),
  'named', charge.reference is not null) as rows
  from charge where id = $1`

const rowsOf = async (chargeId: string) =>
  (await stage.kontor.sql<{ rows: object }>(ROWS, [parseId('chg', chargeId)]))[0]

/** Charges while somebody else holds the invoice, longer than a statement for many waits for it. */
async function chargeHeld(of: Chargeable, changes: object) {
  const { knex } = stage.kontor.database
  const tx = await knex.transaction()
  await tx('document')
    .where({ id: parseId('inv', of.invoice.id) })
    .forUpdate()
    .first()
  const charged = stage.charge(of, changes)
  await new Promise((resolve) => setTimeout(resolve, 500))
  await tx.commit()
  return charged
}

async function sameBothWays(t: ExecutionContext, changes: object, state: string) {
  const [usual, held] = [await stage.chargeable(), await stage.chargeable()]
  const alone = await stage.charge(usual, changes)
  const waited = await chargeHeld(held, changes)
  t.like(alone.body, { state })
  t.deepEqual([waited.status, waited.body.state], [alone.status, state])
  t.deepEqual(await rowsOf(waited.body.id), await rowsOf(alone.body.id))
  for (const { body } of [alone, waited])
    t.deepEqual(await stage.show(body.id), { ...body, action: null, dispute_ids: [] })
}

test.serial('a charge that takes everything is written the same both ways', (t) => sameBothWays(t, {}, 'succeeded'))

test.serial('so is one of a part, and one that is declined, waits for its payer or is not decided yet', async (t) => {
  await sameBothWays(t, { amount_minor: 100 }, 'succeeded')
  await sameBothWays(t, { amount_minor: 66_601 }, 'declined')
  await sameBothWays(t, { amount_minor: 66_611 }, 'requires_action')
  await sameBothWays(t, { amount_minor: 66_612 }, 'pending')
  await sameBothWays(t, { amount_minor: 66_622 }, 'unknown')
  await sameBothWays(t, { capture: 'manual' }, 'authorized')
})

test.serial('one that does not fit fails none of those beside it', async (t) => {
  const all = await Promise.all(Array.from({ length: 8 }, () => stage.chargeable()))
  const [first, ...others] = all as [Chargeable, ...Chargeable[]]
  const asked = [first, ...others, first, first]
  const replies = await Promise.all(asked.map((of) => stage.charge(of)))
  const [one, ...rest] = replies.map(({ status }) => status)
  t.deepEqual(rest.slice(0, 7), Array(7).fill(201))
  t.deepEqual([one, ...rest.slice(7)].toSorted(), [201, 409, 409])
  for (const of of all) t.like(await stage.read(of), { payment_status: 'paid', open_minor: 0 })
})

test.serial('what was paid otherwise meanwhile makes credit of the rest', async (t) => {
  const of = await stage.chargeable()
  const cash = {
    invoice_id: of.invoice.id,
    method: 'cash',
    amount_minor: 1_000,
    currency: 'CHF',
    received_on: '2026-11-23',
  }
  between = async () => t.is((await stage.kontor.call('POST', '/v1/payments', cash)).status, 201)
  const { body } = await stage.charge(of)
  between = async () => {}
  t.like(body, { state: 'succeeded', amount_minor: 216_200 })
  t.like(await stage.read(of), { payment_status: 'paid', open_minor: 0 })
  const { body: payment } = await stage.kontor.call('GET', `/v1/payments/${body.payment_id}`)
  t.like(payment, { allocated_minor: 215_200, credit_minor: 1_000 })
})

test.serial('what the job found out first is not written once more', async (t) => {
  const of = await stage.chargeable()
  between = async () => {
    between = async () => {}
    await stage.later()
  }
  const { body } = await stage.charge(of)
  t.like(body, { state: 'succeeded', amount_minor: 216_200 })
  t.is((await stage.paymentsOf(body.id)).length, 1)
  t.like(await stage.read(of), { payment_status: 'paid', open_minor: 0 })
})
