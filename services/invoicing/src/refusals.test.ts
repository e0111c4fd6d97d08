import test from 'ava'
import { ACCOUNT, type CallOptions, ISSUER, LINE } from '../../../test/support/invoicing.ts'
import { type Errors, PAN, type Refusal, type RefusalStage, refusalStage, SPACED_PAN } from './testing/refused.ts'

let stage: RefusalStage
test.before(async () => {
  stage = await refusalStage()
})
test.after.always(() => stage.kontor.close())

const json = (text: string): [string, CallOptions] => [text, { headers: { 'content-type': 'application/json' } }]

// Serial, because each compares everything there is before and after.
test.serial('what is not of the documented form is refused with the fields at fault', async (t) => {
  const { invoice, line, payment, order, quoteId, invoiceId } = stage
  const malformed = (errors?: Errors): Refusal =>
    errors ? [400, 'malformed_request', errors] : [400, 'malformed_request']
  const cases: [string, unknown, Errors][] = [
    [
      '/v1/issuers',
      {},
      [
        ['/name', 'missing_field'],
        ['/address', 'missing_field'],
      ],
    ],
    ['/v1/issuers', { ...ISSUER, name: 5 }, [['/name', 'wrong_type']]],
    ['/v1/issuers', { ...ISSUER, name: 'Muster\nAG' }, [['/name', 'wrong_format']]],
    ['/v1/issuers', { ...ISSUER, name: '  ' }, [['/name', 'wrong_format']]],
    ['/v1/issuers', { ...ISSUER, name: 'A'.repeat(201) }, [['/name', 'too_long']]],
    ['/v1/issuers', { ...ISSUER, language: 'fr' }, [['/language', 'not_allowed_value']]],
    ['/v1/issuers', { ...ISSUER, [PAN]: 1 }, [['', 'unknown_field']]],
    ['/v1/issuers', { ...ISSUER, address: { ...ISSUER.address, [PAN]: 1 } }, [['/address', 'unknown_field']]],
    ['/v1/issuers', { ...ISSUER, payee_accounts: [{ iban: PAN }] }, [['/payee_accounts/0/iban', 'wrong_format']]],
    ['/v1/accounts', { ...ACCOUNT, kind: 'robot' }, [['/kind', 'not_allowed_value']]],
    ['/v1/accounts', { ...ACCOUNT, name: 'Erika\r\nMuster' }, [['/name', 'wrong_format']]],
    ['/v1/accounts', { ...ACCOUNT, external_id: SPACED_PAN }, [['/external_id', 'wrong_format']]],
    [
      '/v1/accounts',
      { ...ACCOUNT, billing_address: { country: 'Deutschland' } },
      [
        ['/billing_address/country', 'too_long'],
        ['/billing_address/country', 'wrong_format'],
      ],
    ],
    [
      '/v1/accounts',
      { ...ACCOUNT, billing_address: { country: 'DE', street_2: 5 } },
      [['/billing_address/street_2', 'wrong_type']],
    ],
    ['/v1/accounts', null, [['', 'wrong_type']]],
    ['/v1/accounts', [ACCOUNT], [['', 'wrong_type']]],
    ['/v1/quotes', { ...order, type_code: '380' }, [['', 'unknown_field']]],
    ['/v1/invoices', { ...order, type_code: '381' }, [['/type_code', 'not_allowed_value']]],
    ['/v1/invoices', invoice({ account_id: PAN }), [['/account_id', 'wrong_format']]],
    ['/v1/invoices', invoice({ account_id: order.issuer_id }), [['/account_id', 'wrong_format']]],
    ['/v1/invoices', invoice({ lines: [] }), [['/lines', 'too_few']]],
    ['/v1/invoices', invoice({ lines: Array(1001).fill(LINE) }), [['/lines', 'too_many']]],
    ['/v1/invoices', invoice({ issue_on: '23.11.2026' }), [['/issue_on', 'wrong_format']]],
    ['/v1/invoices', invoice({ issue_on: '2026-13-01' }), [['/issue_on', 'wrong_format']]],
    ['/v1/invoices', invoice({ prepaid_minor: -1 }), [['/prepaid_minor', 'too_small']]],
    ['/v1/invoices', invoice({ prepaid_minor: 1.5 }), [['/prepaid_minor', 'wrong_type']]],
    ['/v1/invoices', invoice({ prepaid_minor: '100' }), [['/prepaid_minor', 'wrong_type']]],
    ['/v1/invoices', invoice({ prepaid_minor: Number.MAX_SAFE_INTEGER + 1 }), [['/prepaid_minor', 'too_large']]],
    ['/v1/invoices', invoice({ notes: [{}] }), [['/notes/0', 'wrong_type']]],
    ['/v1/invoices', invoice({ notes: ['a\u0000b'] }), [['/notes/0', 'wrong_format']]],
    ['/v1/invoices', line({ quantity: 2 }), [['/lines/1/quantity', 'wrong_type']]],
    ['/v1/invoices', line({ quantity: '1e3' }), [['/lines/1/quantity', 'wrong_format']]],
    ['/v1/invoices', line({ quantity: '007' }), [['/lines/1/quantity', 'wrong_format']]],
    ['/v1/invoices', line({ quantity: '1234567890123' }), [['/lines/1/quantity', 'wrong_format']]],
    ['/v1/invoices', line({ price: '1.1234567890' }), [['/lines/1/price', 'wrong_format']]],
    ['/v1/invoices', line({ vat_category: 'X' }), [['/lines/1/vat_category', 'not_allowed_value']]],
    ['/v1/invoices', line({ [PAN]: 1 }), [['/lines/1', 'unknown_field']]],
    ['/v1/payments', payment({ amount_minor: 0 }), [['/amount_minor', 'too_small']]],
    ['/v1/payments', payment({ currency: 'chf' }), [['/currency', 'wrong_format']]],
    [`/v1/quotes/${quoteId}/accept`, { lines: [LINE] }, [['', 'unknown_field']]],
    [`/v1/quotes/${quoteId}/accept`, undefined, [['', 'wrong_type']]],
    [`/v1/invoices/${invoiceId}/issue`, { [PAN]: PAN }, [['', 'unknown_field']]],
  ]
  for (const [url, body, errors] of cases) await stage.refused(t, ['POST', url, body], malformed(errors))
  await stage.refused(t, ['PATCH', `/v1/accounts/${order.account_id}`, { customer_number: '1' }], malformed())
  await stage.refused(t, ['GET', `/v1/invoices?card=${PAN}`], malformed([['', 'unknown_field']]))
  await stage.refused(t, ['GET', '/v1/invoices?limit=201'], malformed([['/limit', 'wrong_format']]))
  await stage.refused(t, ['GET', `/v1/invoices?after=${PAN}`], malformed([['/after', 'wrong_format']]))
  await stage.refused(t, ['GET', `/v1/exports/invoices.csv?from=${PAN}`], malformed())
})

test.serial('what cannot be read at all is refused with one fixed sentence', async (t) => {
  const { order } = stage
  const texts = [`{"name": "${PAN}`, `{"name": ${PAN}}x`, '{"__proto__": {}}', '{"name": "\\ud800"}']
  for (const text of texts) await stage.refused(t, ['POST', '/v1/accounts', ...json(text)], [400, 'malformed_json'])
  const xml: CallOptions = { headers: { 'content-type': 'text/xml' } }
  await stage.refused(t, ['POST', '/v1/accounts', `<pan>${PAN}</pan>`, xml], [415, 'unsupported_media_type'])
  await stage.refused(
    t,
    ['POST', '/v1/accounts', PAN, { headers: { 'content-type': 'text/plain' } }],
    [415, 'unsupported_media_type'],
  )
  const large = { ...ACCOUNT, name: PAN.repeat(70_000) }
  await stage.refused(t, ['POST', '/v1/accounts', large], [413, 'body_too_large'])
  const logo = `/v1/issuers/${order.issuer_id}/logo`
  await stage.refused(t, ['PUT', logo, { logo: PAN }], [415, 'unsupported_media_type'])
  const png: CallOptions = { headers: { 'content-type': 'image/png' } }
  await stage.refused(t, ['PUT', logo, Buffer.alloc(262_145), png], [413, 'body_too_large'])
  await stage.refused(
    t,
    ['PUT', logo, Buffer.from(`\u0089PNG\r\n\u001a\n${PAN}`, 'latin1'), png],
    [422, 'invalid_logo'],
  )
  await stage.refused(t, ['PUT', logo, Buffer.from(PAN), png], [422, 'invalid_logo'])
  await stage.refused(t, ['PUT', logo], [422, 'invalid_logo'])
})

test.serial('an id that is a card number names nothing', async (t) => {
  for (const [method, url] of [
    ['GET', `/v1/invoices/${PAN}`],
    ['GET', `/v1/invoices/${PAN}.pdf`],
    ['GET', `/v1/payments/inv_${PAN}`],
    ['POST', `/v1/quotes/${PAN}/issue`],
    ['GET', `/${PAN}`],
    ['PATCH', `/v1/accounts/${PAN}`],
  ] as const) {
    await stage.refused(t, [method, url, method === 'PATCH' ? {} : undefined], [404, 'not_found'])
  }
})

test.serial(
  'a card number in a text is refused wherever a text is taken, and in every way of writing it',
  async (t) => {
    const { invoice, line, payment, order, quoteId } = stage
    const sensitive = (...paths: string[]): Refusal => [
      422,
      'sensitive_text',
      paths.map((path) => [path, 'sensitive_text'] as const),
    ]
    const text = `Karte ${SPACED_PAN}, danke`
    const spread = {
      ...ACCOUNT,
      name: text,
      contact_name: PAN,
      billing_address: { ...ACCOUNT.billing_address, street: text },
    }
    await stage.refused(
      t,
      ['POST', '/v1/accounts', spread],
      sensitive('/name', '/billing_address/street', '/contact_name'),
    )
    const cases: [string, unknown, string][] = [
      ['/v1/accounts', { ...ACCOUNT, external_id: PAN }, '/external_id'],
      ['/v1/accounts', { ...ACCOUNT, phone: '４２４２４２４２４２４２４２４２' }, '/phone'],
      ['/v1/accounts', { ...ACCOUNT, endpoint: { scheme: 'EM', id: PAN } }, '/endpoint/id'],
      ['/v1/issuers', { ...ISSUER, contact_name: text }, '/contact_name'],
      ['/v1/issuers', { ...ISSUER, legal_id: PAN }, '/legal_id'],
      ['/v1/issuers', { ...ISSUER, payee_accounts: [{ account_number: PAN }] }, '/payee_accounts/0/account_number'],
      ['/v1/quotes', invoice({ notes: ['in Ordnung', text] }), '/notes/1'],
      ['/v1/invoices', invoice({ terms: '4242-4242-4242-4242' }), '/terms'],
      ['/v1/invoices', invoice({ buyer_reference: PAN }), '/buyer_reference'],
      ['/v1/invoices', invoice({ payment: [{ means_code: '48', reference: PAN }] }), '/payment/0/reference'],
      ['/v1/invoices', invoice({ payment: [{ means_code: '48', mandate: PAN }] }), '/payment/0/mandate'],
      ['/v1/invoices', line({ name: text }), '/lines/1/name'],
      ['/v1/invoices', line({ description: `Karte\n${PAN}` }), '/lines/1/description'],
      [
        '/v1/invoices',
        line({ allowances_charges: [{ charge: true, amount_minor: 1, reason: text }] }),
        '/lines/1/allowances_charges/0/reason',
      ],
      [
        '/v1/invoices',
        invoice({ allowances_charges: [{ charge: true, amount_minor: 1, reason: text, vat_category: 'O' }] }),
        '/allowances_charges/0/reason',
      ],
      ['/v1/payments', payment({ reference: text }), '/reference'],
      [`/v1/quotes/${quoteId}/accept`, { external_id: PAN }, '/external_id'],
    ]
    for (const [url, body, path] of cases) await stage.refused(t, ['POST', url, body], sensitive(path))
    const ifMatch: CallOptions = { headers: { 'if-match': '"1"' } }
    await stage.refused(
      t,
      ['PATCH', `/v1/accounts/${order.account_id}`, { trading_name: text }, ifMatch],
      sensitive('/trading_name'),
    )
  },
)

test.serial('headers are read as narrowly as bodies', async (t) => {
  const { order } = stage
  const post = (headers: Record<string, string>): [string, string, unknown, CallOptions] => [
    'POST',
    '/v1/accounts',
    ACCOUNT,
    { headers },
  ]
  await stage.refused(t, post({ 'idempotency-key': '' }), [400, 'idempotency_key_required'])
  await stage.refused(t, post({ 'idempotency-key': 'short' }), [400, 'idempotency_key_invalid'])
  await stage.refused(t, post({ 'idempotency-key': PAN }), [400, 'idempotency_key_invalid'])
  await stage.refused(t, post({ 'idempotency-key': 'DE89370400440532013000' }), [400, 'idempotency_key_invalid'])
  await stage.refused(t, post({ authorization: `Bearer ${PAN}` }), [401, 'unauthenticated'])
  await stage.refused(t, post({ 'kontor-tenant': PAN }), [401, 'unauthenticated'])
  const patch = (value: string): [string, string, unknown, CallOptions] => [
    'PATCH',
    `/v1/accounts/${order.account_id}`,
    { name: 'Neu' },
    value ? { headers: { 'if-match': value } } : {},
  ]
  for (const value of ['', '1', 'W/"1"', '*', PAN, '"0"', '"01"'])
    await stage.refused(t, patch(value), [428, 'if_match_required'])
  await stage.refused(t, patch('"2"'), [412, 'version_conflict'])
})

test.serial('the log of all this has no line about a defect', (t) => {
  t.deepEqual(
    stage.kontor.log.filter((text) => JSON.parse(text).level >= 50),
    [],
  )
})
