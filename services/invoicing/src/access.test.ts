import { randomBytes } from 'node:crypto'
import { formatId, type IdPrefix, newUuid, toBucket } from '@kontor/ids'
import { connect } from '@kontor/postgres'
import { createTenant } from '@kontor/tenancy'
import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../test/support/invoicing.ts'

let kontor: InvoicingUnderTest
const keys: Record<string, string> = {}

test.before(async () => {
  kontor = await invoicingUnderTest()
  for (const role of ROLES) keys[role] = await kontor.apiKey(role)
})
test.after.always(() => kontor.close())

const ROLES = ['checkout', 'invoicing', 'accounting', 'admin'] as const
const ALL = ROLES
const ADMIN = ['admin'] as const
const WHO_SELLS = ['checkout', 'invoicing', 'admin'] as const
/** Bookkeeping sees corrections; it is those who write invoices that make them. */
const WHO_CORRECTS = ['invoicing', 'admin'] as const
const WHO_COUNTS = ['invoicing', 'accounting', 'admin'] as const

const unknownId = (prefix: IdPrefix) => formatId(prefix, newUuid(toBucket(7), 0, randomBytes))
const [iss, acc, quo, pro, inv, cre, ser, pay, chg, crf, run, adj, whk, dsp] = (
  ['iss', 'acc', 'quo', 'pro', 'inv', 'cre', 'ser', 'pay', 'chg', 'crf', 'run', 'adj', 'whk', 'dsp'] as const
).map(unknownId)
const [HOOKS, HOOK] = ['/v1/webhook-endpoints', '/v1/webhook-endpoints/{webhookEndpointId}']
const [RULES, REFUND] = ['/v1/charge-rules', '/v1/charges/{chargeId}/refunds/{refundId}']
const USES = ['/allocations', '/unallocations', '/refunds'] as const
/** Routes below one, for the same roles. */
const under = (method: string, base: string, url: string, roles: readonly string[], ...paths: readonly string[]) =>
  paths.map((path) => [method, `${base}${path}`, `${url}${path}`, roles] as const)

/** Every route, and who may call it. */
const ROUTES: readonly (readonly [method: string, template: string, url: string, roles: readonly string[]])[] = [
  ['POST', '/v1/issuers', '/v1/issuers', ADMIN],
  ['GET', '/v1/issuers', '/v1/issuers', ALL],
  ['GET', '/v1/issuers/{issuerId}', `/v1/issuers/${iss}`, ALL],
  ['PUT', '/v1/issuers/{issuerId}/logo', `/v1/issuers/${iss}/logo`, ADMIN],
  ['PATCH', '/v1/issuers/{issuerId}', `/v1/issuers/${iss}`, ADMIN],
  ['POST', '/v1/accounts', '/v1/accounts', WHO_SELLS],
  ['GET', '/v1/accounts', '/v1/accounts', ALL],
  ['GET', '/v1/accounts/{accountId}', `/v1/accounts/${acc}`, ALL],
  ['PATCH', '/v1/accounts/{accountId}', `/v1/accounts/${acc}`, WHO_SELLS],
  ['POST', '/v1/quotes', '/v1/quotes', WHO_SELLS],
  ...['issue', 'accept', 'convert', 'decline', 'cancel', 'revise'].map(
    (step) => ['POST', `/v1/quotes/{quoteId}/${step}`, `/v1/quotes/${quo}/${step}`, WHO_SELLS] as const,
  ),
  ['GET', '/v1/quotes', '/v1/quotes', ALL],
  ['GET', '/v1/quotes/{quoteId}', `/v1/quotes/${quo}`, ALL],
  ['GET', '/v1/quotes/{quoteId}/terms', `/v1/quotes/${quo}/terms`, ALL],
  ['GET', '/v1/quotes/{quoteId}.pdf', `/v1/quotes/${quo}.pdf`, ALL],
  ['POST', '/v1/invoices', '/v1/invoices', WHO_SELLS],
  ['POST', '/v1/invoices/{invoiceId}/issue', `/v1/invoices/${inv}/issue`, WHO_SELLS],
  ['POST', '/v1/proformas', '/v1/proformas', WHO_SELLS],
  ['POST', '/v1/proformas/{proformaId}/issue', `/v1/proformas/${pro}/issue`, WHO_SELLS],
  ['POST', '/v1/proformas/{proformaId}/cancel', `/v1/proformas/${pro}/cancel`, WHO_SELLS],
  ['GET', '/v1/proformas', '/v1/proformas', ALL],
  ['GET', '/v1/proformas/{proformaId}', `/v1/proformas/${pro}`, ALL],
  ['GET', '/v1/proformas/{proformaId}.pdf', `/v1/proformas/${pro}.pdf`, ALL],
  ['DELETE', '/v1/proformas/{proformaId}', `/v1/proformas/${pro}`, WHO_SELLS],
  ['POST', '/v1/invoice-runs', '/v1/invoice-runs', WHO_SELLS],
  ['GET', '/v1/invoice-runs/{runId}', `/v1/invoice-runs/${run}`, ALL],
  ['GET', '/v1/invoice-runs/{runId}/items', `/v1/invoice-runs/${run}/items`, ALL],
  ['GET', '/v1/invoice-runs/{runId}.csv', `/v1/invoice-runs/${run}.csv`, ALL],
  ['GET', '/v1/invoices', '/v1/invoices', ALL],
  ['GET', '/v1/invoices/{invoiceId}', `/v1/invoices/${inv}`, ALL],
  ['GET', '/v1/invoices/{invoiceId}.pdf', `/v1/invoices/${inv}.pdf`, ALL],
  ['POST', '/v1/invoices/{invoiceId}/credit-notes', `/v1/invoices/${inv}/credit-notes`, WHO_CORRECTS],
  ['POST', '/v1/invoices/{invoiceId}/cancel', `/v1/invoices/${inv}/cancel`, WHO_CORRECTS],
  ['POST', '/v1/credit-notes', '/v1/credit-notes', WHO_CORRECTS],
  ['POST', '/v1/credit-notes/{creditNoteId}/issue', `/v1/credit-notes/${cre}/issue`, WHO_CORRECTS],
  ['GET', '/v1/credit-notes', '/v1/credit-notes', WHO_COUNTS],
  ['GET', '/v1/credit-notes/{creditNoteId}', `/v1/credit-notes/${cre}`, WHO_COUNTS],
  ['GET', '/v1/credit-notes/{creditNoteId}.pdf', `/v1/credit-notes/${cre}.pdf`, WHO_COUNTS],
  ['PATCH', '/v1/quotes/{quoteId}', `/v1/quotes/${quo}`, WHO_SELLS],
  ['DELETE', '/v1/quotes/{quoteId}', `/v1/quotes/${quo}`, WHO_SELLS],
  ['PATCH', '/v1/invoices/{invoiceId}', `/v1/invoices/${inv}`, WHO_SELLS],
  ['DELETE', '/v1/invoices/{invoiceId}', `/v1/invoices/${inv}`, WHO_SELLS],
  ['PATCH', '/v1/credit-notes/{creditNoteId}', `/v1/credit-notes/${cre}`, WHO_CORRECTS],
  ['DELETE', '/v1/credit-notes/{creditNoteId}', `/v1/credit-notes/${cre}`, WHO_CORRECTS],
  ['POST', '/v1/invoices/{invoiceId}/sent', `/v1/invoices/${inv}/sent`, WHO_SELLS],
  ['POST', '/v1/invoices/{invoiceId}/void', `/v1/invoices/${inv}/void`, WHO_CORRECTS],
  ['POST', '/v1/charges', '/v1/charges', WHO_SELLS],
  ...under('POST', '/v1/charges/{chargeId}', `/v1/charges/${chg}`, WHO_SELLS, '/confirm', '/capture', '/cancel'),
  ['GET', '/v1/charges', '/v1/charges', ALL],
  ['POST', '/v1/charges/{chargeId}/refunds', `/v1/charges/${chg}/refunds`, WHO_COUNTS],
  ...under('GET', '/v1/charges/{chargeId}', `/v1/charges/${chg}`, ALL, '', '/steps', '/refunds'),
  ...under('POST', REFUND, `/v1/charges/${chg}/refunds/${crf}`, ['accounting', 'admin'], '/settle'),
  ...under('GET', REFUND, `/v1/charges/${chg}/refunds/${crf}`, ALL, '', '/steps'),
  ['GET', RULES, RULES, WHO_COUNTS],
  ['PUT', RULES, RULES, ADMIN],
  ['POST', '/v1/payments', '/v1/payments', WHO_COUNTS],
  ['GET', '/v1/payments/{paymentId}', `/v1/payments/${pay}`, ALL],
  ...under('POST', '/v1/payments/{paymentId}', `/v1/payments/${pay}`, WHO_COUNTS, ...USES, '/chargebacks'),
  ...under('POST', '/v1/credit-notes/{creditNoteId}', `/v1/credit-notes/${cre}`, WHO_COUNTS, ...USES),
  ['POST', '/v1/invoices/{invoiceId}/write-offs', `/v1/invoices/${inv}/write-offs`, ['accounting', 'admin']],
  [
    'POST',
    '/v1/invoices/{invoiceId}/adjustments/{adjustmentId}/reversals',
    `/v1/invoices/${inv}/adjustments/${adj}/reversals`,
    ['accounting', 'admin'],
  ],
  ['GET', '/v1/invoices/{invoiceId}/adjustments', `/v1/invoices/${inv}/adjustments`, ALL],
  ['GET', '/v1/accounts/{accountId}/balance', `/v1/accounts/${acc}/balance`, WHO_COUNTS],
  ['GET', '/v1/accounts/{accountId}/statement', `/v1/accounts/${acc}/statement?currency=CHF`, WHO_COUNTS],
  ['GET', '/v1/ageing', '/v1/ageing?currency=CHF', WHO_COUNTS],
  ...['/v1/processor-events', '/v1/disputes'].map((url) => ['GET', url, url, WHO_COUNTS] as const),
  ['GET', '/v1/disputes/{disputeId}', `/v1/disputes/${dsp}`, WHO_COUNTS],
  ['GET', '/v1/series', '/v1/series', WHO_COUNTS],
  ['GET', '/v1/series/{seriesId}', `/v1/series/${ser}`, WHO_COUNTS],
  ['PUT', '/v1/series/{seriesId}/start', `/v1/series/${ser}/start`, ADMIN],
  ['GET', '/v1/series/{seriesId}/audit', `/v1/series/${ser}/audit`, WHO_COUNTS],
  ...under('GET', '/v1/series/{seriesId}', `/v1/series/${ser}`, ['accounting', 'admin'], '/report.csv', '/report.pdf'),
  ['GET', '/v1/issuers/{issuerId}/numbering', `/v1/issuers/${iss}/numbering`, ALL],
  ['PUT', '/v1/issuers/{issuerId}/numbering', `/v1/issuers/${iss}/numbering`, ADMIN],
  ['PUT', '/v1/issuers/{issuerId}/numbering/{documentType}/start', `/v1/issuers/${iss}/numbering/invoice/start`, ADMIN],
  ['GET', '/v1/events', '/v1/events', WHO_COUNTS],
  ...['POST', 'GET'].map((method) => [method, HOOKS, HOOKS, ADMIN] as const),
  ...['GET', 'PATCH', 'DELETE'].map((method) => [method, HOOK, `${HOOKS}/${whk}`, ADMIN] as const),
  ['POST', `${HOOK}/rotate-secret`, `${HOOKS}/${whk}/rotate-secret`, ADMIN],
  ['GET', `${HOOK}/deliveries`, `${HOOKS}/${whk}/deliveries`, ADMIN],
  ['POST', `${HOOK}/replay`, `${HOOKS}/${whk}/replay`, ADMIN],
  ['GET', '/v1/exports/invoices.csv', '/v1/exports/invoices.csv', ['accounting', 'admin']],
]

/** Whoever asks here proves it in another way. */
const WITHOUT_KEY = ['POST /v1/processors/{processor}/webhooks/{tenantId}/{mode}']

test('the table of who may do what knows every route, and every route says that it can be refused', async (t) => {
  await kontor.app.ready()
  const described = Object.entries(kontor.app.swagger().paths ?? {}).flatMap(([path, methods]) =>
    Object.keys(methods as object).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const known = ROUTES.map(([method, path]) => `${method} ${path}`)
  t.deepEqual(described.toSorted(), [...known, ...WITHOUT_KEY].toSorted())
})

for (const [index, [method, template, url, roles]] of ROUTES.entries()) {
  test(`${method} ${template} is for ${roles.join(', ')}`, async (t) => {
    for (const role of ROLES) {
      const reply = await kontor.call(method, url, undefined, { as: keys[role] as string })
      if (roles.includes(role)) {
        t.false([401, 403].includes(reply.status), `${role} may: ${reply.status}`)
      } else {
        t.like(reply, { status: 403, body: { code: 'scope_missing' } }, `${role} may not`)
      }
    }
  })

  test(`${method} ${template} is for nobody without a valid key`, async (t) => {
    const valid = keys.admin as string
    const from = `192.0.2.${index}` // From one address so many are not listened to any more.
    const expired = await kontor.apiKey('admin', { expiresAt: kontor.clock.now() })
    const tampered = valid.slice(0, 30) + (valid[30] === 'a' ? 'b' : 'a') + valid.slice(31)
    for (const authorization of ['', 'Bearer', `Basic ${valid}`, valid, `Bearer ${tampered}`, `Bearer ${expired}`]) {
      const reply = await kontor.call(method, url, undefined, { from, headers: { authorization } })
      t.like(reply, { status: 401, body: { code: 'unauthenticated' } })
    }
    const foreign = { from, headers: { 'kontor-tenant': formatId('ten', newUuid(toBucket(0), 0, randomBytes)) } }
    t.is((await kontor.call(method, url, undefined, foreign)).status, 401)
  })
}

/** One object of each kind, issued where it can be. */
async function objects() {
  const { call } = kontor
  const { issuer, account, order } = await issuerAndAccount(kontor)
  const quote = await call('POST', '/v1/quotes', order)
  const quoteIssued = await call('POST', `/v1/quotes/${quote.body.id}/issue`)
  const open = await call('POST', '/v1/quotes', order)
  const invoice = await call('POST', '/v1/invoices', order)
  await call('POST', `/v1/invoices/${invoice.body.id}/issue`)
  const draft = await call('POST', '/v1/invoices', order)
  const came = { method: 'cash', amount_minor: 1, currency: 'CHF', received_on: '2026-11-20' }
  const paid = { invoice_id: invoice.body.id, ...came }
  const payment = await call('POST', '/v1/payments', paid)
  const series = await call('GET', `/v1/series?account_id=${account.id}`)
  return {
    order,
    paid,
    urls: [
      ['GET', `/v1/issuers/${issuer.id}`],
      ['GET', `/v1/accounts/${account.id}`],
      ['PATCH', `/v1/issuers/${issuer.id}`, { small_difference_minor: 5 }, { 'if-match': '"1"' }],
      ['PATCH', `/v1/accounts/${account.id}`, { name: 'Übernommen' }, { 'if-match': '"1"' }],
      ['GET', `/v1/quotes/${quote.body.id}`],
      ['GET', `/v1/quotes/${quote.body.id}.pdf`],
      ['POST', `/v1/quotes/${open.body.id}/issue`],
      ['GET', `/v1/quotes/${quote.body.id}/terms`],
      ['POST', `/v1/quotes/${quoteIssued.body.id}/accept`, {}],
      ['POST', `/v1/quotes/${quoteIssued.body.id}/convert`, {}],
      ['POST', `/v1/quotes/${quoteIssued.body.id}/decline`, {}],
      ['POST', `/v1/quotes/${quoteIssued.body.id}/cancel`, {}],
      ['POST', `/v1/quotes/${quoteIssued.body.id}/revise`, { currency: 'CHF', lines: order.lines }],
      ['GET', `/v1/invoices/${invoice.body.id}`],
      ['GET', `/v1/invoices/${invoice.body.id}.pdf`],
      ['POST', `/v1/invoices/${draft.body.id}/issue`],
      ['GET', `/v1/payments/${payment.body.id}`],
      ['POST', '/v1/payments', paid],
      ['POST', `/v1/payments/${payment.body.id}/allocations`, { invoice_id: invoice.body.id, amount_minor: 1 }],
      ['POST', `/v1/payments/${payment.body.id}/unallocations`, { invoice_id: invoice.body.id, amount_minor: 1 }],
      ['POST', `/v1/payments/${payment.body.id}/refunds`, { amount_minor: 1, refunded_on: '2026-11-20' }],
      ['POST', `/v1/payments/${payment.body.id}/chargebacks`, { amount_minor: 1, refunded_on: '2026-11-20' }],
      ['POST', `/v1/invoices/${invoice.body.id}/write-offs`, { reason: 'x' }],
      ['POST', `/v1/invoices/${invoice.body.id}/adjustments/${adj}/reversals`, {}],
      ['GET', `/v1/invoices/${invoice.body.id}/adjustments`],
      ['GET', `/v1/accounts/${account.id}/balance`],
      ['GET', `/v1/accounts/${account.id}/statement?currency=CHF`],
      ['GET', `/v1/series/${series.body.data[0].id}`],
      ['GET', `/v1/series/${series.body.data[0].id}/audit`],
      ['GET', `/v1/series/${series.body.data[0].id}/report.csv`],
      ['GET', `/v1/series/${series.body.data[0].id}/report.pdf`],
      ['PUT', `/v1/series/${series.body.data[0].id}/start`, { next_seq: 9 }],
      ['GET', `/v1/issuers/${issuer.id}/numbering`],
      ['PUT', `/v1/issuers/${issuer.id}/numbering`, {}, { 'if-match': '"1"' }],
      ['PUT', `/v1/issuers/${issuer.id}/numbering/receipt/start`, { account_id: account.id, next_seq: 9 }],
    ] as const,
  }
}

/** A tenant beside the first one. */
async function otherTenant(slug: string): Promise<string> {
  const owner = connect({ url: kontor.databases.invoicingMigrationUrl, max: 1, applicationName: 'test' })
  const id = newUuid(toBucket(0), kontor.clock.nowMs(), randomBytes)
  await createTenant(owner.knex, { id, slug, name: 'Other' })
  await owner.close()
  return id
}

for (const [whose, keyOf] of [
  ['another tenant', async () => kontor.apiKey('admin', { tenantId: await otherTenant('other') })],
  ['the other mode', async () => kontor.apiKey('admin', { mode: 'live' })],
] as const) {
  test.serial(`what belongs to ${whose} cannot be found, whatever is asked of it, and stays as it is`, async (t) => {
    const { urls, order } = await objects()
    const as = await keyOf()
    const before = await kontor.state()
    for (const [method, url, body, headers] of urls) {
      const reply = await kontor.call(method, url, body, { as, ...(headers ? { headers } : {}) })
      t.like(reply, { status: 404, body: { code: 'not_found' } }, `${method} ${url}`)
    }
    const png = { 'content-type': 'image/png' }
    const issuerUrl = urls[0][1]
    t.is((await kontor.call('PUT', `${issuerUrl}/logo`, PNG, { as, headers: png })).status, 404)
    for (const list of ['issuers', 'accounts', 'quotes', 'invoices', 'series']) {
      t.deepEqual((await kontor.call('GET', `/v1/${list}`, undefined, { as })).body, { data: [], has_more: false })
    }
    const csv = await kontor.call('GET', '/v1/exports/invoices.csv', undefined, { as })
    t.is(csv.body.trim().split('\r\n').length, 1, 'the export has no row of theirs')
    const draft = await kontor.call('POST', '/v1/invoices', order, { as })
    t.like(draft, { status: 422, body: { code: 'unknown_account', errors: [{ path: '/account_id' }] } })
    t.deepEqual(await kontor.state(), before)
  })
}

test('the account of another tenant does not serve as filter either', async (t) => {
  const { order } = await objects()
  const as = await kontor.apiKey('admin', { mode: 'live' })
  for (const list of ['quotes', 'invoices', 'series']) {
    const reply = await kontor.call('GET', `/v1/${list}?account_id=${order.account_id}`, undefined, { as })
    t.deepEqual(reply.body, { data: [], has_more: false })
  }
})

test('test and live data take the same external ids without meeting', async (t) => {
  const tenantId = await otherTenant('two-modes')
  const [live, trial] = await Promise.all(
    (['live', 'test'] as const).map((mode) => kontor.apiKey('admin', { mode, tenantId })),
  )
  const account = (await issuerAndAccount(kontor)).account
  const body = {
    kind: 'person',
    name: 'Erika',
    billing_address: account.billing_address,
    external_id: 'same-in-both',
  }
  const first = await kontor.call('POST', '/v1/accounts', body, { key: 'both-modes', as: trial as string })
  const second = await kontor.call('POST', '/v1/accounts', body, { key: 'both-modes', as: live as string })
  t.is(first.status, 201)
  t.is(second.status, 201)
  t.is(first.body.mode, 'test')
  t.is(second.body.mode, 'live')
  t.not(first.body.id, second.body.id)
  for (const [as, expected] of [
    [trial, first],
    [live, second],
  ] as const) {
    const found = await kontor.call('GET', '/v1/accounts?external_id=same-in-both', undefined, { as: as as string })
    t.deepEqual(found.body.data, [expected.body])
  }
})

/** One white pixel. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTpC5gAAAABJRU5ErkJggg==',
  'base64',
)
