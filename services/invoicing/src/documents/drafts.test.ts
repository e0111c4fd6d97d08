import { Unavailable } from '@kontor/http-api'
import { bucketOf, parseId } from '@kontor/ids'
import test from 'ava'
import fc from 'fast-check'
import {
  type InvoicingUnderTest,
  ISSUER,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
  tokenOf,
} from '../../../../test/support/invoicing.ts'
import type { FindInstrument } from '../vault/client.ts'
import { TokenGone } from '../vault/client.ts'

let kontor: InvoicingUnderTest
let order: Awaited<ReturnType<typeof issuerAndAccount>>['order']
/** What the vault knows, by token id. */
const vault = new Map<string, ReturnType<FindInstrument>>()

test.before(async () => {
  kontor = await invoicingUnderTest(async (_owner, tokenId) => vault.get(tokenId))
  const made = await issuerAndAccount(kontor)
  // Of a country whose VAT rates are taken as given: what is tried here is arithmetic.
  const address = { ...ISSUER.address, country: 'NL' }
  const issuer = await kontor.call('POST', '/v1/issuers', { ...ISSUER, address })
  order = { ...made.order, issuer_id: issuer.body.id }
})
test.after.always(() => kontor.close())

const draft = (changes: object) => kontor.call('POST', '/v1/invoices', { ...order, ...changes })

async function issued(changes: object) {
  const { body } = await draft(changes)
  return kontor.call('POST', `/v1/invoices/${body.id}/issue`)
}

const totals = (net: number, vat: number, payable = net + vat) => ({
  net_minor: net,
  vat_minor: vat,
  gross_minor: net + vat,
  payable_minor: payable,
})

const FREE = { name: 'Ware', quantity: '1', unit: 'C62', vat_category: 'Z' }

const CASES: readonly (readonly [what: string, changes: object, expected: object])[] = [
  [
    'yen have no decimals',
    { currency: 'JPY', lines: [{ ...LINE, quantity: '3', price: '33.5', vat_rate: '10' }] },
    totals(101, 10),
  ],
  [
    'Kuwaiti dinars have three',
    { currency: 'KWD', lines: [{ ...LINE, quantity: '1', price: '1.2345', vat_rate: '5' }] },
    totals(1235, 62),
  ],
  ['a half is rounded away from zero', { lines: [{ ...FREE, price: '0.005' }] }, totals(1, 0)],
  ['a negative half too', { lines: [{ ...FREE, quantity: '-1', price: '0.005' }] }, totals(-1, 0)],
  [
    'lines are rounded one by one',
    {
      lines: [
        { ...FREE, price: '0.005' },
        { ...FREE, price: '0.005' },
      ],
    },
    totals(2, 0),
  ],
  [
    'VAT is rounded once for its group',
    { lines: Array(3).fill({ ...LINE, quantity: '1', price: '0.05' }) },
    totals(15, 1),
  ],
  ['nothing may be paid', { lines: [{ ...FREE, price: '0' }] }, totals(0, 0)],
  [
    'a correction may be negative',
    { type_code: '384', lines: [{ ...FREE, quantity: '-2', price: '10' }] },
    totals(-2000, 0),
  ],
  ['what was prepaid is taken off', { prepaid_minor: 10_000 }, totals(10_000, 810, 810)],
  ['more may be prepaid than is due', { prepaid_minor: 20_000 }, totals(10_000, 810, -9_190)],
  [
    'rounding touches the payable alone',
    { lines: [{ ...FREE, price: '10.02' }], rounding_minor: -2 },
    totals(1002, 0, 1000),
  ],
  [
    'category O has no rate',
    { lines: [{ ...FREE, price: '1', vat_category: 'O' }] },
    { ...totals(100, 0), vat_groups: [{ category: 'O', rate: null, base_minor: 100, tax_minor: 0 }] },
  ],
  [
    'an allowance falls under its own rate',
    { allowances_charges: [{ charge: false, amount_minor: 1000, vat_category: 'S', vat_rate: '2.6' }] },
    {
      ...totals(9000, 784),
      vat_groups: [
        { category: 'S', rate: '8.1', base_minor: 10_000, tax_minor: 810 },
        { category: 'S', rate: '2.6', base_minor: -1000, tax_minor: -26 },
      ],
    },
  ],
  [
    '8.10 and 8.1 are one rate',
    { lines: [LINE, { ...LINE, vat_rate: '8.10' }] },
    { ...totals(20_000, 1620), vat_groups: [{ category: 'S', rate: '8.1', base_minor: 20_000, tax_minor: 1620 }] },
  ],
  [
    'prices may be for a hundred',
    { lines: [{ ...FREE, quantity: '250', price: '9.99', price_base_quantity: '100' }] },
    totals(2498, 0),
  ],
]

for (const [what, changes, expected] of CASES) {
  test(`adding up: ${what}`, async (t) => {
    const reply = await draft(changes)
    t.is(reply.status, 201, reply.bytes.toString())
    t.like(reply.body.totals, expected)
    const issue = await kontor.call('POST', `/v1/invoices/${reply.body.id}/issue`)
    t.is(issue.status, 200, issue.bytes.toString())
    t.deepEqual(issue.body.totals, reply.body.totals)
    const pdf = await kontor.call('GET', `/v1/invoices/${reply.body.id}.pdf`)
    t.is(pdf.status, 200, 'whatever is issued can be printed')
  })
}

test('a payable of zero or less is settled at issue, and takes no payment', async (t) => {
  for (const changes of [{ lines: [{ ...FREE, price: '0' }] }, { prepaid_minor: 10_810 }, { prepaid_minor: 20_000 }]) {
    const { body } = await issued(changes)
    t.like(body, { payment_status: 'settled', open_minor: 0, overdue: false })
    const paid = { invoice_id: body.id, method: 'cash', amount_minor: 1, currency: 'CHF', received_on: '2026-11-23' }
    const payment = await kontor.call('POST', '/v1/payments', paid)
    t.like(payment, { status: 201, body: { credit_minor: 1, allocations: [] } }, 'money that came is the account’s')
  }
})

test('the largest amount that JSON carries exactly is taken, and one more is not', async (t) => {
  const largest = { ...FREE, price: '90071992547409.91' }
  t.is((await draft({ lines: [largest] })).status, 400, 'a price has at most twelve digits before the point')
  const billion = { ...FREE, quantity: '90', price: '999999999999.99' }
  const base = { ...FREE, quantity: '1', price: '71992547410.81' }
  const reply = await draft({ lines: [billion, base] })
  t.is(reply.status, 201, reply.bytes.toString())
  t.is(reply.body.totals.payable_minor, Number.MAX_SAFE_INTEGER)
  const over = await draft({ lines: [billion, base, { ...FREE, price: '0.01' }] })
  t.like(over, { status: 422, body: { code: 'amount_overflow' } })
  const rounded = await draft({ lines: [billion, base], rounding_minor: 1 })
  t.like(rounded, { status: 422, body: { code: 'amount_overflow' } })
})

test('a thousand lines are taken, issued and printed', async (t) => {
  const { status, body } = await issued({ lines: Array(1000).fill({ ...LINE, name: 'Zeile' }) })
  t.is(status, 200)
  t.is(body.totals.net_minor, 10_000_000)
  const pdf = await kontor.call('GET', `/v1/invoices/${body.id}.pdf`)
  t.is(pdf.status, 200)
})

test('a payee account whose check digits are wrong is a warning, not a refusal', async (t) => {
  const reply = await draft({
    payment: [
      { means_code: '58', iban: 'CH93 0076 2011 6238 5295 7' },
      { means_code: '58', iban: 'CH94 0076 2011 6238 5295 7' },
    ],
  })
  t.is(reply.status, 201)
  t.deepEqual(
    reply.body.warnings.map(({ path, code }: { path: string; code: string }) => [path, code]),
    [['/payment/1/iban', 'iban_check_failed']],
  )
})

test('whatever numbers an order has, its totals add up and it can be issued and printed', async (t) => {
  const decimal = (max: number) =>
    fc
      .tuple(fc.integer({ min: -max, max }), fc.integer({ min: 0, max: 999 }))
      .map(([whole, part]) => `${whole}.${part}`)
  const line = fc.record({
    name: fc
      .string({ unit: fc.constantFrom(...'aäßé €&<>"\'–'), minLength: 1, maxLength: 60 })
      .filter((text) => /\S/.test(text)),
    quantity: decimal(1000),
    unit: fc.constantFrom('C62', 'HUR', 'KGM', 'XYZ'),
    price: decimal(100_000),
    vat_category: fc.constant('S'),
    vat_rate: fc.constantFrom('8.1', '2.6', '19', '7', '0.5'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 40 }), async (lines) => {
      const { status, body } = await issued({ lines })
      t.is(status, 200, JSON.stringify(body))
      const sum = (amounts: number[]) => amounts.reduce((total, amount) => total + BigInt(amount), 0n)
      t.is(sum(body.line_net_minor), BigInt(body.totals.lines_minor))
      t.is(
        sum(body.totals.vat_groups.map((group: { tax_minor: number }) => group.tax_minor)),
        BigInt(body.totals.vat_minor),
      )
      t.is((await kontor.call('GET', `/v1/invoices/${body.id}.pdf`)).status, 200)
    }),
    { numRuns: 15 },
  )
})

test('a token is the account’s own, its masked values go onto the document, and the vault is not asked again', async (t) => {
  const accountId = parseId('acc', order.account_id)
  const token_id = tokenOf(bucketOf(accountId))
  const tokenId = parseId('tok', token_id)
  vault.set(tokenId, Promise.resolve({ type: 'card', display: 'Visa •••• 4242', accountId }))
  const { body } = await draft({ token_id })
  t.deepEqual(body.instrument, { token_id, type: 'card', display: 'Visa •••• 4242' })
  vault.delete(tokenId)
  const issue = await kontor.call('POST', `/v1/invoices/${body.id}/issue`)
  t.deepEqual(issue.body.instrument, body.instrument)
  t.is((await kontor.call('GET', `/v1/invoices/${body.id}.pdf`)).status, 200)
})

test.serial(
  'a token of another account, of a guest, gone, unknown or while the vault is down makes no document',
  async (t) => {
    const accountId = parseId('acc', order.account_id)
    const bucket = bucketOf(accountId)
    const cases = [
      ['unknown', undefined, 422, 'unknown_token'],
      [
        'another account’s',
        Promise.resolve({ type: 'card', display: 'x', accountId: parseId('iss', order.issuer_id) }),
        422,
        'unknown_token',
      ],
      ['a guest’s', Promise.resolve({ type: 'card', display: 'x', accountId: null }), 422, 'unknown_token'],
      ['gone', () => Promise.reject(new TokenGone()), 410, 'token_gone'],
      [
        'asked in vain',
        () => Promise.reject(new Unavailable('vault_unavailable', 'the vault')),
        503,
        'vault_unavailable',
      ],
    ] as const
    const before = await kontor.state()
    for (const [what, answer, status, code] of cases) {
      const token_id = tokenOf(bucket)
      const promise = (typeof answer === 'function' ? answer() : answer) as ReturnType<FindInstrument> | undefined
      promise?.catch(() => undefined)
      if (promise) vault.set(parseId('tok', token_id), promise)
      for (const url of ['/v1/invoices', '/v1/quotes']) {
        const reply = await kontor.call('POST', url, { ...order, token_id })
        t.like(reply, { status, body: { code } }, what)
      }
    }
    t.deepEqual(await kontor.state(), before)
  },
)
