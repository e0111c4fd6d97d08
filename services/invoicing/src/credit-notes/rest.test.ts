import test from 'ava'
import { invoiceOf, line, take } from '../testing/credited.ts'
import { CreditExceedsInvoice } from './errors.ts'

test('where a discount is larger than the lines of its VAT, parts leave a rest that can be credited', (t) => {
  const goods = [
    { ...line, quantity: '9', price: '0.01', vat_rate: '2.6' },
    { ...line, quantity: '7', price: '0.16' },
  ]
  const discount = { charge: false, amount_minor: 91, vat_category: 'S', vat_rate: '2.6' } as const
  const invoice = invoiceOf({ price_mode: 'gross', lines: goods, allowances_charges: [discount] })
  t.like(invoice.snapshot.totals, { net_minor: 24, gross_minor: 30 })
  const first = take(invoice, [], [{ line: 2, amount_minor: 4 }])
  const second = take(invoice, [first], [{ line: 2, quantity: '1' }])
  // Gross there would be room for it, net there is none: 4 + 14 + 8 of 24.
  t.throws(() => take(invoice, [first, second], [{ line: 2, amount_minor: 9 }]), { instanceOf: CreditExceedsInvoice })
  const rest = take(invoice, [first, second])
  t.is(first.gross_minor + second.gross_minor + rest.gross_minor, 30n)
  t.is(first.totals.netMinor + second.totals.netMinor + rest.totals.netMinor, 24n)
})
