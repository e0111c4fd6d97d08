import test from 'ava'
import { Refused } from '../job/api-client.ts'
import { Sentence } from '../sentence.ts'
import { type ChargedStage, chargedStage } from '../testing/charged-stage.ts'
import { commandLine } from '../testing/command-line.ts'
import { listCharges, refundCharge, settleRefund, showCharge } from './charge.ts'

let stage: ChargedStage
let services: object
test.before(async () => {
  stage = await chargedStage()
  const invoicingUrl = await stage.kontor.app.listen({ host: '127.0.0.1', port: 0 })
  services = { invoicingUrl, invoicingKey: await stage.kontor.apiKey('accounting') }
})
test.after.always(() => stage.kontor.close())

const terminal = () => commandLine({ services })

test.serial('money of a charge is sent back, in part and then all that is left', async (t) => {
  const of = await stage.charged()
  const { command, said, results } = terminal()
  const { id } = of.charge
  const options = { amount: '162', invoice: of.invoice.id, reason: 'Came back', key: 'once-and-for-all' }
  t.is(await refundCharge(command, id, options), 0)
  t.is(said.at(-1), `${results[0].id}: 162.00 CHF of ${id}, succeeded.`)
  t.is(await refundCharge(command, id, options), 0)
  t.deepEqual(results[1], results[0])
  t.is(await refundCharge(command, id, {}), 0)
  t.like(results[2], { amount_minor: 200_000, state: 'succeeded' })
  const over = await t.throwsAsync(refundCharge(command, id, { amount: '1' }), { instanceOf: Refused })
  t.is((over as Refused).problem.code, 'refund_exceeds_charge')
})

test.serial('a charge is shown with what went back, and a decline is told and is no success', async (t) => {
  const of = await stage.charged({ amount_minor: 66_631 })
  const { command, said, results } = terminal()
  t.is(await refundCharge(command, of.charge.id, {}), 1)
  t.is(await showCharge(command, of.charge.id), 0)
  t.like(results[1], { id: of.charge.id, refunds: [{ state: 'declined', origin: 'request' }] })
  t.regex(said.join('\n'), /666\.31 CHF for inv_\w+, Visa •••• 4242, test, succeeded\./)
  t.regex(said.at(-1) ?? '', /request +666\.31 CHF +declined \(not_refundable\)$/)
})

test.serial('what needs somebody is said', async (t) => {
  const of = await stage.charged({ amount_minor: 66_632 })
  const { call, sql, work } = stage.kontor
  await call('POST', `/v1/charges/${of.charge.id}/refunds`, {})
  const back = { amount_minor: 66_632, refunded_on: '2026-11-23' }
  await call('POST', `/v1/payments/${of.charge.payment_id}/chargebacks`, back)
  await sql('update graphile_worker._private_jobs set run_at = now()')
  await work()
  const { command, said, results } = terminal()
  await showCharge(command, of.charge.id)
  t.regex(said.join('\n'), /Somebody must look at it/)
  const [{ id }] = results[0].refunds
  t.is(await settleRefund(command, of.charge.id, id, { note: 'Written off' }), 0)
  t.is(said.at(-1), `${id}: 666.32 CHF unbooked, settled.`)
  const before = said.length
  await showCharge(command, of.charge.id)
  t.false(said.slice(before).join('\n').includes('Somebody must'))
  await t.throwsAsync(settleRefund(command, of.charge.id, 'x', { note: 'x' }), {
    instanceOf: Sentence,
    message: /crf_/,
  })
})

test.serial('charges are listed by invoice or account', async (t) => {
  const of = await stage.charged()
  const { command, said, results } = terminal()
  t.is(await listCharges(command, { invoice: of.invoice.id }), 0)
  t.like(results[0], { data: [{ id: of.charge.id }], has_more: false })
  t.regex(said.at(-1) ?? '', /test +2162\.00 CHF +succeeded$/)
  t.is(await listCharges(command, { account: of.invoice.account_id }), 0)
  t.is(results[1].data.length, 1)
  t.is(await listCharges(command, { limit: '1' }), 0)
  t.regex(said.at(-1) ?? '', /^There are more/)
  const other = await stage.issued()
  t.is(await listCharges(command, { invoice: other.id }), 0)
  t.is(said.at(-1), 'There is none.')
})

test.serial('what cannot be is said in a sentence', async (t) => {
  const { command } = terminal()
  for (const text of ['pay_01h455vb4pex5vsknk084sn02q', 'x']) {
    await t.throwsAsync(refundCharge(command, text, {}), { instanceOf: Sentence, message: /chg_/ })
    await t.throwsAsync(showCharge(command, text), { instanceOf: Sentence, message: /chg_/ })
  }
  for (const limit of ['0', '201', 'all']) {
    await t.throwsAsync(listCharges(command, { limit }), { instanceOf: Sentence, message: /1 to 200/ })
  }
  const of = await stage.charged()
  await t.throwsAsync(refundCharge(command, of.charge.id, { amount: '1.001' }), { instanceOf: Sentence })
})
