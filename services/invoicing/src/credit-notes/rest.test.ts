import test from 'ava'
import type { Content } from '../documents/document.ts'
import { totalsOf } from '../documents/form-rules.ts'
import { grossToWire, type Snapshot, totalsToWire } from '../documents/snapshot.ts'
import { draftCredit, type Taken } from './credit-rules.ts'
import { CreditExceedsInvoice } from './errors.ts'
import type { LineRequest } from './line-rules.ts'

/** What of a snapshot is shared out. */
function snapshotOf(content: Content, currency = 'CHF'): Snapshot {
  const totals = totalsOf(currency, content)
  const gross = grossToWire(totals)
  return {
    currency,
    content,
    language: 'de',
    issue_on: '2026-11-20',
    line_net_minor: totals.lineNetMinor.map(Number),
    totals: totalsToWire(totals),
    ...(gross ? { gross } : {}),
  } as unknown as Snapshot
}

const invoiceOf = (content: Content, currency?: string) => ({ number: '1-1', snapshot: snapshotOf(content, currency) })

function take(invoice: ReturnType<typeof invoiceOf>, taken: readonly Taken[], lines?: readonly LineRequest[]) {
  const { content, totals } = draftCredit(invoice, taken, lines, 'Retour')
  return { content, totals, gross_minor: totals.grossMinor, payable_minor: totals.payableMinor }
}

const line = { name: 'Ware', quantity: '2', unit: 'C62', price: '50', vat_category: 'S', vat_rate: '8.1' } as const

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
