import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { minorFromDecimal } from './amount.ts'
import { formatDecimal, parseDecimal } from './decimal.ts'
import { documentTotals } from './totals.ts'
import type { VatCategory } from './vat.ts'

// Invoices that others have published, with the totals they printed: the README beside them says whose they are.
const ORDERS = new URL('../../../test/fixtures/orders/', import.meta.url)

interface PrintedAllowanceCharge {
  charge: boolean
  amount: string
  vat_category: VatCategory
  vat_rate?: string
}

interface Order {
  totals_follow_exactly_from_lines: boolean
  disagreement?: string
  currency: string
  allowances_charges?: PrintedAllowanceCharge[]
  lines: {
    id: string
    quantity: string
    price: string
    price_base_quantity?: string
    vat_category: VatCategory
    vat_rate?: string
    allowances_charges?: PrintedAllowanceCharge[]
    expected_net: string
  }[]
  expected: {
    lines: string
    allowances?: string
    charges?: string
    net: string
    vat: string
    gross: string
    prepaid?: string
    rounding?: string
    payable: string
    vat_groups: { category: VatCategory; rate?: string; base: string; tax: string }[]
  }
}

function totalsOf(order: Order) {
  const minor = (text: string) => minorFromDecimal(text, order.currency)
  const items = (list: PrintedAllowanceCharge[] = []) =>
    list.map((item) => ({
      charge: item.charge,
      amountMinor: minor(item.amount),
      vatCategory: item.vat_category,
      vatRate: item.vat_rate,
    }))
  return documentTotals({
    currency: order.currency,
    lines: order.lines.map((line) => ({
      quantity: line.quantity,
      price: line.price,
      priceBaseQuantity: line.price_base_quantity,
      vatCategory: line.vat_category,
      vatRate: line.vat_rate,
      allowancesCharges: items(line.allowances_charges),
    })),
    allowancesCharges: items(order.allowances_charges),
    prepaidMinor: minor(order.expected.prepaid ?? '0'),
    roundingMinor: minor(order.expected.rounding ?? '0'),
  })
}

/** Every amount that an order prints, beside ours, in minor units and in the words that `disagreement` uses. */
function compared(order: Order): { what: string; ours: bigint; printed: bigint }[] {
  const totals = totalsOf(order)
  const { expected } = order
  const rows: [what: string, ours: bigint, printed: string | undefined][] = [
    ...order.lines.map((line, i): [string, bigint, string] => [
      `line ${line.id}`,
      totals.lineNetMinor[i] ?? 0n,
      line.expected_net,
    ]),
    ['lines', totals.linesMinor, expected.lines],
    ['allowances', totals.allowancesMinor, expected.allowances ?? '0'],
    ['charges', totals.chargesMinor, expected.charges ?? '0'],
    ['net', totals.netMinor, expected.net],
    ['vat', totals.vatMinor, expected.vat],
    ['gross', totals.grossMinor, expected.gross],
    ['payable', totals.payableMinor, expected.payable],
  ]
  return rows.map(([what, ours, printed = '0']) => ({ what, ours, printed: minorFromDecimal(printed, order.currency) }))
}

/** The differences between our totals and the printed ones, one per amount, like those in `disagreement`. */
function recorded(order: Order): { what: string; ours: bigint; printed: bigint }[] {
  return (order.disagreement ?? '').split('; ').map((entry) => {
    const [, what = '', ours = '', printed = ''] = /^(.+): (\S+) != (\S+)$/.exec(entry) ?? []
    return { what, ours: minorFromDecimal(ours, order.currency), printed: minorFromDecimal(printed, order.currency) }
  })
}

const orders = readdirSync(ORDERS)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, order: JSON.parse(readFileSync(new URL(name, ORDERS), 'utf8')) as Order }))

test('there are 28 published orders, and for 22 of them the totals follow from the lines', (t) => {
  t.is(orders.length, 28)
  t.is(orders.filter(({ order }) => order.totals_follow_exactly_from_lines).length, 22)
})

for (const { name, order } of orders) {
  if (order.totals_follow_exactly_from_lines) {
    test(`${name} comes out to the minor unit, VAT groups included`, (t) => {
      t.deepEqual(
        compared(order).filter(({ ours, printed }) => ours !== printed),
        [],
      )
      const byKey = (a: string[], b: string[]) => (String(a) < String(b) ? -1 : 1)
      const printed = order.expected.vat_groups.map(({ category, rate, base, tax }) => [
        category,
        category === 'O' ? 'none' : formatDecimal(parseDecimal(rate ?? '0')),
        String(minorFromDecimal(base, order.currency)),
        String(minorFromDecimal(tax, order.currency)),
      ])
      const ours = totalsOf(order).vatGroups.map(({ category, rate, baseMinor, taxMinor }) => [
        category,
        rate ?? 'none',
        String(baseMinor),
        String(taxMinor),
      ])
      t.deepEqual(ours.toSorted(byKey), printed.toSorted(byKey))
    })
  } else {
    test(`${name} differs from its printed totals exactly as recorded`, (t) => {
      t.deepEqual(
        compared(order).filter(({ ours, printed }) => ours !== printed),
        recorded(order),
      )
    })
  }
}
