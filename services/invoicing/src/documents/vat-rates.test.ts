import { RATED_COUNTRIES } from '@kontor/money'
import test from 'ava'
import { type InvoicingUnderTest, ISSUER, invoicingUnderTest, LINE } from '../../../../test/support/invoicing.ts'
import { tradeOf } from '../testing/trade.ts'

let kontor: InvoicingUnderTest
let between: ReturnType<typeof tradeOf>['between']
let issue: ReturnType<typeof tradeOf>['issue']
test.before(async () => {
  kontor = await invoicingUnderTest()
  ;({ between, issue } = tradeOf(kontor))
})
test.after.always(() => kontor.close())

const inCountry = (country: string) => ({ address: { ...ISSUER.address, country }, vat_id: `${country}123` })
const rated = (vat_rate: string, more: object = {}) => ({ lines: [{ ...LINE, vat_rate, ...more }] })

for (const [country, rate, taken, refused] of [
  ['CH', '7.7', { delivery_on: '2023-12-31' }, { delivery_on: '2024-01-01' }],
  ['CH', '8.1', { delivery_on: '2024-01-01' }, { delivery_on: '2023-12-31' }],
  ['LI', '2.60', { delivery_on: '2024-01-01' }, { delivery_on: '2023-12-31' }],
  ['DE', '16', { delivery_on: '2020-12-31' }, { delivery_on: '2021-01-01' }],
  ['DE', '5', { delivery_on: '2020-07-01' }, { delivery_on: '2020-06-30' }],
  ['DE', '19', { delivery_on: '2021-01-01' }, { delivery_on: '2020-12-31' }],
  ['AT', '13', { delivery_on: '2016-01-01' }, { delivery_on: '2015-12-31' }],
  ['FR', '2.1', { delivery_on: '2014-01-01' }, undefined],
  ['FR', '19.6', { delivery_on: '2013-12-31' }, { delivery_on: '2014-01-01' }],
  ['IT', '22', { delivery_on: '2013-10-01' }, { delivery_on: '2013-09-30' }],
  ['IT', '5', { delivery_on: '2016-01-01' }, { delivery_on: '2015-12-31' }],
] as const) {
  test(`${rate} % in ${country} has its days`, async (t) => {
    const order = await between(inCountry(country))
    const fine = await issue(order, { ...rated(rate), ...taken })
    t.is(fine.status, 200, fine.bytes.toString())
    if (!refused) return
    const reply = await issue(order, { ...rated(rate), ...refused })
    t.like(reply, { status: 422, body: { code: 'unknown_rate_for_date', country, supply_on: refused.delivery_on } })
    t.is(reply.body.errors[0].path, '/lines/0/vat_rate')
    t.false(reply.body.rates.includes(rate))
  })
}

test('a refusal names the rates that are right on that day', async (t) => {
  const { body } = await issue(await between(inCountry('CH')), { ...rated('7.7'), delivery_on: '2026-11-01' })
  t.like(body, { code: 'unknown_rate_for_date', country: 'CH', supply_on: '2026-11-01' })
  t.deepEqual(body.rates, ['8.1', '3.8', '2.6'])
})

test('the day of the supply is the line’s own, else the document’s, else the day of issue', async (t) => {
  const year = (n: number) => ({ from: `${n}-01-01`, to: `${n}-12-31` })
  const old = { period: year(2023) }
  const cases: [changes: object, status: number][] = [
    [rated('7.7', old), 200],
    [{ ...rated('7.7', old), delivery_on: '2026-11-01' }, 200],
    [{ ...rated('7.7'), ...old }, 200],
    [{ ...rated('7.7'), ...old, delivery_on: '2024-01-02' }, 422],
    [{ ...rated('8.1'), ...old }, 422],
    [{ ...rated('7.7'), issue_on: '2023-12-31' }, 200],
    [{ ...rated('8.1'), issue_on: '2023-12-31' }, 422],
    [rated('7.7'), 422],
    [{ ...rated('7.7'), period: { from: '2023-07-01', to: '2024-06-30' } }, 422],
  ]
  for (const [changes, status] of cases) {
    t.is((await issue(await between(inCountry('CH')), changes)).status, status, JSON.stringify(changes))
  }
})

test('rates are checked on allowances and charges, and on quotes', async (t) => {
  const order = await between(inCountry('DE'))
  const allowances_charges = [{ charge: true, amount_minor: 100, vat_category: 'S', vat_rate: '8.1' }]
  const charge = await issue(order, { ...rated('19'), allowances_charges })
  t.like(charge, { status: 422, body: { errors: [{ path: '/allowances_charges/0/vat_rate' }] } })
  const quote = await issue(order, rated('8.1'), 'quotes')
  t.like(quote, { status: 422, body: { code: 'unknown_rate_for_date' } })
})

test('rates of countries, days and categories that we hold none for are taken as given', async (t) => {
  t.deepEqual([...RATED_COUNTRIES].sort(), ['AT', 'CH', 'DE', 'FR', 'IT', 'LI'])
  t.is((await issue(await between(inCountry('NL')), rated('17.25'))).status, 200)
  const german = await between(inCountry('DE'))
  t.is((await issue(german, { ...rated('14'), delivery_on: '1990-05-01' })).status, 200)
  const canary = { ...LINE, vat_category: 'L', vat_rate: '6.5' }
  t.is((await issue(german, { lines: [canary] })).status, 200)
})

test('a person in another member state is charged the rate of that state (one-stop shop), a company is not', async (t) => {
  const home = (kind: string, country: string) => ({ kind, billing_address: { street: '1', city: 'X', country } })
  const issuedTo = async (kind: string, country: string, rate: string, issuer = 'DE') =>
    (await issue(await between(inCountry(issuer), home(kind, country)), rated(rate))).status
  t.is(await issuedTo('person', 'AT', '20'), 200)
  t.is(await issuedTo('person', 'AT', '19'), 200, 'below the threshold it is the rate at home')
  t.is(await issuedTo('person', 'NL', '21'), 200, 'a state that we hold no rates for')
  t.is(await issuedTo('person', 'AT', '21'), 422)
  t.is(await issuedTo('company', 'AT', '20'), 422)
  t.is(await issuedTo('person', 'CH', '8.1'), 422, 'no member state')
  t.is(await issuedTo('person', 'DE', '19', 'CH'), 422, 'nor is the issuer in one')
})
