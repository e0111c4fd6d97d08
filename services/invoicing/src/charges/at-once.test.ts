import { parseId } from '@kontor/ids'
import test from 'ava'
import { callApp, type Reply, type ServiceApp } from '../../../../test/support/invoicing.ts'
import { type Chargeable, type ChargeStage, chargeStage } from '../testing/charge-stage.ts'

let stage: ChargeStage
let apps: readonly ServiceApp[]
let admin: string
test.before(async () => {
  stage = await chargeStage()
  apps = [stage.kontor.app, await stage.kontor.twin()]
  admin = await stage.kontor.apiKey('admin')
})
test.after.always(() => stage.kontor.close())

/** The same moment, through two processes. */
const atOnce = (count: number, of: Chargeable, bodyOf: (n: number) => object, key?: string): Promise<Reply[]> =>
  Promise.all(
    Array.from({ length: count }, (_, n) => {
      const body = { invoice_id: of.invoice.id, token_id: of.token_id, processor: 'test', ...bodyOf(n) }
      const app = apps[n % 2] as ServiceApp
      return callApp(app, admin, 'POST', '/v1/charges', body, key === undefined ? {} : { key })
    }),
  )

const taken = async ({ invoice }: Chargeable) => {
  const [row] = await stage.kontor.sql<{ count: number; minor: bigint }>(
    `select count(*)::int as count, coalesce(sum(payment.amount_minor), 0)::bigint as minor from payment
       join charge on charge.bucket = payment.bucket and charge.id = payment.charge_id where charge.invoice_id = $1`,
    [parseId('inv', invoice.id)],
  )
  return row
}

test.serial('twenty charges of one invoice at once take its money once', async (t) => {
  const of = await stage.chargeable()
  const replies = await atOnce(20, of, () => ({ amount_minor: 216_200 }))
  t.deepEqual(replies.map(({ status }) => status).toSorted(), [201, ...Array(19).fill(409)])
  for (const { status, body } of replies) {
    if (status === 409) t.like(body, { code: 'over_allocation', open_minor: 0 })
  }
  t.deepEqual(await taken(of), { count: 1, minor: 216_200n })
  t.like(await stage.read(of), { payment_status: 'paid', open_minor: 0 })
})

test.serial('parts that fit are taken, and never more than what is open', async (t) => {
  const of = await stage.chargeable()
  const replies = await atOnce(20, of, (n) => ({ amount_minor: 20_000 + n }))
  const sum = replies.filter(({ status }) => status === 201).reduce((minor, { body }) => minor + body.amount_minor, 0)
  t.true(sum <= 216_200 && sum > 216_200 - 20_020)
  t.is((await taken(of))?.minor, BigInt(sum))
  t.like(await stage.read(of), { open_minor: 216_200 - sum })
})

test.serial('twenty twins of one request are one charge', async (t) => {
  const of = await stage.chargeable()
  const replies = await atOnce(20, of, () => ({}), 'twenty-twins-of-one')
  t.true(replies.every(({ status }) => status === 201 || status === 202))
  t.is(new Set(replies.map(({ body }) => body.id)).size, 1)
  t.is(replies.filter(({ headers }) => headers['idempotent-replayed'] !== 'true').length, 1)
  t.deepEqual(await taken(of), { count: 1, minor: 216_200n })
  const id = replies[0]?.body.id
  t.deepEqual(await stage.steps(id), [
    'claimed',
    'sent create',
    'created create created',
    'sent confirm:1',
    'answered confirm:1 succeeded',
  ])
})

test.serial('twins that take up what was not sent send it once each time', async (t) => {
  const of = await stage.chargeable()
  const key = 'twins-of-what-was-not-sent'
  const body = { amount_minor: 66_625 }
  const { charge_id } = (await stage.charge(of, body, { key })).body
  const replies = await atOnce(10, of, () => body, key)
  t.true(replies.every(({ status }) => status === 502 || status === 202))
  await stage.later()
  t.like(await stage.show(charge_id), { state: 'not_sent' })
  const steps = await stage.steps(charge_id)
  t.is(
    steps.filter((step) => step === 'sent create').length,
    steps.filter((step) => step === 'answered create not_sent').length,
  )
})

test.serial('a job that is done twice at once, beside requests, takes nothing twice', async (t) => {
  const charges = await Promise.all(
    [66_612, 66_622, 66_623, 66_624].map(async (amount_minor) => {
      const of = await stage.chargeable()
      return {
        of,
        amount_minor,
        ...(await stage.charge(of, { amount_minor }, { key: `twice-at-once-${amount_minor}` })),
      }
    }),
  )
  await stage.kontor.sql(`insert into graphile_worker._private_jobs (task_id, payload)
                          select task_id, payload from graphile_worker._private_jobs`)
  await stage.kontor.sql('update graphile_worker._private_jobs set run_at = now()')
  await Promise.all([
    stage.kontor.work(),
    stage.kontor.work(),
    stage.kontor.work(),
    ...charges.map(({ of, amount_minor }) =>
      stage.charge(of, { amount_minor }, { key: `twice-at-once-${amount_minor}` }),
    ),
  ])
  await stage.later()
  for (const { of, amount_minor, body } of charges) {
    t.like(await stage.show(body.id), { state: 'succeeded' }, String(amount_minor))
    t.deepEqual(await taken(of), { count: 1, minor: BigInt(amount_minor) })
  }
})
