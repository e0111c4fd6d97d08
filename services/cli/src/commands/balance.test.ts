import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../../test/support/invoicing.ts'
import { Refused } from '../job/api-client.ts'
import { Sentence } from '../sentence.ts'
import { commandLine } from '../testing/command-line.ts'
import { showAgeing, showBalance, showStatement } from './balance.ts'
import { recordPayment } from './payment.ts'

let kontor: InvoicingUnderTest
let services: object
test.before(async () => {
  kontor = await invoicingUnderTest()
  const invoicingUrl = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
  services = { invoicingUrl, invoicingKey: await kontor.apiKey('accounting') }
})
test.after.always(() => kontor.close())

const terminal = () => commandLine({ services })

/** An account with an invoice over 108.10 CHF, which is late, and 100.00 CHF paid of it. */
async function books(external_id: string) {
  const { order, account } = await issuerAndAccount(kontor)
  const { body } = await kontor.call('POST', '/v1/accounts', {
    kind: 'company',
    name: 'Beispiel GmbH',
    external_id,
    billing_address: account.billing_address,
  })
  const bill = { ...order, account_id: body.id, issue_on: '2026-10-01', due_on: '2026-10-20' }
  const draft = await kontor.call('POST', '/v1/invoices', bill)
  const invoice = (await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)).body
  await recordPayment(terminal().command, { amount: '100', on: '2026-11-02', invoice: invoice.id })
  return { account: body, invoice, bill }
}

test.serial('a balance says what is open and what is credit, in each currency', async (t) => {
  const { account } = await books('balance-1')
  const { command, said, results } = terminal()
  t.is(await showBalance(command, 'balance-1'), 0)
  t.deepEqual(said, [
    '    Open    Credit   Prepaid   Balance',
    '────────  ────────  ────────  ────────',
    '8.10 CHF  0.00 CHF  0.00 CHF  8.10 CHF',
  ])
  t.like(results[0], { account_id: account.id, balances: [{ currency: 'CHF', open_minor: 810 }] })
  const empty = await issuerAndAccount(kontor)
  await showBalance(command, empty.account.id)
  t.is(said.at(-1), 'Nothing was invoiced or paid yet.')
  await t.throwsAsync(showStatement(command, empty.account.id, {}), { instanceOf: Sentence, message: /^Nothing was/ })
})

test.serial('a statement says what happened, with the balance after each', async (t) => {
  const { account, invoice } = await books('statement-1')
  const { command, said, results } = terminal()
  t.is(await showStatement(command, 'statement-1', {}), 0)
  const payment = results[0].data[1].id
  t.deepEqual(said, [
    'Opening balance 0.00 CHF.',
    '',
    'On          What     Number or id                         Amount     Balance',
    `${'─'.repeat(10)}  ${'─'.repeat(7)}  ${'─'.repeat(30)}  ${'─'.repeat(11)}  ${'─'.repeat(10)}`,
    `2026-10-01  invoice  ${invoice.number.padEnd(30)}   108.10 CHF  108.10 CHF`,
    `2026-11-02  payment  ${payment}  -100.00 CHF    8.10 CHF`,
    '',
    'Closing balance 8.10 CHF.',
  ])
  await showStatement(command, account.id, { currency: 'CHF', from: '2026-11-03', to: '2026-11-30' })
  t.deepEqual(said.slice(-2), ['Opening balance 8.10 CHF.', 'Closing balance 8.10 CHF.'])
  await recordPayment(command, { amount: '5', currency: 'EUR', on: '2026-11-02', account: account.id })
  const both = { instanceOf: Sentence, message: 'The account has CHF, EUR: say which with --currency.' }
  await t.throwsAsync(showStatement(command, account.id, {}), both)
})

test.serial('a statement of many pages is one', async (t) => {
  const { account } = await books('pages-1')
  const cent = { account_id: account.id, method: 'cash', amount_minor: 1, currency: 'CHF', received_on: '2026-11-23' }
  for (let n = 0; n < 23; n++) {
    await Promise.all(Array.from({ length: 10 }, () => kontor.call('POST', '/v1/payments', cent)))
  }
  const { command, results } = terminal()
  await showStatement(command, account.id, {})
  t.is(results[0].data.length, 232)
  t.is(results[0].next, null)
  t.is(results[0].data.at(-1).balance_minor, 810 - 230)
})

test.serial('the ageing says who owes how much, by how late it is', async (t) => {
  const { account } = await books('ageing-1')
  const { command, said, results } = terminal()
  t.is(await showAgeing(command, { currency: 'CHF', on: '2026-11-23' }), 0)
  t.regex(said[0] ?? '', /^\d+ accounts owe something in CHF, late as of 2026-11-23\.$/)
  t.regex(said[2] ?? '', /^Customer +Account +Open +Not late +1–30 days +31–60 +61–90 +Over 90$/)
  const row = said.find((line) => line.includes(account.id)) ?? ''
  t.deepEqual(row.split(/ {2,}/), [
    account.customer_number,
    account.id,
    '8.10 CHF',
    '0.00 CHF',
    '0.00 CHF',
    '8.10 CHF',
    '0.00 CHF',
    '0.00 CHF',
  ])
  t.is(results[0].has_more, false)
  await showAgeing(command, { currency: 'SEK' })
  t.is(said.at(-1), '0 accounts owe something in SEK, late as of 2026-11-23.')
})

test.serial('what is wrong on the command line, or not allowed, is one sentence', async (t) => {
  const { command } = terminal()
  const sentence = (message: RegExp) => ({ instanceOf: Sentence, message })
  await t.throwsAsync(showBalance(command, 'nobody'), sentence(/^No account has/))
  await t.throwsAsync(showBalance(command, '4242424242424242'), sentence(/^That looks like a card number/))
  await t.throwsAsync(showStatement(command, 'a', { from: 'May' }), sentence(/2026-01-31/))
  await t.throwsAsync(showStatement(command, 'a', { currency: 'Franken' }), sentence(/such as CHF/))
  await t.throwsAsync(showAgeing(command, { currency: 'francs' }), sentence(/such as CHF/))
  await t.throwsAsync(showAgeing(command, { currency: 'CHF', on: 'now' }), sentence(/2026-01-31/))
  const checkout = { ...services, invoicingKey: await kontor.apiKey('checkout') }
  const refused = await t.throwsAsync(showAgeing(commandLine({ services: checkout }).command, { currency: 'CHF' }), {
    instanceOf: Refused,
  })
  t.is((refused as Refused).problem.status, 403)
})
