import type { MarkMaker } from './marks.ts'
import type { RawRequest } from './raw-http.ts'

/** A request of the right form that a rule refuses, and with what status. */
export type Refused = readonly [wrong: string, status: number, request: RawRequest]

const EXPIRY = { expiry_month: 12, expiry_year: 2035 }
const ADDRESS = { street: 'Marktgasse 1', postal_code: '3011', city: 'Bern', country: 'CH' }

/** What the vault refuses: instruments that are nearly right, and right ones in the wrong hands or the wrong place. */
export function refusedByVault(
  make: MarkMaker,
  keys: { readonly service: string; readonly tenantId: string },
): Refused[] {
  const refused: Refused[] = []
  /** @param marked Makes the body, with a name for its marks. */
  function refuse(
    wrong: string,
    status: number,
    marked: (name: string) => object,
    headers: RawRequest['headers'] = {},
  ): void {
    refused.push([
      wrong,
      status,
      { target: '/v1/tokens', headers, body: JSON.stringify(marked(`vault refuses ${wrong}`)) },
    ])
  }
  const holder = (name: string) => ({ name: make.holder(`${name}: holder`) })
  const card = (name: string, changed: object = {}) => ({
    type: 'card',
    card: { number: make.card(name), ...EXPIRY, cvc: make.cvc(`${name}: code`), ...changed },
    holder: holder(name),
  })
  const bank = (name: string, changed: object = {}) => ({
    type: 'bank_account',
    bank_account: { iban: make.iban(name), ...changed },
    holder: holder(name),
  })
  const paypal = (name: string, changed: object = {}) => ({
    type: 'paypal_account',
    paypal_account: { email: make.email(`${name}: e-mail`), payer_id: make.payerId(name), ...changed },
    holder: holder(name),
  })

  refuse('a mistyped card', 422, (name) => card(name, { number: make.mistypedCard(name) }))
  refuse('an expired card', 422, (name) => card(name, { expiry_year: 2020 }))
  refuse('a card with letters', 422, (name) => card(name, { number: `${make.card(name)}O` }))
  refuse('a long code', 422, (name) => card(name, { cvc: make.cvc(`${name}: long code`, 8) }))
  refuse('a code in letters', 400, (name) => card(name, { cvc: make.text(`${name}: letters`) }))
  refuse('a card of no year', 400, (name) => card(name, { expiry_year: Number(make.card(`${name}: year`)) }))
  refuse('a card with more', 400, (name) => card(name, { track2: `${make.card(`${name}: track`)}=3512` }))
  refuse('a card without a holder', 400, (name) => ({ ...card(name), holder: undefined }))
  refuse('a card that is an account', 400, (name) => ({ ...bank(name), type: 'card' }))
  refuse('a number for a holder', 422, (name) => ({ ...card(name), holder: { name: make.card(`${name}: as holder`) } }))
  refuse('a holder of two lines', 422, (name) => ({ ...card(name), holder: { name: `${make.holder(name)}\nSr.` } }))
  refuse('a long holder', 400, (name) => ({ ...card(name), holder: { name: `${make.holder(name)} `.repeat(20) } }))
  refuse('a number for an account', 400, (name) => ({
    ...card(name),
    account_id: `acc_${make.card(`${name}: as id`)}`,
  }))
  refuse('a number in metadata', 422, (name) => ({
    ...card(name),
    metadata: { note: make.card(`${name}: in metadata`) },
  }))
  refuse('a number named in metadata', 422, (name) => ({
    ...card(name),
    metadata: { [make.card(`${name}: as a name`)]: '1' },
  }))
  refuse('an IBAN in metadata', 422, (name) => ({
    ...bank(name),
    metadata: { note: make.iban(`${name}: in metadata`) },
  }))
  refuse('an IBAN named in metadata', 422, (name) => ({
    ...bank(name),
    metadata: { [make.iban(`${name}: as a name`)]: '1' },
  }))
  refuse('a mistyped IBAN', 422, (name) => bank(name, { iban: make.mistypedIban(name) }))
  refuse('a BIC that is none', 422, (name) => bank(name, { bic: make.text(`${name}: BIC`) }))
  refuse('two kinds of account', 400, (name) => bank(name, { account_number: make.account(`${name}: account`) }))
  refuse('a routing number that is none', 422, (name) => ({
    ...bank(name),
    bank_account: {
      routing_number: '123456789',
      account_number: make.account(`${name}: account`),
      account_type: 'savings',
    },
  }))
  refuse('an account number with letters', 422, (name) => ({
    ...bank(name),
    bank_account: {
      routing_number: '110000000',
      account_number: `${make.account(`${name}: account`)}a`,
      account_type: 'savings',
    },
  }))
  refuse('an address without a domain', 422, (name) => paypal(name, { email: make.text(`${name}: address`) }))
  refuse('a payer id in small letters', 422, (name) => paypal(name, { payer_id: make.payerId(name).toLowerCase() }))
  refuse('a stranger', 401, card, { authorization: undefined })
  refuse('a request without its key', 400, card, { 'idempotency-key': undefined })
  refuse('a service that may only read', 403, card, {
    authorization: `Bearer ${keys.service}`,
    'kontor-tenant': keys.tenantId,
  })
  refuse('a tenant that is none', 401, card, {
    authorization: `Bearer ${keys.service}`,
    'kontor-tenant': make.card('vault refuses a tenant that is none: tenant'),
  })
  return refused
}

/** Names of objects of invoicing, for requests that need some. */
export interface Known {
  readonly issuerId: string
  readonly accountId: string
  readonly invoiceId: string
  readonly seriesId: string
}

/** What invoicing refuses: card numbers in every text it takes, and in fields that are no texts. */
export function refusedByInvoicing(make: MarkMaker, known: Known): Refused[] {
  const refused: Refused[] = []
  const card = (wrong: string) => make.card(`invoicing refuses ${wrong}`)
  const post = (wrong: string, status: number, target: string, body: object) =>
    refused.push([wrong, status, { target, body: JSON.stringify(body) }])

  const account = { kind: 'person', name: 'Somebody', billing_address: ADDRESS }
  for (const field of ['name', 'trading_name', 'contact_name', 'legal_id', 'vat_id', 'email', 'phone', 'external_id']) {
    post(`a card as ${field} of an account`, 422, '/v1/accounts', {
      ...account,
      [field]: card(`a card as ${field} of an account`),
    })
  }
  for (const field of ['street', 'street_2', 'postal_code', 'city', 'region']) {
    const wrong = `a card as ${field}`
    post(wrong, 422, '/v1/accounts', { ...account, billing_address: { ...ADDRESS, [field]: card(wrong) } })
  }
  const issuer = { name: 'Somebody AG', address: ADDRESS }
  for (const field of ['name', 'legal_id', 'vat_id', 'tax_number', 'contact_name', 'email', 'phone']) {
    post(`a card as ${field} of an issuer`, 422, '/v1/issuers', {
      ...issuer,
      [field]: card(`a card as ${field} of an issuer`),
    })
  }

  const line = { name: 'Work', quantity: '1', unit: 'HUR', price: '100', vat_category: 'S', vat_rate: '8.1' }
  const draft = { account_id: known.accountId, issuer_id: known.issuerId, currency: 'CHF', lines: [line] }
  const documents = ['/v1/quotes', '/v1/invoices']
  for (const target of documents) {
    const refuse = (where: string, status: number, marked: (number: string) => object) => {
      const wrong = `a card as ${where} at ${target}`
      post(wrong, status, target, { ...draft, ...marked(card(wrong)) })
    }
    for (const field of ['buyer_reference', 'order_reference', 'terms', 'external_id']) {
      refuse(field, 422, (number) => ({ [field]: number }))
    }
    refuse('note', 422, (number) => ({ notes: ['Thank you', `paid by ${number.replace(/.{4}/g, '$& ')}`] }))
    for (const field of ['name', 'description', 'seller_item_id', 'id']) {
      refuse(`${field} of a line`, 422, (number) => ({ lines: [line, { ...line, [field]: number }] }))
    }
    for (const field of ['quantity', 'price', 'unit', 'vat_rate', 'vat_category']) {
      refuse(`${field} of a line`, 400, (number) => ({ lines: [{ ...line, [field]: number }] }))
    }
    for (const field of ['reference', 'account_number', 'mandate']) {
      refuse(`${field} of a payment`, 422, (number) => ({ payment: [{ means_code: '48', [field]: number }] }))
    }
    refuse('payee', 400, (number) => ({ payment: [{ means_code: '48', iban: number }] }))
    refuse('reason', 422, (number) => ({
      allowances_charges: [{ charge: false, amount_minor: 1, reason: number, vat_category: 'S', vat_rate: '8.1' }],
    }))
    refuse('day', 400, (number) => ({ issue_on: number }))
    refuse('token', 400, (number) => ({ token_id: `tok_${number}` }))
    refuse('customer', 400, (number) => ({ account_id: number }))
  }

  const payment = {
    invoice_id: known.invoiceId,
    method: 'other',
    amount_minor: 1,
    currency: 'CHF',
    received_on: '2026-01-31',
  }
  post('a card as reference', 422, '/v1/payments', { ...payment, reference: card('a card as reference') })
  post('a card as a way to pay', 400, '/v1/payments', { ...payment, method: card('a card as a way to pay') })

  const account1 = `/v1/accounts/${known.accountId}`
  const others: [wrong: string, status: number, request: (number: string) => RawRequest][] = [
    [
      'a card as a new name',
      422,
      (name) => ({ method: 'PATCH', target: account1, headers: { 'if-match': '"1"' }, body: JSON.stringify({ name }) }),
    ],
    [
      'a card as a version',
      428,
      (number) => ({ method: 'PATCH', target: account1, headers: { 'if-match': `"${number}"` }, body: '{}' }),
    ],
    [
      'a card as a logo',
      422,
      (body) => ({
        method: 'PUT',
        target: `/v1/issuers/${known.issuerId}/logo`,
        headers: { 'content-type': 'image/png' },
        body,
      }),
    ],
    ['a card as a beginning', 400, (number) => ({ method: 'GET', target: `/v1/exports/invoices.csv?from=${number}` })],
    [
      'a card as a place in a series',
      400,
      (number) => ({ method: 'GET', target: `/v1/series/${known.seriesId}/audit?after=${number}` }),
    ],
  ]
  for (const [wrong, status, request] of others) refused.push([wrong, status, request(card(wrong))])
  return refused
}
