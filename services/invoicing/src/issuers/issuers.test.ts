import test from 'ava'
import { type InvoicingUnderTest, ISSUER, invoicingUnderTest } from '../../../../test/support/invoicing.ts'

let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

const FULL = {
  ...ISSUER,
  external_id: 'entity-1',
  trading_name: 'Muster',
  legal_id: 'CHE-123.456.789',
  tax_number: '12/345/67890',
  contact_name: 'Erika Muster',
  phone: '+41 44 123 45 67',
  endpoint: { scheme: 'EM', id: 'rechnung@muster.example' },
  time_zone: 'America/Los_Angeles',
  currency: 'USD',
  language: 'en',
}

test('an issuer keeps what it is given', async (t) => {
  const { status, body } = await kontor.call('POST', '/v1/issuers', FULL)
  t.is(status, 201)
  t.like(body, FULL)
  t.like(body, { mode: 'test', has_logo: false, warnings: [], version: 1 })
  t.deepEqual((await kontor.call('GET', `/v1/issuers/${body.id}`)).body, body)
})

test('without further words an issuer is at home in Zurich, in francs and German', async (t) => {
  const { payee_accounts: _, ...plain } = ISSUER
  const { body } = await kontor.call('POST', '/v1/issuers', plain)
  t.like(body, { time_zone: 'Europe/Zurich', currency: 'CHF', language: 'de', payee_accounts: [], phone: null })
})

test('payee accounts are public: printed as given, with a warning where the check digits are wrong', async (t) => {
  const payee_accounts = [
    { iban: 'CH93 0076 2011 6238 5295 7', bic: 'POFICHBEXXX', bank_name: 'PostFinance' },
    { iban: 'CH94 0076 2011 6238 5295 7' },
    { account_number: '1234567891234' },
  ]
  const { status, body } = await kontor.call('POST', '/v1/issuers', { ...ISSUER, payee_accounts })
  t.is(status, 201)
  t.deepEqual(body.payee_accounts, payee_accounts)
  t.like(body.warnings, [{ path: '/payee_accounts/1/iban', code: 'iban_check_failed' }])
  t.is(body.warnings.length, 1)
})

test('zones of every form of name are known', async (t) => {
  for (const time_zone of ['UTC', 'Europe/Kyiv', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5', 'Asia/Kolkata']) {
    const { status, body } = await kontor.call('POST', '/v1/issuers', { ...ISSUER, time_zone })
    t.is(status, 201)
    t.is(body.time_zone, time_zone)
  }
})
