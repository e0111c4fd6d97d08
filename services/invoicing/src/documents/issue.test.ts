import { bucketOf, parseId } from '@kontor/ids'
import test from 'ava'
import {
  ACCOUNT,
  type InvoicingUnderTest,
  ISSUER,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
} from '../../../../test/support/invoicing.ts'

let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

const NOW = '2026-11-23T10:00:00.000Z'

/** Serial tests may move the clock; each sets it back. */
test.afterEach.always(() => kontor.clock.set(NOW))

async function issuerIn(time_zone: string) {
  const issuer = await kontor.call('POST', '/v1/issuers', { ...ISSUER, time_zone })
  const account = await kontor.call('POST', '/v1/accounts', ACCOUNT)
  return { account_id: account.body.id, issuer_id: issuer.body.id, currency: 'CHF', lines: [LINE] }
}

async function issue(order: object, changes: object = {}) {
  const draft = await kontor.call('POST', '/v1/invoices', { ...order, ...changes })
  if (draft.status !== 201) throw new Error(draft.bytes.toString())
  return kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
}

// One instant is three days of the calendar: 10:30 UTC on the 23rd is half past midnight of the 24th on Kiritimati (+14).
const ZONES = [
  ['Europe/Zurich', '2026-11-23T22:59:59Z', '2026-11-23'],
  ['Europe/Zurich', '2026-11-23T23:00:00Z', '2026-11-24'],
  ['Europe/Zurich', '2026-07-23T21:59:59Z', '2026-07-23'],
  ['Europe/Zurich', '2026-07-23T22:00:00Z', '2026-07-24'],
  ['Pacific/Kiritimati', '2026-11-23T09:59:59Z', '2026-11-23'],
  ['Pacific/Kiritimati', '2026-11-23T10:00:00Z', '2026-11-24'],
  ['America/Los_Angeles', '2026-11-23T07:59:59Z', '2026-11-22'],
  ['America/Los_Angeles', '2026-11-23T08:00:00Z', '2026-11-23'],
] as const

for (const [zone, instant, today] of ZONES) {
  test.serial(`at ${instant} it is ${today} in ${zone}, and no invoice is dated later`, async (t) => {
    kontor.clock.set(instant)
    const order = await issuerIn(zone)
    const tomorrow = new Date(Date.parse(today) + 86_400_000).toISOString().slice(0, 10)
    const early = await issue(order, { issue_on: tomorrow })
    t.like(early, { status: 422, body: { code: 'date_in_future', today, errors: [{ path: '/issue_on' }] } })
    const dated = await issue(order, { issue_on: today })
    t.is(dated.status, 200, 'today is not the future')
    const undated = await issue(order)
    t.like(undated, { status: 200, body: { issue_on: today } }, 'without a date it is dated today')
    t.regex(undated.body.number, /-2$/, 'what was refused took no number')
  })
}

test.serial('a draft dated tomorrow is issued tomorrow', async (t) => {
  const order = await issuerIn('Europe/Zurich')
  const draft = await kontor.call('POST', '/v1/invoices', { ...order, issue_on: '2026-11-24' })
  const url = `/v1/invoices/${draft.body.id}/issue`
  t.is((await kontor.call('POST', url, undefined, { key: 'tomorrow-1' })).status, 422)
  kontor.clock.set('2026-11-24T08:00:00Z')
  const issued = await kontor.call('POST', url, undefined, { key: 'tomorrow-1' })
  t.like(issued, { status: 200, body: { issue_on: '2026-11-24', issued_at: '2026-11-24T08:00:00.000Z' } })
})

test.serial('whether an invoice is overdue is decided by the calendar of who issued it', async (t) => {
  const order = await issuerIn('Pacific/Kiritimati')
  const { body } = await issue(order, { issue_on: '2026-11-23', due_on: '2026-11-24' })
  const overdueAt = async (instant: string) => {
    kontor.clock.set(instant)
    return (await kontor.call('GET', `/v1/invoices/${body.id}`)).body.overdue
  }
  t.false(await overdueAt('2026-11-24T09:59:59Z'))
  t.true(await overdueAt('2026-11-24T10:00:00Z'))
  const paid = { invoice_id: body.id, method: 'cash', currency: 'CHF', received_on: '2026-11-24', amount_minor: 10810 }
  t.is((await kontor.call('POST', '/v1/payments', paid)).status, 201)
  t.false(await overdueAt('2026-11-25T10:00:00Z'), 'what is paid is not overdue')
})

test('an invoice that would be due before it is issued is not issued', async (t) => {
  const order = await issuerIn('Europe/Zurich')
  const reply = await issue(order, { due_on: '2026-11-22' })
  t.like(reply, { status: 422, body: { code: 'due_before_issue', errors: [{ path: '/due_on' }] } })
})

const UNPRINTABLE = [
  ['a line', { lines: [{ ...LINE, name: '咖啡' }] }, 'U+5496', /^lines\[0\]\.name$/],
  ['a description', { lines: [LINE, { ...LINE, description: 'mit 🙂' }] }, 'U+1F642', /^lines\[1\]\.description$/],
  ['a note', { notes: ['schön', '漢'] }, 'U+6F22', /^notes\[1\]$/],
  ['the terms', { terms: '30 日' }, 'U+65E5', /^terms$/],
  ['a reference', { buyer_reference: 'Ж-1 日' }, 'U+65E5', /^buyerReference$/],
  ['a payment reference', { payment: [{ means_code: '58', reference: '日' }] }, 'U+65E5', /payment/i],
  [
    'a reason',
    { allowances_charges: [{ charge: false, amount_minor: 1, reason: '日', vat_category: 'S', vat_rate: '8.1' }] },
    'U+65E5',
    /^allowancesCharges\[0\]\.reason$/,
  ],
] as const

for (const [what, changes, codepoint, field] of UNPRINTABLE) {
  test(`a character in ${what} that no font has is found before a number is drawn`, async (t) => {
    const { order } = await issuerAndAccount(kontor)
    const refused = await issue(order, changes)
    t.like(refused, { status: 422, body: { code: 'glyph_missing', codepoint } })
    t.regex(refused.body.field, field)
    const fine = await issue(order)
    t.regex(fine.body.number, /-1$/)
  })
}

test('a name that cannot be printed is found too, of account and issuer', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const account = await kontor.call('POST', '/v1/accounts', { ...ACCOUNT, name: '株式会社' })
  const issuer = await kontor.call('POST', '/v1/issuers', { ...ISSUER, contact_name: '田中' })
  t.like(await issue(order, { account_id: account.body.id }), {
    status: 422,
    body: { code: 'glyph_missing', field: 'buyer.name' },
  })
  t.like(await issue(order, { issuer_id: issuer.body.id }), { status: 422, body: { code: 'glyph_missing' } })
})

test('quotes and invoices of one account count apart, and their numbers cannot meet', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  for (const n of [1, 2]) {
    const quote = await kontor.call('POST', '/v1/quotes', order)
    const issued = await kontor.call('POST', `/v1/quotes/${quote.body.id}/issue`)
    t.like(issued, { status: 200, body: { number: `Q-${account.customer_number}-${n}`, state: 'sent', version: 2 } })
    t.like(await issue(order), { status: 200, body: { number: `${account.customer_number}-${n}`, state: 'issued' } })
  }
})

test('one account counts apart for each issuer', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const other = await kontor.call('POST', '/v1/issuers', { ...ISSUER, name: 'Zweite AG' })
  t.regex((await issue(order)).body.number, /-1$/)
  t.regex((await issue(order, { issuer_id: other.body.id })).body.number, /-1$/)
  t.regex((await issue(order)).body.number, /-2$/)
})

test('an issue is an event with the version it made; the draft was one too', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const { body } = await issue(order)
  const events = await kontor.sql(
    'select type, object_version, account_id, mode from event where object_id = $1 order by object_version',
    [parseId('inv', body.id)],
  )
  const account_id = parseId('acc', order.account_id)
  t.deepEqual(events, [
    { type: 'invoice.created', object_version: 1, account_id, mode: 'test' },
    { type: 'invoice.issued', object_version: 2, account_id, mode: 'test' },
  ])
})

test('what is issued answers the same as what is read afterwards', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const full = {
    ...order,
    external_id: 'full-form-1',
    type_code: '389',
    language: 'en',
    tax_currency: 'EUR',
    exchange_rate: { from: 'CHF', to: 'EUR', rate: '1.0742', on: '2026-11-19', source: 'ECB' },
    issue_on: '2026-11-20',
    due_on: '2026-12-20',
    delivery_on: '2026-11-19',
    period: { from: '2026-11-01', to: '2026-11-19' },
    buyer_reference: '04011000-12345-34',
    order_reference: 'PO-1',
    notes: ['Erste\nZeile', 'zweite'],
    terms: '30 days net',
    payment: [
      { means_code: '58', iban: 'CH93 0076 2011 6238 5295 7', reference: 'RF18539007547034', bic: 'POFICHBEXXX' },
    ],
    lines: [
      {
        ...LINE,
        id: '10',
        description: 'Zwei\nZeilen',
        seller_item_id: 'A-1',
        price_base_quantity: '1',
        price_discount: '2.50',
        period: { from: '2026-11-01', to: '2026-11-02' },
        allowances_charges: [
          {
            charge: false,
            amount_minor: 100,
            base_amount_minor: 10000,
            percent: '1',
            reason: 'Treue',
            reason_code: '95',
          },
        ],
      },
    ],
    allowances_charges: [{ charge: true, amount_minor: 500, reason: 'Fracht', vat_category: 'S', vat_rate: '8.1' }],
    prepaid_minor: 1000,
    rounding_minor: 2,
  }
  const draft = await kontor.call('POST', '/v1/invoices', full)
  t.is(draft.status, 201, draft.bytes.toString())
  const { prepaid_minor, rounding_minor, ...given } = full
  t.like(draft.body, given, 'everything of the form comes back')
  t.like(draft.body.totals, { prepaid_minor, rounding_minor })
  t.deepEqual((await kontor.call('GET', `/v1/invoices/${draft.body.id}`)).body, draft.body)
  const issued = await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
  t.like(issued.body, given)
  t.deepEqual((await kontor.call('GET', `/v1/invoices/${draft.body.id}`)).body, issued.body)
  t.deepEqual((await kontor.call('GET', '/v1/invoices?external_id=full-form-1')).body, {
    data: [issued.body],
    has_more: false,
  })
  const pdf = await kontor.call('GET', `/v1/invoices/${draft.body.id}.pdf`)
  t.is(pdf.status, 200)
})

test('the canonical snapshot holds no number, and the ledger binds the two by hash', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const { body } = await issue(order)
  const uuid = parseId('inv', body.id)
  const [row] = await kontor.sql<{ snapshot: string; bound: boolean }>(
    `select document.snapshot, ledger.snapshot_hash = sha256(convert_to(document.snapshot, 'UTF8')) as bound
       from document join number_ledger as ledger
         on ledger.document_bucket = document.bucket and ledger.document_id = document.id
      where document.bucket = $1 and document.id = $2`,
    [bucketOf(uuid), uuid],
  )
  t.true(row?.bound)
  t.false(row?.snapshot.includes(body.number))
})
