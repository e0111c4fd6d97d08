import test from 'ava'
import { widthOf } from '../terminal/table.ts'
import { accountOfJob, countOrders } from './account-of-job.ts'
import type { OrderSummary } from './summary.ts'

const issued: OrderSummary = {
  order: 'paper.json',
  account_id: 'acc_1',
  customer_number: '100000016',
  token_id: 'tok_1',
  instrument: 'Visa •••• 4242',
  quote_number: 'Q-100000016-1',
  invoice_number: '100000016-1',
  credit_note_number: null,
  currency: 'EUR',
  lines: '1234567.50',
  net: '1234567.50',
  vat: '0.00',
  vat_groups: [],
  gross: '1234567.50',
  payable: '1234567.50',
  pdf: '/out/paper.pdf',
  differences: [],
  warnings: [],
  error: null,
}
const none = {
  customer_number: null,
  instrument: null,
  quote_number: null,
  invoice_number: null,
  credit_note_number: null,
  payable: null,
  pdf: null,
}
const refused: OrderSummary = {
  ...issued,
  ...none,
  order: 'bad.json',
  error: {
    type: 'urn:kontor:problem:invalid_pan',
    status: 422,
    code: 'invalid_pan',
    title: 'Not a card number',
    instance: 'x',
    errors: [{ path: '/card/number', code: 'invalid_pan', message: 'no' }],
  },
}
const job = (orders: OrderSummary[]) => ({ orders, accountNames: orders.map(() => 'Erika Mustermann') })

test('an order is a row, with its total and its PDF', (t) => {
  const lines = accountOfJob(job([issued]), undefined)
  t.is(
    lines[0],
    'Order  Account           Customer   Instrument      Quote          Invoice                 Total  PDF',
  )
  t.is(
    lines[2],
    'paper  Erika Mustermann  100000016  Visa •••• 4242  Q-100000016-1  100000016-1  1,234,567.50 EUR  paper.pdf',
  )
})

test('a terminal that is too narrow gets fewer columns, none of them wrapped', (t) => {
  for (const columns of [100, 90, 80, 60, 50]) {
    const lines = accountOfJob(job([issued]), columns).slice(0, 3)
    t.true(
      lines.every((line) => widthOf(line) <= columns),
      `${columns}`,
    )
    t.true(lines[0]?.includes('Invoice'))
  }
})

test('a refused order says why and at which field', (t) => {
  const lines = accountOfJob(job([issued, refused]), undefined)
  t.true(lines.includes('1 order was refused:'))
  t.true(lines.includes('  bad: Not a card number (invalid_pan at /card/number)'))
})

test('an order that comes to other totals than printed shows what is to be paid', (t) => {
  const differences = [
    { path: 'lines', ours: '1.00', printed: '2.00' },
    { path: 'payable', ours: '1.19', printed: '2.38' },
  ]
  const lines = accountOfJob(job([{ ...issued, differences }]), undefined)
  t.true(lines.includes('1 order comes to other totals than its author printed:'))
  t.true(lines.includes('  paper: payable 1.19, printed 2.38 (and 1 more)'))
})

test('the count tells what is open and what was refused', (t) => {
  t.is(countOrders([issued]), '1 invoice issued.')
  t.is(
    countOrders([
      issued,
      { ...issued, invoice_number: '2', instrument: null },
      { ...issued, invoice_number: '3', instrument: null, payable: '-1.00' },
      refused,
    ]),
    '3 invoices issued, 1 left open for want of an instrument, 1 order refused.',
  )
  const credit = { ...issued, ...none, credit_note_number: 'CN-100000016-1', payable: '5.00' }
  t.is(countOrders([issued, credit, credit]), '1 invoice and 1 credit note issued.')
  t.is(countOrders([credit]), '1 credit note issued.')
  t.is(countOrders([refused]), '0 invoices issued, 1 order refused.')
  t.true(accountOfJob(job([credit]), undefined).some((line) => line.includes('CN-100000016-1')))
})

test('an order that stands in two files is counted as the one invoice it is', (t) => {
  t.is(countOrders([issued, { ...issued, order: 'copy.json' }]), '1 invoice issued.')
})
