import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, LINE } from '../../../../test/support/invoicing.ts'
import { creditNoteBeside } from '../testing/credit-note.ts'
import { paidBooks, REFUNDED_ON } from '../testing/paid-books.ts'
import { printedOn } from '../testing/printed.ts'

let kontor: InvoicingUnderTest
let books: ReturnType<typeof paidBooks>
test.before(async () => {
  kontor = await invoicingUnderTest()
  books = paidBooks(kontor)
})
test.after.always(() => kontor.close())

const OFFERS = {
  cash_discounts: [
    { percent: '2', within_days: 10 },
    { percent: '1.5', within_days: 14 },
  ],
}
const LINES = [LINE, { ...LINE, price: '20.00', vat_rate: '2.6' }]

function pay(invoice: { id: string }, amount_minor: number, changes: object = {}) {
  const allocations = [{ invoice_id: invoice.id, amount_minor, cash_discount: true }]
  const paid = { method: 'cash', currency: 'CHF', received_on: '2026-11-20', amount_minor, allocations }
  return kontor.call('POST', '/v1/payments', { ...paid, ...changes })
}
const adjustmentsOf = async (invoice: { id: string }) =>
  (await kontor.call('GET', `/v1/invoices/${invoice.id}/adjustments`)).body.data

test.serial('who pays early has the discount off, with its VAT from every group', async (t) => {
  const invoice = await books.issuedInvoice({ ...OFFERS, lines: LINES, issue_on: '2026-11-10' })
  t.deepEqual(invoice.cash_discounts, OFFERS.cash_discounts)
  // 149.14 less 2 %.
  t.is((await pay(invoice, 14_616)).status, 201)
  t.like(await books.read(invoice), { payment_status: 'paid', paid_minor: 14_616, adjusted_minor: 298, open_minor: 0 })
  const [discount] = await adjustmentsOf(invoice)
  t.like(discount, { kind: 'cash_discount', amount_minor: 298, reverses_id: null, credit_note_id: null })
  t.deepEqual(discount.vat, [
    { category: 'S', rate: '8.1', base_minor: 200, tax_minor: 16 },
    { category: 'S', rate: '2.6', base_minor: 80, tax_minor: 2 },
  ])
})

test.serial('the day the money came decides which discount it is, and on a part it is a part', async (t) => {
  const invoice = await books.issuedInvoice({ ...OFFERS, issue_on: '2026-11-09' })
  await pay(invoice, 985, { received_on: '2026-11-23' })
  t.like(await books.read(invoice), { paid_minor: 985, adjusted_minor: 15, open_minor: 9_810 })
  const late = await books.issuedInvoice({ ...OFFERS, issue_on: '2026-11-08' })
  const refusal = { code: 'cash_discount_expired', until: '2026-11-22' }
  await books.refused(t, () => pay(late, 100, { received_on: '2026-11-23' }), 422, refusal)
  const plain = await books.issuedInvoice()
  await books.refused(t, () => pay(plain, 100), 422, { code: 'cash_discount_not_offered' })
  const note = await creditNoteBeside(kontor, late.id, 100)
  const asked = { invoice_id: late.id, amount_minor: 100, cash_discount: true }
  await books.refused(t, () => books.post(`/v1/credit-notes/${note}/allocations`, asked), 422, {
    code: 'cash_discount_not_offered',
  })
})

for (const [how, take] of [
  [
    'taken back',
    (url: string, invoice_id: string) => books.post(`${url}/unallocations`, { invoice_id, amount_minor: 1 }),
  ],
  ['charged back', (url: string) => books.post(`${url}/chargebacks`, { amount_minor: 1, refunded_on: REFUNDED_ON })],
  [
    'sent back',
    (url: string, invoice_id: string) =>
      books.post(`${url}/refunds`, { invoice_id, amount_minor: 1, refunded_on: REFUNDED_ON }),
  ],
] as const) {
  test.serial(`the discount of money that is ${how} is asked for again, with its VAT`, async (t) => {
    const invoice = await books.issuedInvoice({ ...OFFERS, lines: LINES })
    const payment = await pay(invoice, 14_616)
    kontor.clock.advance(1)
    t.is((await take(`/v1/payments/${payment.body.id}`, invoice.id)).status, 201)
    t.like(await books.read(invoice), { paid_minor: 14_615, adjusted_minor: 0, open_minor: 299 })
    const [given, back] = await adjustmentsOf(invoice)
    t.like(back, { kind: 'cash_discount', amount_minor: -298, reverses_id: given.id, payment_id: payment.body.id })
    for (const [index, part] of given.vat.entries()) {
      t.is(part.base_minor + back.vat[index].base_minor, 0)
      t.is(part.tax_minor + back.vat[index].tax_minor, 0)
    }
    t.is((await take(`/v1/payments/${payment.body.id}`, invoice.id)).status, 201, 'and once only')
    t.is((await adjustmentsOf(invoice)).length, 2)
  })
}

test.serial('a remainder that the issuer does not ask for is let go', async (t) => {
  const { issuer_id } = await books.issuedInvoice()
  const url = `/v1/issuers/${issuer_id}`
  const patch = (small_difference_minor: number, version = 1) =>
    kontor.call('PATCH', url, { small_difference_minor }, { headers: { 'if-match': `"${version}"` } })
  t.like(await patch(5), { status: 200, body: { small_difference_minor: 5, version: 2 }, headers: { etag: '"2"' } })
  t.like(await patch(6), { status: 412, body: { code: 'version_conflict' } })
  t.like(await patch(-1, 2), { status: 400 })
  t.is((await kontor.call('PATCH', url, { small_difference_minor: 1 })).status, 428)
  t.is((await kontor.call('PATCH', `/v1/issuers/${issuer_id.slice(0, -1)}0`, {})).status, 400)
  const open = await books.issuedInvoice({ issuer_id })
  await pay(open, 10_804, { allocations: undefined, invoice_id: open.id })
  t.like(await books.read(open), { payment_status: 'partially_paid', open_minor: 6 })
  const closed = await books.issuedInvoice({ issuer_id })
  const payment = await pay(closed, 10_805, { allocations: undefined, invoice_id: closed.id })
  t.like(await books.read(closed), { payment_status: 'paid', adjusted_minor: 5, open_minor: 0 })
  t.like((await adjustmentsOf(closed))[0], { kind: 'small_difference', amount_minor: 5, payment_id: payment.body.id })
  await books.post(`/v1/payments/${payment.body.id}/unallocations`, { invoice_id: closed.id, amount_minor: 10_805 })
  t.like(await books.read(closed), { payment_status: 'open', adjusted_minor: 0, open_minor: 10_810 })
})

test.serial('discounts are of a part, and each lasts longer than the one before', async (t) => {
  const { account_id, issuer_id } = await books.issuedInvoice()
  const order = { account_id, issuer_id, currency: 'CHF', lines: [LINE] }
  for (const [path, cash_discounts] of [
    ['/cash_discounts/0', [{ percent: '0', within_days: 1 }]],
    ['/cash_discounts/0', [{ percent: '100', within_days: 1 }]],
    ['/cash_discounts/0', [{ percent: '-1', within_days: 1 }]],
    ['/cash_discounts/1', [OFFERS.cash_discounts[0], OFFERS.cash_discounts[0]]],
  ] as const) {
    await books.refused(t, () => books.post('/v1/invoices', { ...order, cash_discounts }), 422, {
      code: 'invalid_cash_discount',
      errors: [
        {
          path,
          code: 'invalid_cash_discount',
          message: 'give percent above 0 and below 100, and within_days above those of the one before',
        },
      ],
    })
  }
})

test.serial('an invoice says until when how much is enough', async (t) => {
  const said = async (language: string) => {
    const { id } = await books.issuedInvoice({ ...OFFERS, language })
    return (await printedOn(kontor, id)).join('\n')
  }
  const [german, english] = [await said('de'), await said('en')]
  t.regex(german, /2\s% Skonto bis 03\.12\.2026: CHF\s105[.,]94/)
  t.regex(german, /1[.,]5\s% Skonto bis 07\.12\.2026: CHF\s106[.,]48/)
  t.regex(english, /2\s?% cash discount until .*: CHF\s105[.,]94/)
})
