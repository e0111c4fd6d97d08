import { parseId } from '@kontor/ids'
import { sqlstate } from '@kontor/postgres'
import test, { type ExecutionContext } from 'ava'
import { type Charged, type RefundStage, refundStage } from '../testing/refund-stage.ts'

let stage: RefundStage
test.before(async () => {
  stage = await refundStage()
})
test.after.always(() => stage.kontor.close())

/** As the service's own role, past the service. */
async function refused(t: ExecutionContext, text: string, values: string[], code: string, constraint?: string) {
  const error = await t.throwsAsync(stage.kontor.database.knex.raw(text, values), undefined, text)
  t.is(sqlstate(error), code, text)
  if (constraint) t.is((error as { constraint?: string }).constraint, constraint)
}

async function made(amount: number, refundMinor = amount): Promise<{ of: Charged; id: string }> {
  const of = await stage.charged({ amount_minor: amount })
  const { body } = await stage.refund(of, { amount_minor: refundMinor })
  return { of, id: parseId('crf', body.id) }
}

test('what has ended does not change, save that a processor may fail at what it said is done', async (t) => {
  const [gone, declined] = [await made(100_000), await made(66_631)]
  const turn = (state: string, reason = 'null') =>
    `update charge_refund set state = '${state}', decline_reason = ${reason}, version = version + 1 where id = ?`
  for (const state of ['processing', 'pending', 'cancelled']) await refused(t, turn(state), [gone.id], '23000')
  for (const state of ['processing', 'succeeded']) await refused(t, turn(state), [declined.id], '23000')
  // Its money was not taken back.
  await refused(t, turn('failed', "'not_refundable'"), [gone.id], '23514', 'charge_refund_is_booked')
})

test('the ids, the version and the ledger of a refund stay as they are', async (t) => {
  const { id } = await made(66_632)
  await refused(t, `update charge_refund set reference = 're_of_somebody' where id = ?`, [id], '23000')
  await refused(t, `update charge_refund set version = 9 where id = ?`, [id], '23000')
  await refused(t, `update charge_refund set state = 'unknown' where id = ?`, [id], '23000')
  await refused(t, `update charge_refund set unbooked_minor = 1 where id = ?`, [id], '23000')
  for (const column of ['amount_minor = 1', "currency = 'EUR'", 'charge_id = id', "origin = 'processor'"]) {
    await refused(t, `update charge_refund set ${column} where id = ?`, [id], '42501')
  }
  await refused(t, 'delete from charge_refund where id = ?', [id], '42501')
  await refused(t, `update charge_refund_step set outcome = 'succeeded' where charge_refund_id = ?`, [id], '42501')
  for (const text of [
    'delete from charge_refund where id = $1',
    `update charge_refund_step set outcome = 'succeeded' where charge_refund_id = $1`,
    'delete from charge_refund_step where charge_refund_id = $1',
  ]) {
    t.is(sqlstate(await t.throwsAsync(stage.kontor.sql(text, [id]))), '23000', text)
  }
  for (const table of ['charge_refund', 'charge_refund_step']) {
    t.is(sqlstate(await t.throwsAsync(stage.kontor.sql(`truncate ${table} cascade`))), '23000')
  }
})

const COLUMNS = [
  ...['bucket', 'id', 'tenant_id', 'mode', 'account_id', 'charge_id', 'payment_id', 'key_id', 'origin'],
  ...['idempotency_hmac', 'request_hmac', 'processor', 'currency', 'amount_minor', 'state', 'reference'],
  ...['created_at', 'updated_at'],
]
const COPY = (changes: Record<string, string>) => {
  const given: Record<string, string> = {
    id: 'new_bucketed_id(bucket, created_at)',
    idempotency_hmac: "decode(md5(random()::text), 'hex')",
    reference: 'null',
    state: "'processing'",
    ...changes,
  }
  return `insert into charge_refund (${COLUMNS.join(', ')}) select ${COLUMNS.map((column) => given[column] ?? column).join(', ')} from charge_refund where id = ?`
}

test('whoever inserts a refund past the service sends back no more than was taken, of no other payment', async (t) => {
  const { id } = await made(66_632, 60_000)
  const other = await made(100_000)
  await refused(t, COPY({ amount_minor: '6633' }), [id], '23514', 'charge_refund_fits')
  await refused(t, COPY({ amount_minor: '1', currency: "'EUR'" }), [id], '23514', 'charge_refund_fits')
  await refused(t, COPY({ amount_minor: '1', mode: "'live'" }), [id], '23514', 'charge_refund_fits')
  const elsewhere = `'${parseId('chg', other.of.charge.id)}'`
  await refused(t, COPY({ amount_minor: '1', charge_id: elsewhere }), [id], '23514')
  const told = { origin: "'processor'", idempotency_hmac: 'null', request_hmac: 'null', state: "'pending'" }
  const copy = { ...told, reference: 'reference', amount_minor: '1' }
  await refused(t, COPY(copy), [id], '23505', 'charge_refund_reference')
  await refused(t, COPY({ ...told, amount_minor: '1' }), [id], '23514', 'charge_refund_known_by_reference')
  await t.notThrowsAsync(stage.kontor.database.knex.raw(COPY({ amount_minor: '6632' }), [id]))
})

test('a movement of money is of a refund that went, and there is one', async (t) => {
  const [gone, waits] = [await made(100_000, 40_000), await made(66_632)]
  const copy = (changes: Record<string, string> = {}) => {
    const columns = [
      ...['bucket', 'id', 'tenant_id', 'mode', 'account_id', 'kind', 'payment_id', 'currency', 'amount_minor'],
      ...['refunded_on', 'charge_refund_id', 'reverses_id', 'created_at'],
    ]
    const given: Record<string, string> = {
      id: 'new_bucketed_id(refund.bucket, refund.created_at)',
      reverses_id: 'null',
      ...changes,
    }
    return `insert into refund (${columns.join(', ')}) select ${columns.map((column) => given[column] ?? `refund.${column}`).join(', ')}
      from refund join charge_refund on charge_refund.bucket = refund.bucket and charge_refund.id = refund.charge_refund_id
     where charge_refund.id = ?`
  }
  const { allocations } = await stage.payment(gone.of)
  await stage.kontor.call('POST', `/v1/payments/${gone.of.charge.payment_id}/unallocations`, allocations[0])
  await refused(t, copy(), [gone.id], '23505')
  // Taken back without the refund having failed; a part of it; and what takes back nothing.
  const reversal = { reverses_id: 'refund.id', amount_minor: '-refund.amount_minor' }
  await refused(t, copy(reversal), [gone.id], '23514', 'charge_refund_is_booked')
  await refused(t, copy({ ...reversal, amount_minor: '-1' }), [gone.id], '23514', 'refund_fits')
  await refused(
    t,
    copy({ charge_refund_id: 'null', amount_minor: '-1' }),
    [gone.id],
    '23514',
    'refund_reversal_is_negative',
  )
  // By hand, of what is on its way.
  await stage.kontor.sql('select 1')
  const payment = parseId('pay', waits.of.charge.payment_id)
  await refused(
    t,
    `insert into refund (bucket, id, tenant_id, mode, account_id, kind, payment_id, currency, amount_minor, refunded_on, charge_refund_id, created_at)
     select bucket, new_bucketed_id(bucket, created_at), tenant_id, mode, account_id, 'refund', id, currency, 1, received_on,
            (select id from charge_refund where payment_id = payment.id), created_at from payment where id = ?`,
    [payment],
    '23514',
  )
})
