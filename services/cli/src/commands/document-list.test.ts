import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../../test/support/invoicing.ts'
import { Sentence } from '../sentence.ts'
import { commandLine } from '../testing/command-line.ts'
import { listDocuments } from './document-list.ts'

let kontor: InvoicingUnderTest
let services: object
test.before(async () => {
  kontor = await invoicingUnderTest()
  const invoicingUrl = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
  services = { invoicingUrl, invoicingKey: await kontor.apiKey('accounting') }
})
test.after.always(() => kontor.close())

const terminal = () => commandLine({ services })

test.serial('invoices are listed by state and account, and what is overdue of one', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/invoices', { ...order, issue_on: '2026-10-01', due_on: '2026-11-01' })
  const late = (await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)).body
  for (let n = 0; n < 2; n++) await kontor.call('POST', '/v1/invoices', order)
  const { command, said, results } = terminal()
  t.is(await listDocuments(command, 'invoices', { account: account.id, overdue: true }), 0)
  t.deepEqual(said, [
    'Number       Id                              State            Date        Due              Total        Open',
    `${'─'.repeat(11)}  ${'─'.repeat(30)}  ${'─'.repeat(15)}  ${'─'.repeat(10)}  ${'─'.repeat(10)}  ${'─'.repeat(10)}  ${'─'.repeat(10)}`,
    `${late.number}  ${late.id}  issued, overdue  2026-10-01  2026-11-01  108.10 CHF  108.10 CHF`,
  ])
  await listDocuments(command, 'invoices', { account: account.id, state: 'draft' })
  t.is(results[1].data.length, 2)
  await listDocuments(command, 'invoices', { account: account.id, state: 'draft', limit: '1' })
  t.like(results[2], { has_more: true })
  t.is(said.at(-1), 'More than 1: --limit shows more.')
  await listDocuments(command, 'invoices', { state: 'void' })
  t.is(said.at(-1), 'There is none.')
  t.deepEqual(results[3], { data: [], has_more: false })
})

test.serial('quotes are listed by state, page after page', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  const quote = { ...order, valid_until: '2026-12-24' }
  const drafts = await Promise.all(Array.from({ length: 12 }, () => kontor.call('POST', '/v1/quotes', quote)))
  await kontor.call('POST', `/v1/quotes/${drafts[0]?.body.id}/issue`)
  const { command, said, results } = terminal()
  await listDocuments(command, 'quotes', { state: 'sent', account: account.id })
  t.regex(said[0] ?? '', /^Number +Id +State +Date +Valid until +Total$/)
  t.regex(said[2] ?? '', /^Q-\d+-1 +quo_\w+ +sent +2026-11-23 +2026-12-24 +108\.10 CHF$/)
  await listDocuments(command, 'quotes', { account: account.id, limit: '300' })
  t.is(results[1].data.length, 12)
})

test.serial('what is wrong on the command line is said before anybody is asked', async (t) => {
  const { command } = terminal()
  const sentence = (message: RegExp) => ({ instanceOf: Sentence, message })
  await t.throwsAsync(listDocuments(command, 'invoices', { overdue: true }), sentence(/--account/))
  for (const limit of ['0', 'all', '1e3', '-1']) {
    await t.throwsAsync(listDocuments(command, 'quotes', { limit }), sentence(/^--limit takes/))
  }
})
