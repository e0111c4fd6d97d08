import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../../test/support/invoicing.ts'
import { Refused } from '../job/api-client.ts'
import { Sentence } from '../sentence.ts'
import { commandLine } from '../testing/command-line.ts'
import { recordPayment, showPayment } from './payment.ts'
import { giveBack, usePayment } from './payment-use.ts'

// As an accountant works: with the bank's list in one hand.
let kontor: InvoicingUnderTest
let services: object
test.before(async () => {
  kontor = await invoicingUnderTest()
  const invoicingUrl = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
  services = { invoicingUrl, invoicingKey: await kontor.apiKey('accounting') }
})
test.after.always(() => kontor.close())

const terminal = () => commandLine({ services })
const PAN = '4242 4242 4242 4242'
const on = '2026-11-23'

/** An issued invoice over 108.10 CHF. */
async function issued(changes: object = {}) {
  const { order } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/invoices', { ...order, ...changes })
  return (await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)).body
}

test.serial('a payment is recorded for an invoice, in its currency, to the Rappen', async (t) => {
  const invoice = await issued()
  const { command, said, results } = terminal()
  t.is(await recordPayment(command, { amount: '120.5', on, invoice: invoice.id, reference: 'E2E-1' }), 0)
  t.like(results[0], { amount_minor: 12_050, currency: 'CHF', method: 'bank_transfer', reference: 'E2E-1' })
  t.deepEqual(said, [
    `${results[0].id}: 120.50 CHF on 2026-11-23, bank_transfer, E2E-1.`,
    'Allocated 108.10 CHF, went back 0.00 CHF, left as credit 12.40 CHF.',
    '',
    'Invoice      Id                               Allocated',
    '───────────  ──────────────────────────────  ──────────',
    `${invoice.number}  ${invoice.id}  108.10 CHF`,
  ])
})

test.serial(
  'an invoice is named by its number or the external id it was made with, and a proforma as well',
  async (t) => {
    const { order } = await issuerAndAccount(kontor)
    const invoice = await issued({ ...order, external_id: 'shop-7' })
    const draft = await kontor.call('POST', '/v1/proformas', { ...order, external_id: 'shop-8' })
    await kontor.call('POST', `/v1/proformas/${draft.body.id}/issue`)
    const { command, results } = terminal()
    await recordPayment(command, { amount: '60', on, allocate: ['shop-7=50.10', 'shop-8=9.90'] })
    const gets = new Map(
      results[0].allocations.map((one: Record<string, unknown>) => [one.invoice_id, one.amount_minor]),
    )
    t.deepEqual([gets.get(invoice.id), gets.get(draft.body.id)], [5_010, 990])
    t.is(results[0].credit_minor, 0)
    await recordPayment(command, { amount: '1', on, invoice: draft.body.id, method: 'cash' })
    t.like(results[1], { method: 'cash', allocations: [{ invoice_id: draft.body.id, amount_minor: 100 }] })
    await recordPayment(command, { amount: '1', on, invoice: invoice.number })
    t.like(results[2], { allocations: [{ invoice_id: invoice.id, amount_minor: 100 }] })
    await kontor.call('POST', '/v1/proformas', { ...order, external_id: 'shop-7' })
    const ambiguous = { instanceOf: Sentence, message: /^Several are called that: say inv_\w+ or pro_\w+\.$/ }
    await t.throwsAsync(recordPayment(command, { amount: '1', on, invoice: 'shop-7' }), ambiguous)
    const nobody = { instanceOf: Sentence, message: /^No invoice and no proforma/ }
    const none = { instanceOf: Sentence, message: /neither an id nor a number/ }
    await t.throwsAsync(recordPayment(command, { amount: '1', on, invoice: '\u0007' }), none)
    await t.throwsAsync(recordPayment(command, { amount: '1', on, invoice: 'Nr. 7 / 2026' }), nobody)
    await t.throwsAsync(recordPayment(command, { amount: '1', on, invoice: 'shop-9' }), nobody)
  },
)

test.serial('a discount for paying early is taken with what was paid', async (t) => {
  const invoice = await issued({ cash_discounts: [{ percent: '2', within_days: 10 }] })
  const { command, results } = terminal()
  await recordPayment(command, { amount: '105.94', on, invoice: invoice.id, cashDiscount: true })
  t.is((await kontor.call('GET', `/v1/invoices/${invoice.id}`)).body.open_minor, 0)
  t.is(results[0].credit_minor, 0)
})

test.serial('an intent that was named is done once', async (t) => {
  const invoice = await issued()
  const { command, results } = terminal()
  const intent = { amount: '10', on, invoice: invoice.id, key: 'statement-7-line-3' }
  await recordPayment(command, intent)
  await recordPayment(command, intent)
  t.deepEqual(results[1], results[0])
  const other = await t.throwsAsync(recordPayment(command, { ...intent, amount: '11' }), { instanceOf: Refused })
  t.is((other as Refused).problem.code, 'idempotency_mismatch')
})

test.serial('money of an account is used, taken back, given back and taken away', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  const [one, two] = [await issued(order), await issued({ ...order, external_id: 'second' })]
  const { command, said, results } = terminal()
  await recordPayment(command, { amount: '200', currency: 'CHF', on, account: account.id })
  const { id } = results[0]
  t.is(await usePayment(command, 'allocate', id, { invoice: one.id, amount: '108.10' }), 0)
  t.is(said.at(-1), `${one.number} gets 108.10 CHF of ${id}; 91.90 CHF of it are left as credit.`)
  await usePayment(command, 'allocate', id, { invoice: 'second', amount: '91.90', key: 'second-use-1' })
  t.is(await usePayment(command, 'unallocate', id, { invoice: 'second', amount: '50' }), 0)
  t.is(said.at(-1), `${two.number} loses 50.00 CHF of ${id}; 50.00 CHF of it are left as credit.`)
  t.is(await giveBack(command, 'refund', id, { amount: '50', on, reference: 'E2E-2' }), 0)
  t.is(said.at(-1), `${results.at(-1).id}: refund of 50.00 CHF on 2026-11-23, from ${id}.`)
  t.is(await giveBack(command, 'refund', id, { amount: '1.90', on, invoice: two.id }), 0)
  t.is(said.at(-1), `${two.id} is open again by 1.90 CHF.`)
  t.is(await giveBack(command, 'chargeback', id, { amount: '100', on }), 0)
  t.is(results.at(-1).kind, 'chargeback')
  t.regex(said.at(-1) ?? '', /^inv_\w+ is open again by \d+\.\d\d CHF\.$/)
  t.is(await showPayment(command, id), 0)
  t.deepEqual(said.slice(-6, -3), [
    '',
    'Went back   On              Amount  Reference',
    `${'─'.repeat(10)}  ${'─'.repeat(10)}  ${'─'.repeat(10)}  ${'─'.repeat(9)}`,
  ])
  t.deepEqual(said.slice(-3).toSorted(), [
    'chargeback  2026-11-23  100.00 CHF',
    'refund      2026-11-23    1.90 CHF',
    'refund      2026-11-23   50.00 CHF  E2E-2',
  ])
  t.like(results.at(-1), { refunded_minor: 15_190, credit_minor: 0 })
})

test.serial('a credit note is used and refunded like a payment', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const [paid, other] = [await issued(order), await issued(order)]
  const { command, results } = terminal()
  await recordPayment(command, { amount: '108.10', on, invoice: paid.id })
  const note = await kontor.call('POST', `/v1/invoices/${paid.id}/cancel`, { reason: 'Retour' })
  t.is(await usePayment(command, 'allocate', note.body.id, { invoice: other.id, amount: '100' }), 0)
  t.is(results.at(-1).credit_minor, 810)
  t.is(await giveBack(command, 'refund', note.body.id, { amount: '8.10', on }), 0)
  const back = giveBack(command, 'chargeback', note.body.id, { amount: '1', on })
  await t.throwsAsync(back, { instanceOf: Sentence, message: /only be refunded/ })
})

test.serial('what the service refuses is a failure that names its code', async (t) => {
  const invoice = await issued()
  const { command, results } = terminal()
  const refused = async (work: Promise<number>, code: string) => {
    const error = await t.throwsAsync(work, { instanceOf: Refused })
    t.is((error as Refused).problem.code, code)
  }
  await refused(recordPayment(command, { amount: '108.11', on, allocate: [`${invoice.id}=108.11`] }), 'over_allocation')
  await refused(recordPayment(command, { amount: '1', on: '2026-12-24', invoice: invoice.id }), 'date_in_future')
  await recordPayment(command, { amount: '1', on, invoice: invoice.id })
  const { id } = results[0]
  await refused(usePayment(command, 'allocate', id, { invoice: invoice.id, amount: '1' }), 'allocation_exceeds_credit')
  await refused(usePayment(command, 'unallocate', id, { invoice: invoice.id, amount: '2' }), 'over_unallocation')
  await refused(giveBack(command, 'refund', id, { amount: '2', on, invoice: invoice.id }), 'refund_exceeds_credit')
  await refused(showPayment(command, 'pay_01h455vb4pex5vsknk084sn02q'), 'not_found')
})

const ID = 'inv_01h455vb4pex5vsknk084sn02q'
const PAYMENT = 'pay_01h455vb4pex5vsknk084sn02q'
test.serial('what is wrong on the command line is one sentence, before anything is changed', async (t) => {
  const { command } = terminal()
  const invoice = await issued()
  const before = await kontor.state()
  const sentence = (message: RegExp) => ({ instanceOf: Sentence, message })
  const record = (options: object) => recordPayment(command, { amount: '1', on, ...options })
  for (const [options, message] of [
    [{ invoice: invoice.id, on: '23.11.2026' }, /^A day looks like/],
    [{}, /--invoice, --allocate or --account/],
    [{ invoice: ID, allocate: [`${ID}=1`] }, /in one way/],
    [{ account: 'a', cashDiscount: true }, /^--cash-discount/],
    [{ allocate: ['120.50'] }, /inv_…=120\.50/],
    [{ invoice: ID, method: 'cash', token: 'tok_1' }, /leave --method out/],
    [{ invoice: ID, token: 'visa' }, /tok_…/],
    [{ account: 'a' }, /--currency/],
    [{ account: 'a', currency: 'chf' }, /such as CHF/],
    [{ account: 'nobody', currency: 'CHF' }, /^No account has/],
    [{ account: 'no one', currency: 'CHF' }, /neither an id nor an external id/],
    [{ invoice: invoice.id, amount: '0.005' }, /^--amount has more decimals than CHF, which has 2\.$/],
    [{ account: 'a', currency: 'JPY', amount: '1.5' }, /^--amount has more decimals than JPY, which has 0\.$/],
    [{ allocate: [`${invoice.id}=0.001`] }, /^--allocate has more decimals/],
    ...['0', '-1', '1,50', '1e2', '', ' 1', '1'.repeat(20)].map(
      (amount) => [{ invoice: invoice.id, amount }, /^--amount takes an amount above zero/] as const,
    ),
  ] as const) {
    await t.throwsAsync(record(options), sentence(message), JSON.stringify(options))
  }
  await t.throwsAsync(usePayment(command, 'allocate', ID, { invoice: ID, amount: '1' }), sentence(/pay_…/))
  await t.throwsAsync(usePayment(command, 'allocate', 'cre_1', { invoice: ID, amount: '1' }), sentence(/cre_…/))
  await t.throwsAsync(giveBack(command, 'refund', PAYMENT, { amount: '1', on: 'today' }), sentence(/2026-01-31/))
  await t.throwsAsync(showPayment(command, ID), sentence(/pay_…/))
  t.deepEqual(await kontor.state(), before)
})

test.serial('a card number is never repeated, nor part of an address, wherever it is typed', async (t) => {
  const invoice = await issued()
  const digits = PAN.replaceAll(' ', '')
  const logged = kontor.log.length
  const { command, results } = terminal()
  await recordPayment(command, { amount: '1', on, invoice: invoice.id })
  const use = { invoice: invoice.id, amount: '1' }
  for (const attempt of [
    () => recordPayment(command, { amount: digits, on, invoice: invoice.id }),
    () => recordPayment(command, { amount: '1', on: PAN, invoice: invoice.id }),
    () => recordPayment(command, { amount: '1', on, invoice: digits }),
    () => recordPayment(command, { amount: '1', on, allocate: [`${PAN}=1`] }),
    () => recordPayment(command, { amount: '1', on, account: digits, currency: 'CHF' }),
    () => recordPayment(command, { amount: '1', on, invoice: invoice.id, currency: digits }),
    () => recordPayment(command, { amount: '1', on, invoice: invoice.id, token: digits }),
    () => recordPayment(command, { amount: '1', on, invoice: invoice.id, reference: `Karte ${PAN}` }),
    () => recordPayment(command, { amount: '1', on, invoice: invoice.id, key: digits }),
    () => showPayment(command, digits),
    () => usePayment(command, 'allocate', digits, use),
    () => usePayment(command, 'unallocate', results[0].id, { ...use, invoice: digits }),
    () => giveBack(command, 'refund', results[0].id, { amount: '1', on, reference: PAN }),
  ]) {
    const error = (await t.throwsAsync(attempt())) as Error & { problem?: object }
    t.notRegex(`${error.message} ${JSON.stringify(error.problem)}`.replaceAll(' ', ''), /4242/)
  }
  t.notRegex(kontor.log.slice(logged).join('').replaceAll(' ', ''), /4242/)
})
