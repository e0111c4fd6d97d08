import test from 'ava'
import { type InvoicingUnderTest, ISSUER, invoicingUnderTest, LINE } from '../../../../test/support/invoicing.ts'
import { printedOn } from '../testing/printed.ts'
import { tradeOf } from '../testing/trade.ts'

let kontor: InvoicingUnderTest
let between: ReturnType<typeof tradeOf>['between']
let issue: ReturnType<typeof tradeOf>['issue']
test.before(async () => {
  kontor = await invoicingUnderTest()
  ;({ between, issue } = tradeOf(kontor))
})
test.after.always(() => kontor.close())

const NO_VAT = { name: 'Ware', quantity: '1', unit: 'C62', price: '100', vat_category: 'Z' }
const under = (vat_category: string) => [{ ...NO_VAT, vat_category }]
const GERMAN = { address: { ...ISSUER.address, country: 'DE' }, vat_id: 'DE123456789' }
const BUYER = { vat_id: 'ATU12345678', billing_address: { street: 'Ring 1', city: 'Wien', country: 'AT' } }
const DELIVERED = { delivery_on: '2026-11-20' }

for (const [category, changes, code, reason] of [
  ['AE', {}, 'VATEX-EU-AE', 'Steuerschuldnerschaft des Leistungsempfängers'],
  ['K', DELIVERED, 'VATEX-EU-IC', 'Steuerfreie innergemeinschaftliche Lieferung'],
  ['G', {}, 'VATEX-EU-G', 'Steuerfreie Ausfuhrlieferung'],
  ['O', {}, 'VATEX-EU-O', 'Nicht steuerbar'],
] as const) {
  test(`category ${category} says by itself why there is no VAT, unless it is said otherwise`, async (t) => {
    const order = await between(GERMAN, BUYER)
    const { status, body, bytes } = await issue(order, { ...changes, lines: under(category) })
    t.is(status, 200, bytes.toString())
    t.deepEqual(body.vat_exemptions, [{ vat_category: category, code, reason }])
    t.is(body.totals.vat_minor, 0)
    t.true((await printedOn(kontor, body.id)).includes(reason))
    t.is((await kontor.call('GET', `/v1/invoices/${body.id}.pdf`)).status, 200)
    const vat_exemptions = [{ vat_category: category, reason: 'Wegen § 4711' }]
    const own = await issue(order, { ...changes, lines: under(category), vat_exemptions })
    t.deepEqual(own.body.vat_exemptions, [{ vat_category: category, code, reason: 'Wegen § 4711' }])
    t.true((await printedOn(kontor, own.body.id)).includes('Wegen § 4711'))
    const english = await issue(order, { ...changes, lines: under(category), language: 'en' })
    t.notRegex(english.body.vat_exemptions[0].reason, /Steuer|steuer/)
  })
}

test('what is exempt says why by a code, in words, or by both (BR-E-10)', async (t) => {
  const order = await between(GERMAN)
  const refused = await issue(order, { lines: under('E') })
  t.like(refused, {
    status: 422,
    body: { code: 'exemption_reason_missing', errors: [{ path: '/vat_exemptions' }] },
  })
  const quote = await issue(order, { lines: under('E') }, 'quotes')
  t.like(quote, { status: 422, body: { code: 'exemption_reason_missing' } })
  const code = 'VATEX-EU-132-1C'
  const reason = 'Heilbehandlung, § 4 Nr. 14 UStG'
  for (const [given, printed] of [
    [{ code }, `Steuerbefreit (${code})`],
    [{ reason }, reason],
    [{ code, reason }, reason],
  ] as const) {
    const vat_exemptions = [{ vat_category: 'E', ...given }]
    const { status, body } = await issue(order, { lines: under('E'), vat_exemptions })
    t.is(status, 200)
    t.deepEqual(body.vat_exemptions, vat_exemptions)
    t.true((await printedOn(kontor, body.id)).includes(printed))
  }
})

const AT_DRAFT: readonly (readonly [because: string, changes: object, code: string, path: string])[] = [
  [
    'standard rated lines have no exemption reason (BR-S-10)',
    { lines: [LINE], vat_exemptions: [{ vat_category: 'S', reason: 'weil' }] },
    'exemption_reason_not_allowed',
    '/vat_exemptions/0/vat_category',
  ],
  [
    'zero rated lines have none (BR-Z-10)',
    { lines: under('Z'), vat_exemptions: [{ vat_category: 'Z', code: 'VATEX-EU-O' }] },
    'exemption_reason_not_allowed',
    '/vat_exemptions/0/vat_category',
  ],
  [
    'a category that the document does not have',
    { lines: under('Z'), vat_exemptions: [{ vat_category: 'E', reason: 'weil' }] },
    'exemption_reason_not_allowed',
    '/vat_exemptions/0/vat_category',
  ],
  [
    'two reasons for one category (BR-E-01)',
    {
      lines: under('E'),
      vat_exemptions: [
        { vat_category: 'E', reason: 'a' },
        { vat_category: 'E', reason: 'b' },
      ],
    },
    'exemption_reason_not_allowed',
    '/vat_exemptions/1/vat_category',
  ],
  [
    'a code of another category',
    { lines: under('AE'), vat_exemptions: [{ vat_category: 'AE', code: 'VATEX-EU-IC' }] },
    'unknown_exemption_code',
    '/vat_exemptions/0/code',
  ],
  [
    'a code that is not of the list (BR-CL-22)',
    { lines: under('E'), vat_exemptions: [{ vat_category: 'E', code: 'VATEX-EU-999' }] },
    'unknown_exemption_code',
    '/vat_exemptions/0/code',
  ],
  [
    'a reason that says nothing',
    { lines: under('E'), vat_exemptions: [{ vat_category: 'E' }] },
    'exemption_reason_missing',
    '/vat_exemptions/0',
  ],
  [
    'a line with VAT beside one outside of it (BR-O-12)',
    { lines: [...under('O'), ...under('Z')] },
    'vat_category_exclusive',
    '/lines/1/vat_category',
  ],
  [
    'a line outside of VAT beside one with it (BR-O-11)',
    { lines: [LINE, LINE, ...under('O')] },
    'vat_category_exclusive',
    '/lines/2/vat_category',
  ],
  [
    'an allowance with VAT on what is outside of it (BR-O-13)',
    {
      lines: under('O'),
      allowances_charges: [{ charge: false, amount_minor: 1, vat_category: 'S', vat_rate: '8.1' }],
    },
    'vat_category_exclusive',
    '/allowances_charges/0/vat_category',
  ],
  [
    'a charge outside of VAT on what has it (BR-O-14)',
    { lines: [LINE], allowances_charges: [{ charge: true, amount_minor: 1, vat_category: 'O' }] },
    'vat_category_exclusive',
    '/allowances_charges/0/vat_category',
  ],
]

for (const [because, changes, code, path] of AT_DRAFT) {
  test(`no draft: ${because}`, async (t) => {
    const reply = await kontor.call('POST', '/v1/invoices', { ...(await between(GERMAN, BUYER)), ...changes })
    t.like(reply, { status: 422, body: { code, errors: [{ path, code }] } }, reply.bytes.toString())
  })
}

const WITHOUT = { ...ISSUER, vat_id: undefined }
const AT_ISSUE: readonly (readonly [
  because: string,
  issuer: object,
  account: object,
  changes: object,
  code: string,
  path: string,
])[] = [
  [
    'a reverse charge without the buyer’s VAT id or register number (BR-AE-02)',
    GERMAN,
    {},
    { lines: under('AE') },
    'buyer_vat_id_missing',
    '/account/vat_id',
  ],
  [
    'a reverse charge on the whole document too (BR-AE-03)',
    GERMAN,
    {},
    { lines: under('Z'), allowances_charges: [{ charge: false, amount_minor: 1, vat_category: 'AE' }] },
    'buyer_vat_id_missing',
    '/account/vat_id',
  ],
  [
    'an intra-community supply without the buyer’s VAT id (BR-IC-02), whatever his register number',
    GERMAN,
    { legal_id: 'HRB 1' },
    { ...DELIVERED, lines: under('K') },
    'buyer_vat_id_missing',
    '/account/vat_id',
  ],
  [
    'an intra-community supply that was never delivered (BR-IC-11)',
    GERMAN,
    BUYER,
    { lines: under('K') },
    'delivery_date_missing',
    '/delivery_on',
  ],
  [
    'an intra-community supply of an issuer without VAT id (BR-IC-02)',
    { ...WITHOUT, tax_number: '12/345' },
    BUYER,
    { ...DELIVERED, lines: under('K') },
    'seller_vat_id_missing',
    '/issuer/vat_id',
  ],
  [
    'an export of an issuer without VAT id (BR-G-02)',
    { ...WITHOUT, tax_number: '12/345' },
    {},
    { lines: under('G') },
    'seller_vat_id_missing',
    '/issuer/vat_id',
  ],
  [
    'VAT charged by an issuer who has no number for it (BR-S-02)',
    WITHOUT,
    {},
    { lines: [LINE] },
    'seller_vat_id_missing',
    '/issuer/vat_id',
  ],
]

for (const [because, issuer, account, changes, code, path] of AT_ISSUE) {
  test(`not issued: ${because}`, async (t) => {
    const order = await between(issuer, account)
    const draft = await kontor.call('POST', '/v1/invoices', { ...order, ...changes })
    t.is(draft.status, 201, draft.bytes.toString())
    const reply = await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
    t.like(reply, { status: 422, body: { code, errors: [{ path, code }] } }, reply.bytes.toString())
    t.deepEqual((await kontor.call('GET', `/v1/invoices/${draft.body.id}`)).body, draft.body, 'it is the draft it was')
  })
}

test('a register number is enough for a reverse charge, and a tax number for charging VAT', async (t) => {
  const reverse = await issue(await between(GERMAN, { legal_id: 'FN 1' }), { lines: under('AE') })
  t.is(reverse.status, 200, reverse.bytes.toString())
  const standard = await issue(await between({ ...WITHOUT, tax_number: '12/345' }), { lines: [LINE] })
  t.is(standard.status, 200, standard.bytes.toString())
})

test('what is not subject to VAT names no VAT ids (BR-O-02)', async (t) => {
  const order = await between(GERMAN, BUYER)
  const outside = await issue(order, { lines: under('O') })
  const inside = await issue(order, { lines: under('Z') })
  const ids = [GERMAN.vat_id, BUYER.vat_id]
  const outsideTexts = (await printedOn(kontor, outside.body.id)).join(' ')
  const insideTexts = (await printedOn(kontor, inside.body.id)).join(' ')
  for (const id of ids) t.true(insideTexts.includes(id) && !outsideTexts.includes(id), id)
})
