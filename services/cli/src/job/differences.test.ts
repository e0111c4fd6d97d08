import test from 'ava'
import type { OrderForm } from '../orders/order-form.ts'
import { findDifferences } from './differences.ts'
import type { TotalsWire } from './wire.ts'

const totals: TotalsWire = {
  lines_minor: 10_000,
  allowances_minor: 0,
  charges_minor: 0,
  net_minor: 10_000,
  vat_minor: 1_900,
  gross_minor: 11_900,
  prepaid_minor: 0,
  rounding_minor: 0,
  payable_minor: 11_900,
  vat_groups: [{ category: 'S', rate: '19', base_minor: 10_000, tax_minor: 1_900 }],
}
const line = {
  id: '1',
  name: 'x',
  quantity: '1',
  unit: 'C62',
  price: '100',
  vat_category: 'S',
  vat_rate: '19',
} as const
const order = (expected?: OrderForm['expected'], expected_net?: string): OrderForm => ({
  document: 'invoice',
  type_code: '380',
  issue_date: '2026-03-02',
  currency: 'EUR',
  seller: { name: 'a', country: 'DE' },
  buyer: { name: 'b', country: 'DE' },
  lines: [{ ...line, ...(expected_net === undefined ? {} : { expected_net }) }],
  ...(expected ? { expected } : {}),
})
const differences = (expected?: OrderForm['expected'], net?: string) =>
  findDifferences(order(expected, net), totals, [10_000])

test('an order that says nothing of its totals has no differences', (t) => {
  t.deepEqual(differences(), [])
})

test('totals compare as numbers, and rates too', (t) => {
  const vat_groups = [{ category: 'S', rate: '19.00', base: '100', tax: '19.0' }]
  t.deepEqual(
    differences({ lines: '100', net: '100.0', vat: '19', gross: '119', payable: '119.00', vat_groups }, '100'),
    [],
  )
})

test('a difference names the total, ours and the printed one', (t) => {
  t.deepEqual(differences({ payable: '119.01' }, '99.99'), [
    { path: 'line[0].net', ours: '100.00', printed: '99.99' },
    { path: 'payable', ours: '119.00', printed: '119.01' },
  ])
})

test('an allowance that was left out was printed as zero', (t) => {
  const charged = findDifferences(order({ net: '100' }), { ...totals, charges_minor: 500 }, [10_000])
  t.deepEqual(charged, [{ path: 'charges', ours: '5.00', printed: '0' }])
})

test('VAT groups are matched by category and rate, in any order', (t) => {
  const vat_groups = [
    { category: 'S', rate: '7', base: '1', tax: '0.07' },
    { category: 'S', rate: '19', base: '100', tax: '19.01' },
  ]
  t.deepEqual(differences({ vat_groups }), [
    { path: 'vat_groups[0].tax', ours: '19.00', printed: '19.01' },
    { path: 'vat_groups[1].base', ours: null, printed: '1' },
    { path: 'vat_groups[1].tax', ours: null, printed: '0.07' },
  ])
})

test('a VAT group that only we have is a difference', (t) => {
  t.deepEqual(differences({ vat_groups: [] }), [
    { path: 'vat_groups[0].base', ours: '100.00', printed: null },
    { path: 'vat_groups[0].tax', ours: '19.00', printed: null },
  ])
})
