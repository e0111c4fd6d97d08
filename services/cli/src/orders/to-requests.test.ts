import type { DomainError } from '@kontor/problem'
import test from 'ava'
import type { OrderForm } from './order-form.ts'
import { accountRequest, issuerRequest, quoteRequest } from './to-requests.ts'

const ids = { issuerId: 'iss_x', accountId: 'acc_x', tokenId: undefined, externalId: 'hash' }
const order: OrderForm = {
  document: 'invoice',
  type_code: '380',
  issue_date: '2026-03-02',
  currency: 'EUR',
  seller: { name: 'Papierhaus\n   Muster GmbH', country: 'DE', endpoint: 'a@example.com' },
  buyer: { name: 'Erika Mustermann', country: 'DE' },
  lines: [
    { id: '1', name: 'Brief\r\n  papier', quantity: '1', unit: 'C62', price: '1', vat_category: 'S', vat_rate: '19' },
  ],
}

test('line breaks in names become blanks, and an e-mail address needs no scheme', (t) => {
  t.like(issuerRequest(order.seller), {
    name: 'Papierhaus Muster GmbH',
    endpoint: { scheme: 'EM', id: 'a@example.com' },
  })
  t.is(quoteRequest(order, ids).lines[0]?.name, 'Brief papier')
})

test('documents are in German for sellers where German is spoken, else in English', (t) => {
  const language = (country: string) => issuerRequest({ name: 'x', country }).language
  t.deepEqual(['DE', 'AT', 'CH', 'LI', 'DK', 'NL'].map(language), ['de', 'de', 'de', 'de', 'en', 'en'])
})

test('a buyer with a register number is a company, one with a name alone a person', (t) => {
  t.is(accountRequest(order.seller, order.buyer).kind, 'person')
  t.is(accountRequest(order.seller, { ...order.buyer, legal_id: 'HRB 1' }).kind, 'company')
})

test('an electronic address of unknown kind is refused by the name of its field', (t) => {
  const error = t.throws(() => issuerRequest({ ...order.seller, endpoint: '5566778899' }))
  t.is((error as DomainError).errors?.[0]?.path, '/seller/endpoint_scheme')
})

test('amounts become minor units by the exponent of the currency', (t) => {
  const amounts = (currency: string, amount: string) =>
    quoteRequest(
      { ...order, currency, allowances_charges: [{ charge: false, amount, vat_category: 'S', vat_rate: '19' }] },
      ids,
    ).allowances_charges?.[0]?.amount_minor
  t.is(amounts('EUR', '1.5'), 150)
  t.is(amounts('JPY', '15'), 15)
  t.is(amounts('KWD', '0.005'), 5)
})

test('an amount with more decimals than its currency is refused by the name of its field', (t) => {
  const fine = {
    ...order,
    allowances_charges: [{ charge: true, amount: '1.505', vat_category: 'S' as const, vat_rate: '19' }],
  }
  const error = t.throws(() => quoteRequest(fine, ids)) as DomainError
  t.is(error.code, 'too_many_decimals')
  t.is(error.errors?.[0]?.path, '/allowances_charges/0/amount')
})

test('a currency that does not exist is refused', (t) => {
  const error = t.throws(() => quoteRequest({ ...order, currency: 'EUX' }, ids)) as DomainError
  t.is(error.code, 'unknown_currency')
})

test('what was paid before comes from the order, else from the printed totals', (t) => {
  t.is(quoteRequest({ ...order, expected: { prepaid: '3', rounding: '-0.01' } }, ids).prepaid_minor, 300)
  t.is(quoteRequest({ ...order, prepaid: '2.50', expected: { prepaid: '3' } }, ids).prepaid_minor, 250)
  t.is(quoteRequest({ ...order, expected: { rounding: '-0.01' } }, ids).rounding_minor, -1)
  t.false('prepaid_minor' in quoteRequest(order, ids))
})

test('the payer’s own account goes nowhere, and a payee account is an IBAN only if it looks like one', (t) => {
  const payment = [
    { means_code: '58', payee_iban: 'NL03 INGB 0004489902', payer_iban: 'DE89370400440532013000' },
    { means_code: '42', payee_iban: '1234567891234' },
  ]
  t.deepEqual(quoteRequest({ ...order, payment }, ids).payment as unknown, [
    { means_code: '58', iban: 'NL03 INGB 0004489902' },
    { means_code: '42', account_number: '1234567891234' },
  ])
})

test('why no VAT is charged comes from the printed totals, in the spelling of the VATEX list', (t) => {
  const exempt = {
    ...order,
    lines: order.lines.map((line) => ({ ...line, vat_category: 'E' as const, vat_rate: '0' })),
  }
  const groups = (more: object) => ({ vat_groups: [{ category: 'E', rate: '0', base: '1', tax: '0', ...more }] })
  const said = (form: OrderForm) => quoteRequest(form, ids).vat_exemptions as unknown
  t.deepEqual(said({ ...exempt, expected: groups({ exemption_code: 'vatex-eu-132-1a' }) }), [
    { vat_category: 'E', code: 'VATEX-EU-132-1A' },
  ])
  t.deepEqual(said({ ...exempt, expected: groups({ exemption_reason: 'Bildung,\n § 4' }) }), [
    { vat_category: 'E', reason: 'Bildung, § 4' },
  ])
  t.deepEqual(said({ ...exempt, expected: groups({}) }), [{ vat_category: 'E', reason: 'Steuerbefreit' }])
  t.deepEqual(said({ ...exempt, seller: { ...order.seller, country: 'SE' } }), [
    { vat_category: 'E', reason: 'Exempt from VAT' },
  ])
  t.is(said(order), undefined)
})

test('VAT is stated in another currency only where the order has a rate for it', (t) => {
  const exchange_rate = { from: 'EUR', to: 'CHF', rate: '0.93', on: '2026-03-01', source: 'ECB' }
  const stated = (form: OrderForm) => {
    const { tax_currency, exchange_rate } = quoteRequest(form, ids) as Record<string, unknown>
    return [tax_currency, exchange_rate]
  }
  t.deepEqual(stated({ ...order, tax_currency: 'CHF', exchange_rate }), ['CHF', exchange_rate])
  t.deepEqual(stated({ ...order, tax_currency: 'CHF' }), [undefined, undefined])
  t.deepEqual(stated({ ...order, tax_currency: 'EUR' }), ['EUR', undefined])
})
