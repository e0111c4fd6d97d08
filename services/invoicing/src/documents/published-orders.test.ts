import { readdirSync, readFileSync } from 'node:fs'
import { formatDecimal, minorFromDecimal, parseDecimal } from '@kontor/money'
import test from 'ava'
import { ACCOUNT, type InvoicingUnderTest, ISSUER, invoicingUnderTest } from '../../../../test/support/invoicing.ts'

// Invoices and a credit note that others have published, as orders over HTTP: what their authors printed is what we add up to.
// @see test/fixtures/orders/README.md

const ORDERS = new URL('../../../../test/fixtures/orders/', import.meta.url)

interface AllowanceCharge {
  readonly charge: boolean
  readonly amount: string
  readonly base_amount?: string
  readonly percent?: string
  readonly reason?: string
  readonly reason_code?: string
  readonly vat_category?: string
  readonly vat_rate?: string
}

interface Order {
  readonly document: 'invoice' | 'credit_note'
  readonly type_code: string
  readonly period?: object
  readonly issue_date: string
  readonly due_date?: string
  readonly currency: string
  readonly lines: readonly (Record<string, unknown> & {
    readonly name: string
    readonly expected_net: string
    readonly allowances_charges?: readonly AllowanceCharge[]
  })[]
  readonly allowances_charges?: readonly AllowanceCharge[]
  readonly expected: Record<string, string> & {
    readonly vat_groups: readonly { category: string; rate?: string; base: string; tax: string }[]
  }
  readonly totals_follow_exactly_from_lines: boolean
}

let kontor: InvoicingUnderTest
let parties: { account_id: string; issuer_id: string }
test.before(async () => {
  kontor = await invoicingUnderTest()
  const issuer = await kontor.call('POST', '/v1/issuers', ISSUER)
  const account = await kontor.call('POST', '/v1/accounts', ACCOUNT)
  parties = { account_id: account.body.id, issuer_id: issuer.body.id }
})
test.after.always(() => kontor.close())

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

/** The order in the words of the API: amounts in minor units, names on one line. */
function toRequest(order: Order) {
  const minor = (text: string | undefined) => Number(minorFromDecimal(text ?? '0', order.currency))
  const item = ({ amount, base_amount, ...rest }: AllowanceCharge) => ({
    ...rest,
    amount_minor: minor(amount),
    ...(base_amount === undefined ? {} : { base_amount_minor: minor(base_amount) }),
    ...(rest.reason === undefined ? {} : { reason: oneLine(rest.reason) }),
  })
  return {
    ...parties,
    ...(order.document === 'invoice' ? { type_code: order.type_code } : { period: order.period }),
    currency: order.currency,
    issue_on: order.issue_date,
    ...(order.due_date ? { due_on: order.due_date } : {}),
    lines: order.lines.map(({ expected_net: _, ...line }) => ({
      ...line,
      name: oneLine(line.name),
      ...(line.allowances_charges ? { allowances_charges: line.allowances_charges.map(item) } : {}),
    })),
    allowances_charges: (order.allowances_charges ?? []).map(item),
    prepaid_minor: minor(order.expected.prepaid),
    rounding_minor: minor(order.expected.rounding),
  }
}

/** What its author printed, in the words of the API. */
function printed({ currency, expected, lines }: Order) {
  const minor = (text: string | undefined) => Number(minorFromDecimal(text ?? '0', currency))
  return {
    line_net_minor: lines.map((line) => minor(line.expected_net)),
    totals: {
      lines_minor: minor(expected.lines),
      allowances_minor: minor(expected.allowances),
      charges_minor: minor(expected.charges),
      net_minor: minor(expected.net),
      vat_minor: minor(expected.vat),
      gross_minor: minor(expected.gross),
      prepaid_minor: minor(expected.prepaid),
      rounding_minor: minor(expected.rounding),
      payable_minor: minor(expected.payable),
      vat_groups: expected.vat_groups.map(({ category, rate, base, tax }) => ({
        category,
        rate: category === 'O' ? null : formatDecimal(parseDecimal(rate ?? '0')),
        base_minor: minor(base),
        tax_minor: minor(tax),
      })),
    },
  }
}

const byText = <T>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

const orders = readdirSync(ORDERS)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, order: JSON.parse(readFileSync(new URL(name, ORDERS), 'utf8')) as Order }))

test('there are 28 published orders, and 22 of them follow from their lines', (t) => {
  t.is(orders.length, 28)
  t.is(orders.filter(({ order }) => order.totals_follow_exactly_from_lines).length, 22)
})

for (const { name, order } of orders) {
  const { document, totals_follow_exactly_from_lines: exactly } = order
  test(`${name} becomes ${document === 'invoice' ? 'an invoice' : 'a credit note'}${exactly ? ' with the totals that its author printed' : ''}`, async (t) => {
    const draft = await kontor.call(
      'POST',
      `/v1/${document === 'invoice' ? 'invoices' : 'credit-notes'}`,
      toRequest(order),
    )
    t.is(draft.status, 201, draft.bytes.toString())
    if (!exactly) return
    const expected = printed(order)
    t.deepEqual(draft.body.line_net_minor, expected.line_net_minor)
    t.deepEqual(
      { ...draft.body.totals, vat_groups: byText(draft.body.totals.vat_groups) },
      { ...expected.totals, vat_groups: byText(expected.totals.vat_groups) },
    )
    if (document === 'invoice') t.is(draft.body.open_minor, Math.max(0, expected.totals.payable_minor))
  })
}
