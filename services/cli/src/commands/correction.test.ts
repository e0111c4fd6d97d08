import test from 'ava'
import {
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
} from '../../../../test/support/invoicing.ts'
import { Sentence } from '../sentence.ts'
import { commandLine } from '../testing/command-line.ts'
import { cancelInvoice, cancelProforma, creditInvoice, issueDocument, showDocument, voidInvoice } from './correction.ts'

let kontor: InvoicingUnderTest
let services: object
test.before(async () => {
  kontor = await invoicingUnderTest()
  const invoicingUrl = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
  services = { invoicingUrl, invoicingKey: await kontor.apiKey('invoicing') }
})
test.after.always(() => kontor.close())

const terminal = () => commandLine({ services })

async function drafted() {
  const { order } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/invoices', { ...order, lines: [LINE, LINE] })
  return draft.body.id as string
}

test.serial('an invoice is issued, credited in part, and cancelled', async (t) => {
  const id = await drafted()
  const { command, said, results } = terminal()
  t.is(await issueDocument(command, 'inv', id, {}), 0)
  t.regex(said[0] ?? '', /^\d{9}-1 issued: 216\.20 CHF, 216\.20 CHF open\.$/)
  t.is(await creditInvoice(command, id, { reason: 'Retour', line: ['2:1'] }), 0)
  t.regex(said[1] ?? '', /^cre_\w+ draft: 54\.05 CHF\.$/)
  t.is(await issueDocument(command, 'cre', results[1].id, {}), 0)
  t.is(await showDocument(command, 'cre', results[1].id), 0)
  t.regex(said[3] ?? '', /^CN-\d{9}-1 issued: 54\.05 CHF\.$/)
  t.is(await creditInvoice(command, id, { reason: 'Retour', line: ['2'], issue: true }), 0)
  t.is(results[4].state, 'issued')
  const cancel = { reason: 'Falsch', replace: true, key: 'cli-cancel-1' }
  t.is(await cancelInvoice(command, id, cancel), 0)
  t.is(await cancelInvoice(command, id, cancel), 0)
  t.deepEqual(results[6], results[5], 'the same intent is done once')
  t.regex(said.at(-1) ?? '', /^Replaced by the draft inv_\w+\.$/)
  await showDocument(command, 'inv', id)
  t.is(results.at(-1).open_minor, 0)
})

test.serial('an invoice that nobody has seen is made void; one that was sent is refused', async (t) => {
  const { command, said } = terminal()
  const [unseen, sent] = [await drafted(), await drafted()]
  for (const id of [unseen, sent]) await kontor.call('POST', `/v1/invoices/${id}/issue`)
  await kontor.call('POST', `/v1/invoices/${sent}/sent`, { channel: 'post' })
  t.is(await voidInvoice(command, unseen, { reason: 'Doppelt' }), 0)
  t.regex(said[0] ?? '', /^\d{9}-1 is void\./)
  const refused = await t.throwsAsync(voidInvoice(command, sent, { reason: 'Doppelt' }))
  t.is(refused?.name, 'Refused')
})

test.serial('a proforma is issued, and becomes an invoice when it is paid, or is cancelled', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const draft = async () => (await kontor.call('POST', '/v1/proformas', order)).body.id as string
  const [paid, unwanted] = [await draft(), await draft()]
  const { command, said, results } = terminal()
  t.is(await issueDocument(command, 'pro', paid, { key: 'cli-proforma-1' }), 0)
  t.is(await issueDocument(command, 'pro', paid, { key: 'cli-proforma-1' }), 0)
  t.deepEqual(results[1], results[0], 'the same intent is done once')
  t.regex(said[0] ?? '', /^P-\d{9}-1 issued: 108\.10 CHF, 108\.10 CHF open\.$/)
  const cash = { invoice_id: paid, method: 'cash', amount_minor: 10_810, currency: 'CHF', received_on: '2026-11-23' }
  await kontor.call('POST', '/v1/payments', cash)
  await kontor.work()
  t.is(await showDocument(command, 'pro', paid), 0)
  t.regex(said.at(-2) ?? '', /^P-\d{9}-1 settled: 108\.10 CHF\.$/)
  t.is(said.at(-1), `It became the invoice ${results.at(-1).invoice_id}.`)
  const early = await t.throwsAsync(cancelProforma(command, unwanted, {}))
  t.is(early?.name, 'Refused', 'a draft is dropped, not cancelled')
  await issueDocument(command, 'pro', unwanted, {})
  t.is(await cancelProforma(command, unwanted, { key: 'cli-proforma-2' }), 0)
  t.is(await cancelProforma(command, unwanted, { key: 'cli-proforma-2' }), 0)
  t.regex(said.at(-1) ?? '', /^P-\d{9}-2 cancelled: 108\.10 CHF\.$/)
})

test.serial('what is wrong on the command line is said before anybody is asked', async (t) => {
  const { command } = terminal()
  const sentence = (message: RegExp) => ({ instanceOf: Sentence, message })
  await t.throwsAsync(showDocument(command, 'inv', 'cre_1'), sentence(/inv_…/))
  await t.throwsAsync(showDocument(command, 'cre', 'inv_1'), sentence(/cre_…/))
  await t.throwsAsync(cancelProforma(command, 'inv_1', {}), sentence(/pro_…/))
  const id = 'inv_01h455vb4pex5vsknk084sn02q'
  await t.throwsAsync(creditInvoice(command, id, { reason: 'x', line: ['two'] }), sentence(/2:1\.5/))
})
