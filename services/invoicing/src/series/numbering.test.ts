import { formatId, newUuid, parseId, toBucket } from '@kontor/ids'
import { sqlstate } from '@kontor/postgres'
import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../../test/support/invoicing.ts'
import { DEFAULT_NUMBERINGS } from '../numbering/numbering.ts'

let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

type Case = Awaited<ReturnType<typeof issuerAndAccount>>
const YEARLY = { scope: 'issuer', period: 'year', format: 'R{year}-{seq:4}' }

const pathOf = (issuer: { id: string }) => `/v1/issuers/${issuer.id}/numbering`
const put = (issuer: { id: string }, version: number, body: object) =>
  kontor.call('PUT', pathOf(issuer), body, { headers: { 'if-match': `"${version}"` } })

async function issue(order: Case['order'], changes: object = {}, kind = 'invoices') {
  const draft = await kontor.call('POST', `/v1/${kind}`, { ...order, ...changes })
  return kontor.call('POST', `/v1/${kind}/${draft.body.id}/issue`)
}

async function seriesOf(query: string) {
  return (await kontor.call('GET', `/v1/series?${query}`)).body.data
}

test('an issuer that chose nothing has the defaults, as version 1', async (t) => {
  const { issuer } = await issuerAndAccount(kontor)
  const { status, body, headers } = await kontor.call('GET', pathOf(issuer))
  t.is(status, 200)
  t.deepEqual(body, { ...DEFAULT_NUMBERINGS, version: 1 })
  t.is(headers.etag, '"1"')
})

test('what an issuer chooses is kept; a type that is left out gets its default', async (t) => {
  const { issuer, order } = await issuerAndAccount(kontor)
  const chosen = await put(issuer, 1, { invoice: YEARLY })
  t.is(chosen.status, 200)
  t.deepEqual(chosen.body, { ...DEFAULT_NUMBERINGS, invoice: YEARLY, version: 2 })
  t.is(chosen.headers.etag, '"2"')
  t.deepEqual((await kontor.call('GET', pathOf(issuer))).body, chosen.body)
  t.is((await issue(order)).body.number, 'R2026-0001')
  const back = await put(issuer, 2, {})
  t.deepEqual(back.body, { ...DEFAULT_NUMBERINGS, version: 3 })
  t.deepEqual((await put(issuer, 3, {})).body, back.body, 'the same again is no change')
})

test('a change needs the version that was read', async (t) => {
  const { issuer } = await issuerAndAccount(kontor)
  t.like(await kontor.call('PUT', pathOf(issuer), {}), { status: 428, body: { code: 'if_match_required' } })
  const headers = { 'if-match': '1' }
  t.like(await kontor.call('PUT', pathOf(issuer), {}, { headers }), { status: 428 })
  t.like(await put(issuer, 2, {}), { status: 412, body: { code: 'version_conflict' } })
  const both = await Promise.all(
    ['A', 'B'].map((letter) => put(issuer, 1, { invoice: { ...YEARLY, format: `${letter}{year}-{seq}` } })),
  )
  t.deepEqual(both.map(({ status }) => status).toSorted(), [200, 412], 'one of two at once')
})

for (const [what, body, status, code, path] of [
  ['no such field', { invoices: YEARLY }, 400, 'malformed_request', undefined],
  ['no such scope', { invoice: { ...YEARLY, scope: 'tenant' } }, 400, 'malformed_request', undefined],
  ['a format that is none', { invoice: { ...YEARLY, format: '{year}' } }, 422, 'format_invalid', '/invoice/format'],
  ['a format without its year', { quote: { ...YEARLY, format: '{seq}' } }, 422, 'format_ambiguous', '/quote/format'],
  [
    'a format too long',
    { receipt: { ...YEARLY, format: `${'R'.repeat(21)}{year}{seq}` } },
    422,
    'format_too_long',
    '/receipt/format',
  ],
  [
    'two formats that meet',
    { invoice: { ...YEARLY, format: '{year}-{seq:5}' }, credit_note: { ...YEARLY, format: '{year}-9{seq:4}' } },
    422,
    'series_overlap',
    '/invoice/format',
  ],
  [
    'an account’s and the issuer’s that meet',
    {
      invoice: { scope: 'issuer', period: 'none', format: '{seq}' },
      receipt: { scope: 'account', period: 'none', format: '{customer}{seq}' },
    },
    422,
    'series_overlap',
    '/invoice/format',
  ],
] as const) {
  test(`refused, and nothing is changed: ${what}`, async (t) => {
    const { issuer } = await issuerAndAccount(kontor)
    const reply = await put(issuer, 1, body)
    t.like(reply, { status, body: { code } })
    if (path !== undefined) t.is(reply.body.errors[0].path, path)
    t.deepEqual((await kontor.call('GET', pathOf(issuer))).body, { ...DEFAULT_NUMBERINGS, version: 1 })
  })
}

test('another tenant’s issuer, and one that is not there, have no numbering', async (t) => {
  const { issuer } = await issuerAndAccount(kontor)
  const unknown = { id: formatId('iss', newUuid(toBucket(1), 0, kontor.deps.random)) }
  const live = await kontor.apiKey('admin', { mode: 'live' })
  t.is((await kontor.call('GET', pathOf(unknown))).status, 404)
  t.is((await put(unknown, 1, {})).status, 404)
  t.is((await kontor.call('GET', pathOf(issuer), undefined, { as: live })).status, 404)
  t.is((await kontor.call('PUT', pathOf(issuer), {}, { as: live, headers: { 'if-match': '"1"' } })).status, 404)
  const start = { next_seq: 7, account_id: undefined }
  t.is((await kontor.call('PUT', `${pathOf(issuer)}/invoice/start`, start, { as: live })).status, 404)
})

test('without a period a format is for ever once a number was drawn', async (t) => {
  const { issuer, order } = await issuerAndAccount(kontor)
  const changed = { invoice: { scope: 'account', period: 'none', format: 'RE{customer}-{seq}' } }
  t.is((await put(issuer, 1, changed)).status, 200, 'before, it can be chosen')
  t.regex((await issue(order)).body.number, /^RE\d{9}-1$/)
  t.like(await put(issuer, 2, {}), {
    status: 409,
    body: { code: 'series_in_use', errors: [{ path: '/invoice/format' }] },
  })
  t.is(
    (await put(issuer, 2, { ...changed, quote: { ...YEARLY, format: 'O{year}-{seq}' } })).status,
    200,
    'other types are free',
  )
})

test('a format that numbers were drawn under stays taken for every other type', async (t) => {
  const { issuer, order } = await issuerAndAccount(kontor)
  await issue(order)
  const yearly = { invoice: YEARLY }
  t.is((await put(issuer, 1, yearly)).status, 200, 'another scope begins another series')
  const taken = { ...yearly, credit_note: { scope: 'account', period: 'none', format: '{customer}-{seq}' } }
  const refused = await put(issuer, 2, taken)
  t.like(refused, { status: 409, body: { code: 'series_overlap', document_types: ['credit_note', 'invoice'] } })
  t.is((await put(issuer, 2, {})).status, 200, 'the type itself may come back to it')
  t.regex((await issue(order)).body.number, /^\d{9}-2$/, 'and goes on where it was')
})

test('a format that nothing was drawn under may go to another type', async (t) => {
  const { issuer } = await issuerAndAccount(kontor)
  const swapped = {
    invoice: { scope: 'account', period: 'none', format: 'I{customer}-{seq}' },
    credit_note: { scope: 'account', period: 'none', format: '{customer}-{seq}' },
  }
  t.is((await put(issuer, 1, swapped)).status, 200)
})

test('a format that is changed within a period is that of the next', async (t) => {
  const { issuer, order } = await issuerAndAccount(kontor)
  const monthly = (format: string) => ({ invoice: { scope: 'issuer', period: 'month', format } })
  await put(issuer, 1, monthly('{year}{month}-{seq}'))
  t.is((await issue(order, { issue_on: '2026-10-30' })).body.number, '202610-1')
  t.is((await put(issuer, 2, monthly('{year}-{month}-{seq:3}'))).status, 200)
  t.is((await issue(order, { issue_on: '2026-10-31' })).body.number, '202610-2', 'the month goes on as it began')
  t.is((await issue(order, { issue_on: '2026-11-01' })).body.number, '2026-11-001')
})

test('a draft that was made before the change is numbered as it is when it is issued', async (t) => {
  const { issuer, order } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/invoices', order)
  await put(issuer, 1, { invoice: YEARLY })
  t.is((await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)).body.number, 'R2026-0001')
})

test('a series begins where it is told to, once, before its first number', async (t) => {
  const { issuer, account, order } = await issuerAndAccount(kontor)
  const path = `${pathOf(issuer)}/invoice/start`
  const started = await kontor.call('PUT', path, { account_id: account.id, next_seq: 4711 })
  t.is(started.status, 200)
  t.like(started.body, {
    first_seq: 4711,
    next_seq: 4711,
    account_id: account.id,
    started_at: '2026-11-23T10:00:00.000Z',
  })
  t.regex(started.body.started_by, /^key_/)
  const again = await kontor.call('PUT', path, { account_id: account.id, next_seq: 4711 })
  t.deepEqual(again.body, started.body, 'the same again is no change')
  const other = await kontor.call('PUT', path, { account_id: account.id, next_seq: 4712 })
  t.like(other, { status: 409, body: { code: 'series_in_use' } })
  t.regex((await issue(order)).body.number, /-4711$/)
  t.like(await kontor.call('PUT', `/v1/series/${started.body.id}/start`, { next_seq: 4711 }), {
    status: 409,
    body: { code: 'series_in_use' },
  })
  const audit = await kontor.call('GET', `/v1/series/${started.body.id}/audit`)
  t.like(audit.body, { first: 4711, last: 4711, count: 1, complete: true, missing: [] })
  const events = await kontor.sql("select 1 from event where type = 'series.started' and object_id = $1", [
    parseId('ser', started.body.id),
  ])
  t.is(events.length, 1)
})

test('a series that a refused issue made can still be told where to begin', async (t) => {
  const { issuer, account, order } = await issuerAndAccount(kontor)
  await issue(order)
  const [invoices] = await seriesOf(`account_id=${account.id}`)
  t.like(await kontor.call('PUT', `/v1/series/${invoices.id}/start`, { next_seq: 9 }), { status: 409 })
  await kontor.call('PUT', `${pathOf(issuer)}/quote/start`, { account_id: account.id, next_seq: 1 })
  const [quotes] = await seriesOf(`issuer_id=${issuer.id}&document_type=quote`)
  t.like(quotes, { document_type: 'quote', next_seq: 1, first_seq: 1 })
  t.regex((await issue(order, {}, 'quotes')).body.number, /^Q-\d{9}-1$/)
})

test('two who start a series at once: one of them', async (t) => {
  const { issuer, account } = await issuerAndAccount(kontor)
  const replies = await Promise.all(
    [100, 200].map((next_seq) =>
      kontor.call('PUT', `${pathOf(issuer)}/invoice/start`, { account_id: account.id, next_seq }),
    ),
  )
  t.deepEqual(replies.map(({ status }) => status).toSorted(), [200, 409])
  const [series] = await seriesOf(`account_id=${account.id}`)
  t.is(series.first_seq, replies.find(({ status }) => status === 200)?.body.first_seq)
})

test('a start names exactly what the numbering counts by', async (t) => {
  const { issuer, account } = await issuerAndAccount(kontor)
  await put(issuer, 1, { invoice: YEARLY })
  const start = (type: string, body: object) =>
    kontor.call('PUT', `${pathOf(issuer)}/${type}/start`, { next_seq: 7, ...body })
  const mismatch = (path: string) => ({ status: 422, body: { code: 'series_mismatch', errors: [{ path }] } })
  t.like(await start('quote', {}), mismatch('/account_id'))
  t.like(await start('quote', { account_id: account.id, period: '2026' }), mismatch('/period'))
  t.like(await start('invoice', { account_id: account.id, period: '2026' }), mismatch('/account_id'))
  t.like(await start('invoice', {}), mismatch('/period'))
  t.like(await start('invoice', { period: '2026-11' }), mismatch('/period'))
  t.like(await start('invoice', { period: '0000' }), { status: 422, body: { code: 'invalid_date' } })
  t.like(await start('quote', { account_id: formatId('acc', newUuid(toBucket(1), 0, kontor.deps.random)) }), {
    status: 422,
    body: { code: 'unknown_account' },
  })
  t.is((await start('invoice', { period: '2027', next_seq: 0 })).status, 400)
  t.is((await start('bill', { period: '2027' })).status, 404)
  t.like((await start('invoice', { period: '2027' })).body, { period: '2027', format: 'R2027-{seq:4}', first_seq: 7 })
})

test('an unknown series has no start, no audit and no page', async (t) => {
  const id = formatId('ser', newUuid(toBucket(1), 0, kontor.deps.random))
  t.is((await kontor.call('PUT', `/v1/series/${id}/start`, { next_seq: 7 })).status, 404)
  t.is((await kontor.call('GET', `/v1/series/${id}`)).status, 404)
  t.is((await kontor.call('GET', `/v1/series/${id}/audit`)).status, 404)
  t.is((await kontor.call('GET', `/v1/series/${id}/report.csv`)).status, 404)
  t.is((await kontor.call('GET', `/v1/series/${id}/report.pdf`)).status, 404)
})

test('series are listed by issuer, type and period', async (t) => {
  const { issuer, order } = await issuerAndAccount(kontor)
  await put(issuer, 1, { invoice: YEARLY })
  for (const issue_on of ['2025-12-31', '2026-01-01']) await issue(order, { issue_on })
  await issue(order, {}, 'quotes')
  const of = `issuer_id=${issuer.id}`
  t.is((await seriesOf(of)).length, 3)
  t.deepEqual(
    (await seriesOf(`${of}&document_type=invoice`)).map(({ period }: { period: string }) => period).toSorted(),
    ['2025', '2026'],
  )
  const [one] = await seriesOf(`${of}&period=2025`)
  t.like(one, { scope: 'issuer', account_id: null, next_seq: 2, last_issued_on: '2025-12-31' })
  t.deepEqual((await kontor.call('GET', `/v1/series/${one.id}`)).body, one)
  t.like((await seriesOf(`${of}&period=`))[0], { document_type: 'quote' })
})

test('the service’s own role cannot give a series another format or start once it has begun, nor put its counter back', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  await issue(order)
  const [{ id }] = await seriesOf(`account_id=${account.id}`)
  const uuid = parseId('ser', id)
  for (const change of [
    { prefix: 'X' },
    { suffix: 'X' },
    { seq_width: 5 },
    { format: 'X{seq}' },
    { first_seq: 2 },
    { next_seq: 1 },
    { last_issued_on: '2000-01-01' },
    { last_issued_on: null },
  ]) {
    const error = await t.throwsAsync(kontor.database.knex('series').where({ id: uuid }).update(change))
    t.is(sqlstate(error), '23000', JSON.stringify(change))
  }
})
