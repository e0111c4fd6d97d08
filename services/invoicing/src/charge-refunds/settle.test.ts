import { parseId } from '@kontor/ids'
import { sqlstate } from '@kontor/postgres'
import test from 'ava'
import { type Charged, type RefundStage, refundStage } from '../testing/refund-stage.ts'

let stage: RefundStage
test.before(async () => {
  stage = await refundStage()
})
test.after.always(() => stage.kontor.close())

/** A refund of 666.32 that went although a chargeback had left 100.00 of it. */
async function overdrawn(): Promise<{ of: Charged; id: string }> {
  const of = await stage.charged({ amount_minor: 66_632 })
  const { body } = await stage.refund(of)
  await stage.byHand(of, 'chargebacks', { amount_minor: 56_632 })
  await stage.later()
  return { of, id: body.id }
}
const settle = (of: Charged, id: string, options: object = {}, body: object = { note: 'Written off, case 12' }) =>
  stage.kontor.call('POST', `/v1/charges/${of.charge.id}/refunds/${id}/settle`, body, options)
const shown = async (of: Charged) => (await stage.refundsOf(of))[0]

test.serial('whoever has looked at money that no account explains says so, once, and no money moves', async (t) => {
  const { of, id } = await overdrawn()
  t.like(await shown(of), { state: 'succeeded', unbooked_minor: 56_632, needs_attention: true, settled: null })
  const payment = await stage.payment(of)
  const accounting = await stage.kontor.apiKey('accounting')
  const settled = await settle(of, id, { key: 'settle-it-once', as: accounting })
  t.is(settled.status, 200, settled.bytes.toString())
  const at = stage.kontor.clock.now().toISOString()
  t.like(settled.body, {
    unbooked_minor: 56_632,
    needs_attention: false,
    settled: { at, note: 'Written off, case 12' },
  })
  t.deepEqual(await shown(of), settled.body)
  t.deepEqual((await settle(of, id, { key: 'settle-it-once', as: accounting })).bytes, settled.bytes)
  t.like(await settle(of, id), { status: 409, body: { code: 'invalid_transition', from: 'settled', to: 'settled' } })
  t.deepEqual(await stage.payment(of), payment)
  t.like(await stage.refund(of, { amount_minor: 1 }), { status: 409, body: { code: 'refund_exceeds_charge' } })
  t.is((await stage.eventsOf(id)).at(-1), 'charge_refund.settled')
})

test.serial('of several at once one settles it', async (t) => {
  const { of, id } = await overdrawn()
  const replies = await Promise.all([1, 2, 3, 4].map(() => settle(of, id)))
  t.deepEqual(replies.map(({ status }) => status).sort(), [200, 409, 409, 409])
})

test.serial('what needs nobody is not settled, and who may not does not', async (t) => {
  const plain = await stage.charged()
  const { body: whole } = await stage.refund(plain)
  const before = await stage.kontor.state()
  const refused = { status: 409, body: { code: 'invalid_transition', from: 'succeeded', to: 'settled', allowed: [] } }
  t.like(await settle(plain, whole.id), refused)
  const waiting = await stage.charged({ amount_minor: 66_632 })
  const { body: pending } = await stage.refund(waiting)
  t.like(await settle(waiting, pending.id), { status: 409, body: { from: 'pending' } })
  t.is((await settle(plain, pending.id)).status, 404, 'a refund of another charge')
  const { of, id } = await overdrawn()
  for (const role of ['checkout', 'invoicing']) {
    t.is((await settle(of, id, { as: await stage.kontor.apiKey(role) })).status, 403, role)
  }
  t.is((await settle(of, id, { as: await stage.kontor.apiKey('admin', { mode: 'live' }) })).status, 404)
  t.like(await settle(of, id, {}, { note: 'card 4242 4242 4242 4242' }), {
    status: 422,
    body: { code: 'sensitive_text' },
  })
  t.is((await settle(of, id, {}, {})).status, 400)
  t.is((await settle(of, id, {}, { note: 'x'.repeat(201) })).status, 400)
  t.is((await stage.kontor.state()).charge_refund_settlement, before.charge_refund_settlement)
})

test.serial('that somebody has looked does not change any more', async (t) => {
  const { of, id } = await overdrawn()
  await settle(of, id)
  for (const text of [
    `update charge_refund_settlement set note = 'x' where charge_refund_id = $1`,
    'delete from charge_refund_settlement where charge_refund_id = $1',
  ]) {
    t.is(sqlstate(await t.throwsAsync(stage.kontor.sql(text, [parseId('crf', id)]))), '23000', text)
    const own = text.replace('$1', '?')
    t.is(sqlstate(await t.throwsAsync(stage.kontor.database.knex.raw(own, [parseId('crf', id)]))), '42501', text)
  }
})
