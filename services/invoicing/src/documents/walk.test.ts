import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../../test/support/invoicing.ts'

let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

test('an order goes from quote over invoice to payment, PDF and export', async (t) => {
  const { call } = kontor
  const { order, account } = await issuerAndAccount(kontor)
  const quote = await call('POST', '/v1/quotes', { ...order, issue_on: '2026-11-20', external_id: 'order-1' })
  t.is(quote.status, 201, JSON.stringify(quote.body))
  t.is(quote.body.totals.payable_minor, 10810)
  const issued = await call('POST', `/v1/quotes/${quote.body.id}/issue`)
  t.is(issued.status, 200, JSON.stringify(issued.body))
  t.is(issued.body.number, `Q-${account.customer_number}-1`)
  const draft = await call('POST', `/v1/quotes/${quote.body.id}/accept`, {
    external_id: 'order-1',
    issue_on: '2026-11-21',
  })
  t.is(draft.status, 201, JSON.stringify(draft.body))
  const invoice = await call('POST', `/v1/invoices/${draft.body.id}/issue`)
  t.is(invoice.status, 200, JSON.stringify(invoice.body))
  t.is(invoice.body.number, `${account.customer_number}-1`)
  t.is(invoice.body.payment_status, 'open')
  const payment = await call('POST', '/v1/payments', {
    invoice_id: draft.body.id,
    method: 'bank_transfer',
    amount_minor: 10810,
    currency: 'CHF',
    received_on: '2026-11-22',
  })
  t.is(payment.status, 201, JSON.stringify(payment.body))
  const paid = await call('GET', `/v1/invoices/${draft.body.id}`)
  t.is(paid.body.payment_status, 'paid')
  t.is(paid.body.open_minor, 0)
  const pdf = await call('GET', `/v1/invoices/${draft.body.id}.pdf`)
  t.is(pdf.status, 200)
  t.is(pdf.bytes.subarray(0, 8).toString(), '%PDF-1.7')
  const again = await call('GET', `/v1/invoices/${draft.body.id}.pdf`)
  t.deepEqual(again.bytes, pdf.bytes)
  const csv = await call('GET', '/v1/exports/invoices.csv')
  t.is(csv.status, 200)
  t.is(csv.body.trim().split('\r\n').length, 2)
  t.regex(csv.body, new RegExp(`${account.customer_number}-1,380,2026-11-21`))
  const series = await call('GET', `/v1/series?account_id=${account.id}`)
  t.is(series.body.data.length, 2)
  for (const { id } of series.body.data) {
    const audit = await call('GET', `/v1/series/${id}/audit`)
    const { numbers, ...sum } = audit.body
    t.deepEqual(sum, {
      first: 1,
      last: 1,
      count: 1,
      complete: true,
      missing: [],
      duplicates: [],
      date_inversions: [],
      misprinted: [],
      has_more: false,
    })
    t.true(numbers[0].intact)
  }
})
