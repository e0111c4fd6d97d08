import { bucketOf, parseId } from '@kontor/ids'
import test from 'ava'
import {
  type InvoicingUnderTest,
  ISSUER,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
} from '../../../../test/support/invoicing.ts'
import { printedOn } from '../testing/printed.ts'

let kontor: InvoicingUnderTest
let order: Awaited<ReturnType<typeof issuerAndAccount>>['order']
let abroad: string
test.before(async () => {
  kontor = await invoicingUnderTest()
  order = (await issuerAndAccount(kontor)).order
  const address = { ...ISSUER.address, country: 'NL' }
  abroad = (await kontor.call('POST', '/v1/issuers', { ...ISSUER, address })).body.id
})
test.after.always(() => kontor.close())

const draft = (changes: object) => kontor.call('POST', '/v1/invoices', { ...order, ...changes })

async function issued(changes: object) {
  const { body } = await draft(changes)
  return kontor.call('POST', `/v1/invoices/${body.id}/issue`)
}

const BOOK = { name: 'Buch', quantity: '1', unit: 'C62', price: '9.95', vat_category: 'S', vat_rate: '8.1' }

test('in gross prices the customer pays what he saw, and what the nets of lines lack of the base is shown', async (t) => {
  const { status, body, bytes } = await issued({ price_mode: 'gross', lines: [BOOK, BOOK, BOOK] })
  t.is(status, 200, bytes.toString())
  t.like(body, {
    price_mode: 'gross',
    line_gross_minor: [995, 995, 995],
    // 9.95 × 100 ÷ 108.1 is 9.204…
    line_net_minor: [920, 920, 920],
    // 29.85 × 8.1 ÷ 108.1 is 2.236…, so that the base is 27.61 and the three nets lack a Rappen of it.
    net_differences: [{ vat_category: 'S', vat_rate: '8.1', amount_minor: 1 }],
  })
  t.like(body.totals, {
    lines_minor: 2760,
    allowances_minor: 0,
    charges_minor: 1,
    net_minor: 2761,
    vat_minor: 224,
    gross_minor: 2985,
    rounding_minor: 0,
    payable_minor: 2985,
  })
  t.deepEqual(body.totals.vat_groups, [{ category: 'S', rate: '8.1', base_minor: 2761, tax_minor: 224 }])
  t.deepEqual((await kontor.call('GET', `/v1/invoices/${body.id}`)).body, body)
  t.is((await kontor.call('GET', `/v1/invoices/${body.id}.pdf`)).status, 200)
  const printed = await printedOn(kontor, body.id)
  for (const text of [
    'Betrag CHF inkl. MWST',
    '9.95',
    'Gesamtbetrag inkl. MWST',
    '29.85',
    'darin Mehrwertsteuer 8.1 %',
    '2.24',
    '27.61',
    'Die Nettobeträge der Positionen, einzeln gerundet, ergeben 27.60; die Differenz ist 0.01.',
  ]) {
    t.true(printed.includes(text), text)
  }
  t.false(printed.includes('Zuschlag'), 'the difference is no charge that anybody asked for')
})

test('allowances and charges of gross prices have VAT in them, on lines and on the whole', async (t) => {
  const { body } = await issued({
    price_mode: 'gross',
    lines: [{ ...BOOK, quantity: '10', allowances_charges: [{ charge: false, amount_minor: 950 }] }],
    allowances_charges: [
      { charge: false, amount_minor: 1000, reason: 'Treue', vat_category: 'S', vat_rate: '8.1' },
      { charge: true, amount_minor: 700, reason: 'Versand', vat_category: 'S', vat_rate: '8.1' },
    ],
  })
  t.deepEqual(body.line_gross_minor, [9000])
  t.like(body.totals, { gross_minor: 8700, payable_minor: 8700, vat_minor: 652, net_minor: 8048 })
  const { lines_minor, allowances_minor, charges_minor, net_minor } = body.totals
  t.is(lines_minor - allowances_minor + charges_minor, net_minor, 'BR-CO-13')
  const printed = await printedOn(kontor, body.id)
  for (const text of ['90.00', 'Nachlass (Treue)', '−10.00', 'Zuschlag (Versand)', '7.00', '87.00']) {
    t.true(printed.includes(text), text)
  }
})

test('net prices stay what they were: nothing is said of gross, and nothing of differences', async (t) => {
  const { body } = await issued({})
  t.like(body, {
    price_mode: 'net',
    line_gross_minor: null,
    rounding: 'none',
    tax_vat_minor: null,
    exchange_rate: null,
  })
  t.deepEqual([body.net_differences, body.vat_exemptions], [[], []])
  const printed = await printedOn(kontor, body.id)
  t.true(printed.includes('Betrag CHF') && !printed.some((text) => text.includes('inkl.')))
})

for (const [price, rounding, payable] of [
  ['10.01', -1, 1000],
  ['10.02', -2, 1000],
  ['10.03', 2, 1005],
  ['10.04', 1, 1005],
  ['10.05', 0, 1005],
] as const) {
  test(`${price} CHF rounded for cash is ${payable} Rappen`, async (t) => {
    const lines = [{ ...BOOK, price }]
    const { body } = await issued({ price_mode: 'gross', rounding: 'cash', lines })
    t.like(body.totals, {
      gross_minor: Number(price.replace('.', '')),
      rounding_minor: rounding,
      payable_minor: payable,
    })
    const { body: plain } = await issued({ price_mode: 'gross', lines })
    t.is(body.totals.vat_minor, plain.totals.vat_minor, 'VAT does not know of it')
    t.is(plain.totals.rounding_minor, 0)
    t.is((await printedOn(kontor, body.id)).includes('Rundung'), rounding !== 0)
  })
}

test('what is due is rounded for cash, after what was paid, and a balance of the customer as well', async (t) => {
  const { body } = await issued({ rounding: 'cash', prepaid_minor: 10_008 })
  t.like(body.totals, { gross_minor: 10_810, prepaid_minor: 10_008, rounding_minor: -2, payable_minor: 800 })
  const over = await issued({ rounding: 'cash', prepaid_minor: 10_813 })
  t.like(over.body.totals, { rounding_minor: -2, payable_minor: -5 })
})

for (const [currency, price, net, vat] of [
  ['JPY', '100.5', 201, 20],
  ['EUR', '100.505', 20_101, 2_010],
  ['KWD', '1.0005', 2_001, 200],
  ['CLF', '1.00005', 20_001, 2_000],
] as const) {
  test(`the whole way in ${currency}: draft, issue, page, payment`, async (t) => {
    const lines = [{ ...LINE, price, vat_rate: '10' }]
    const { status, body } = await issued({ issuer_id: abroad, currency, lines })
    t.is(status, 200, JSON.stringify(body))
    t.like(body.totals, { net_minor: net, vat_minor: vat, gross_minor: net + vat, payable_minor: net + vat })
    t.is((await kontor.call('GET', `/v1/invoices/${body.id}.pdf`)).status, 200)
    const payment = {
      invoice_id: body.id,
      method: 'cash',
      currency,
      received_on: '2026-11-23',
      amount_minor: net + vat,
    }
    t.is((await kontor.call('POST', '/v1/payments', payment)).status, 201)
    t.is((await kontor.call('GET', `/v1/invoices/${body.id}`)).body.payment_status, 'paid')
  })
}

const ECB = { from: 'EUR', to: 'CHF', rate: '0.9312', on: '2026-11-20', source: 'ECB' }

test('VAT is stated in the currency it is accounted for in, by a rate that stays with the document', async (t) => {
  const { status, body, bytes } = await issued({ currency: 'EUR', exchange_rate: ECB })
  t.is(status, 200, bytes.toString())
  // 8.10 EUR × 0.9312 is 7.5427 CHF.
  t.like(body, { currency: 'EUR', tax_currency: 'CHF', tax_vat_minor: 754, exchange_rate: ECB })
  t.is(body.totals.payable_minor, 10_810, 'and changes nothing that is to be paid')
  const printed = await printedOn(kontor, body.id)
  t.true(printed.includes('Mehrwertsteuer in Landeswährung: CHF 7.54'), printed.join('|'))
  t.true(printed.includes('EUR 1 = CHF 0.9312, Kurs vom 20.11.2026 (ECB)'), printed.join('|'))
  t.is((await kontor.call('GET', `/v1/invoices/${body.id}.pdf`)).status, 200)
})

for (const [from, to, rate, vat] of [
  ['EUR', 'JPY', '181.25', 1468],
  ['EUR', 'KWD', '0.355', 2876],
  ['JPY', 'EUR', '0.0055', 4],
  ['KWD', 'CLF', '0.0812345', 6580],
] as const) {
  test(`VAT in ${to} of a document in ${from}`, async (t) => {
    const exchange_rate = { ...ECB, from, to, rate }
    const { body } = await draft({ currency: from, tax_currency: to, exchange_rate })
    t.like(body, { tax_currency: to, tax_vat_minor: vat })
  })
}

test('the document’s own currency needs no rate to be the one that VAT is accounted for in', async (t) => {
  const { body } = await draft({ currency: 'CHF', tax_currency: 'CHF' })
  t.like(body, { tax_currency: 'CHF', tax_vat_minor: 810, exchange_rate: null })
})

const REFUSED: readonly (readonly [because: string, changes: object, code: string, path: string])[] = [
  [
    'euros have a coin for each cent',
    { currency: 'EUR', rounding: 'cash' },
    'cash_rounding_not_available',
    '/rounding',
  ],
  ['a rounding is computed or given', { rounding: 'cash', rounding_minor: 2 }, 'rounding_ambiguous', '/rounding_minor'],
  [
    'VAT in another currency needs a rate (BR-53)',
    { currency: 'EUR', tax_currency: 'CHF' },
    'exchange_rate_missing',
    '/exchange_rate',
  ],
  [
    'a rate of other currencies than the document',
    { currency: 'USD', exchange_rate: ECB },
    'currency_mismatch',
    '/exchange_rate/from',
  ],
  [
    'a rate to another currency than VAT is stated in',
    { currency: 'EUR', tax_currency: 'GBP', exchange_rate: ECB },
    'currency_mismatch',
    '/exchange_rate/to',
  ],
  [
    'a rate that leads back',
    { currency: 'EUR', exchange_rate: { ...ECB, to: 'EUR' } },
    'currency_mismatch',
    '/exchange_rate/to',
  ],
  [
    'a currency that does not exist',
    { currency: 'EUR', exchange_rate: { ...ECB, to: 'XAU' } },
    'unknown_currency',
    '/exchange_rate/to',
  ],
  [
    'a rate of nothing',
    { currency: 'EUR', exchange_rate: { ...ECB, rate: '0.000' } },
    'invalid_exchange_rate',
    '/exchange_rate/rate',
  ],
  [
    'a rate below nothing',
    { currency: 'EUR', exchange_rate: { ...ECB, rate: '-1' } },
    'invalid_exchange_rate',
    '/exchange_rate/rate',
  ],
  [
    'a rate of a day that is none',
    { currency: 'EUR', exchange_rate: { ...ECB, on: '2026-02-30' } },
    'invalid_date',
    '/exchange_rate/on',
  ],
  [
    'VAT that is too large in the other currency',
    {
      currency: 'EUR',
      exchange_rate: { ...ECB, to: 'CLF', rate: '999999999999' },
      lines: [{ ...LINE, price: '9999999' }],
    },
    'amount_overflow',
    '/exchange_rate/rate',
  ],
  [
    'a gross line that is too large',
    { price_mode: 'gross', lines: [{ ...LINE, quantity: '999999999999', price: '999999999999' }] },
    'amount_overflow',
    '/lines/0',
  ],
]

for (const [because, changes, code, path] of REFUSED) {
  test(`refused: ${because}`, async (t) => {
    for (const url of ['/v1/invoices', '/v1/quotes']) {
      const reply = await kontor.call('POST', url, { ...order, ...changes })
      t.like(reply, { status: 422, body: { code, errors: [{ path, code }] } }, reply.bytes.toString())
    }
  })
}

test('what is not one of the documented words is malformed', async (t) => {
  for (const changes of [
    { price_mode: 'brutto' },
    { rounding: 'up' },
    { exchange_rate: { ...ECB, rate: 0.9312 } },
    { exchange_rate: { ...ECB, source: undefined } },
    { vat_exemptions: [{ vat_category: 'E', code: 'because' }] },
  ]) {
    t.like(await draft(changes), { status: 400, body: { code: 'malformed_request' } })
  }
})

test('a document that does not add up, or that JSON cannot carry, is not even written past the service', async (t) => {
  const { body } = await draft({})
  const uuid = parseId('inv', body.id)
  for (const change of [
    'gross_minor = gross_minor + 1',
    'vat_minor = vat_minor - 1',
    'payable_minor = 9007199254740992',
    'net_minor = -9007199254740992, gross_minor = vat_minor - 9007199254740992',
  ]) {
    const write = kontor.sql(`update document set ${change} where bucket = $1 and id = $2`, [bucketOf(uuid), uuid])
    const error = await t.throwsAsync(write, undefined, change)
    t.is((error as { code?: string } | undefined)?.code, '23514', change)
  }
})
