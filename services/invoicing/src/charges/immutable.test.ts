import { parseId } from '@kontor/ids'
import { sqlstate } from '@kontor/postgres'
import test, { type ExecutionContext } from 'ava'
import { type ChargeStage, chargeStage } from '../testing/charge-stage.ts'

let stage: ChargeStage
test.before(async () => {
  stage = await chargeStage()
})
test.after.always(() => stage.kontor.close())

/** As the service's own role, past the service. */
async function refused(t: ExecutionContext, text: string, values: string[], code: string, constraint?: string) {
  const error = await t.throwsAsync(stage.kontor.database.knex.raw(text, values), undefined, text)
  t.is(sqlstate(error), code, text)
  if (constraint) t.is((error as { constraint?: string }).constraint, constraint)
}

test('what has ended does not change, save that money which was taken is taken', async (t) => {
  const paid = parseId('chg', (await stage.charge(await stage.chargeable())).body.id)
  const declined = parseId('chg', (await stage.charge(await stage.chargeable(), { amount_minor: 66_601 })).body.id)
  const turn = (state: string) =>
    `update charge set state = '${state}', decline_reason = null, version = version + 1 where id = ?`
  for (const state of ['processing', 'declined', 'cancelled']) await refused(t, turn(state), [paid], '23000')
  await refused(t, turn('processing'), [declined], '23000')
  await refused(t, `update charge set check_at = now() where id = ?`, [paid], '23000')
  await refused(t, turn('succeeded'), [declined], '23514', 'charge_is_paid')
})

// Alone: whoever truncates waits for the tables one after the other, while others hold them in another order.
test.serial('the ids, the version and the ledger of a charge stay as they are', async (t) => {
  const id = parseId('chg', (await stage.charge(await stage.chargeable(), { amount_minor: 66_612 })).body.id)
  await refused(t, `update charge set reference = 'pi_of_somebody' where id = ?`, [id], '23000')
  await refused(t, `update charge set version = 9 where id = ?`, [id], '23000')
  await refused(t, `update charge set state = 'unknown' where id = ?`, [id], '23000')
  for (const column of [
    'amount_minor = 1',
    "currency = 'EUR'",
    'invoice_id = id',
    "processor = 'stripe'",
    "capture = 'manual'",
  ]) {
    await refused(t, `update charge set ${column} where id = ?`, [id], '42501')
  }
  await refused(t, 'delete from charge where id = ?', [id], '42501')
  await refused(t, `update charge_step set outcome = 'succeeded' where charge_id = ?`, [id], '42501')
  for (const text of [
    'delete from charge where id = $1',
    `update charge_step set outcome = 'succeeded' where charge_id = $1`,
    'delete from charge_step where charge_id = $1',
  ]) {
    const error = await t.throwsAsync(stage.kontor.sql(text, [id]))
    t.is(sqlstate(error), '23000', text)
  }
  for (const table of ['charge', 'charge_step']) {
    t.is(sqlstate(await t.throwsAsync(stage.kontor.sql(`truncate ${table} cascade`))), '23000')
  }
})

const COPY = (changes: Record<string, string>) => {
  const columns = [
    ...['bucket', 'id', 'tenant_id', 'mode', 'account_id', 'invoice_id', 'document_type', 'key_id', 'idempotency_hmac'],
    ...['request_hmac', 'token_id', 'method', 'instrument', 'processor', 'registration', 'currency', 'amount_minor'],
    ...['capture', 'off_session', 'state', 'reference', 'created_at', 'updated_at'],
  ]
  const given: Record<string, string> = {
    id: 'new_bucketed_id(bucket, created_at)',
    idempotency_hmac: "decode(md5(random()::text), 'hex')",
    ...changes,
  }
  return `insert into charge (${columns.join(', ')}) select ${columns.map((column) => given[column] ?? column).join(', ')} from charge where id = ?`
}

test('whoever inserts a charge past the service takes no more than is open, of no other account', async (t) => {
  const of = await stage.chargeable()
  const id = parseId('chg', (await stage.charge(of, { amount_minor: 66_612 })).body.id)
  await refused(t, COPY({ amount_minor: '149589' }), [id], '23514', 'charge_fits')
  await refused(t, COPY({ amount_minor: '1', currency: "'EUR'" }), [id], '23514', 'charge_fits')
  await refused(t, COPY({ amount_minor: '1', mode: "'live'", processor: "'stripe'" }), [id], '23514', 'charge_fits')
  await refused(t, COPY({ amount_minor: '1', mode: "'live'" }), [id], '23514')
  await refused(t, COPY({ amount_minor: '1', idempotency_hmac: 'idempotency_hmac' }), [id], '23505')
  await t.notThrowsAsync(stage.kontor.database.knex.raw(COPY({ amount_minor: '149588', state: "'processing'" }), [id]))
})

test('a payment of a charge is what the charge took, and there is one', async (t) => {
  const paid = (await stage.charge(await stage.chargeable())).body
  const pending = (await stage.charge(await stage.chargeable(), { amount_minor: 66_612 })).body
  const copy = (charge: string, amount = 'amount_minor') => `
    insert into payment (bucket, id, tenant_id, mode, account_id, method, currency, amount_minor, received_on, charge_id, created_at)
    select bucket, new_bucketed_id(bucket, created_at), tenant_id, mode, account_id, 'card', currency, ${amount}, '2026-11-23', id, created_at
      from charge where id = '${charge}'`
  await refused(t, copy(parseId('chg', paid.id)), [], '23505')
  await refused(t, copy(parseId('chg', pending.id)), [], '23514', 'payment_is_charged')
})
