import test from 'ava'
import {
  callApp,
  type InvoicingUnderTest,
  ISSUER,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
} from '../../../../test/support/invoicing.ts'

let kontor: InvoicingUnderTest
let admin: string
test.before(async () => {
  kontor = await invoicingUnderTest()
  admin = await kontor.apiKey('admin')
})
test.after.always(() => kontor.close())

const MONTHLY = { scope: 'issuer', period: 'month', format: '{year}{month}-{seq}' }
const OWN_YEARLY = { scope: 'account', period: 'year', format: '{customer}.{year}/{seq:3}' }

async function issuerWith(invoice: object, changes: object = {}) {
  const { account } = await issuerAndAccount(kontor)
  const issuer = (await kontor.call('POST', '/v1/issuers', { ...ISSUER, ...changes })).body
  await kontor.call('PUT', `/v1/issuers/${issuer.id}/numbering`, { invoice }, { headers: { 'if-match': '"1"' } })
  const order = { account_id: account.id, issuer_id: issuer.id, currency: 'CHF', lines: [LINE] }
  return { issuer, account, order }
}

const drafts = async (order: object, count: number, changes: object = {}): Promise<string[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      const made = await kontor.call('POST', '/v1/invoices', { ...order, ...changes })
      return made.body.id
    }),
  )
const issue = (id: string) => kontor.call('POST', `/v1/invoices/${id}/issue`)
const issuedOn = async (order: object, issue_on: string) => issue((await drafts(order, 1, { issue_on }))[0] ?? '')

test('each month begins at one, and its order is its own', async (t) => {
  const { order } = await issuerWith(MONTHLY)
  t.is((await issuedOn(order, '2026-11-02')).body.number, '202611-1')
  t.is((await issuedOn(order, '2026-10-31')).body.number, '202610-1', 'an earlier month is another series')
  t.is((await issuedOn(order, '2026-11-03')).body.number, '202611-2')
  const refused = await issuedOn(order, '2026-11-02')
  t.like(refused, { status: 409, body: { code: 'date_before_previous', earliest: '2026-11-03' } })
  t.is((await issuedOn(order, '2026-11-03')).body.number, '202611-3', 'a refusal takes no number')
})

test('an account counts its years for itself', async (t) => {
  const { order, account, issuer } = await issuerWith(OWN_YEARLY)
  const other = { ...order, account_id: (await issuerAndAccount(kontor)).account.id }
  t.is((await issuedOn(order, '2025-12-31')).body.number, `${account.customer_number}.2025/001`)
  t.is((await issuedOn(order, '2026-01-01')).body.number, `${account.customer_number}.2026/001`)
  t.regex((await issuedOn(other, '2026-01-01')).body.number, /\.2026\/001$/)
  const list = await kontor.call('GET', `/v1/series?issuer_id=${issuer.id}`)
  t.is(list.body.data.length, 3)
})

for (const [zone, instant, number] of [
  ['Europe/Zurich', '2026-12-31T22:59:59.999Z', '202612-1'],
  ['Europe/Zurich', '2026-12-31T23:00:00.000Z', '202701-1'],
  ['Pacific/Kiritimati', '2026-12-31T09:59:59.999Z', '202612-1'],
  ['Pacific/Kiritimati', '2026-12-31T10:00:00.000Z', '202701-1'],
  ['America/Los_Angeles', '2027-01-01T07:59:59.999Z', '202612-1'],
  ['America/Los_Angeles', '2027-01-01T08:00:00.000Z', '202701-1'],
  ['Europe/Zurich', '2027-03-31T21:59:59.999Z', '202703-1'],
  ['Europe/Zurich', '2027-03-31T22:00:00.000Z', '202704-1'],
] as const) {
  test.serial(`at ${instant} an issuer in ${zone} gives the number ${number}`, async (t) => {
    const { order } = await issuerWith(MONTHLY, { time_zone: zone })
    const [id = ''] = await drafts(order, 1)
    const before = kontor.clock.nowMs()
    kontor.clock.set(instant)
    try {
      const issued = await issue(id)
      t.is(issued.status, 200, JSON.stringify(issued.body))
      t.is(issued.body.number, number)
    } finally {
      kontor.clock.set(new Date(before).toISOString())
    }
  })
}

test('two processes that race for the first numbers of a new month make one series without gap', async (t) => {
  const { order, issuer } = await issuerWith(MONTHLY)
  const processes = [kontor.app, await kontor.twin(), await kontor.twin()]
  for (const month of ['2026-08', '2026-09', '2026-10']) {
    const ids = await drafts(order, 30, { issue_on: `${month}-15` })
    const replies = await Promise.all(
      ids.map((id, n) => callApp(processes[n % 3] as typeof kontor.app, admin, 'POST', `/v1/invoices/${id}/issue`)),
    )
    t.deepEqual(
      replies.map(({ body }) => Number(body.number.split('-')[1])).toSorted((a, b) => a - b),
      Array.from({ length: 30 }, (_, n) => n + 1),
    )
    const list = await kontor.call('GET', `/v1/series?issuer_id=${issuer.id}&period=${month}`)
    t.is(list.body.data.length, 1)
    const audit = await kontor.call('GET', `/v1/series/${list.body.data[0].id}/audit`)
    t.like(audit.body, { count: 30, complete: true, missing: [], duplicates: [], date_inversions: [] })
  }
})

test('documents of many accounts, some by the issuer and some by the account, do not get in each other’s way', async (t) => {
  const shared = await issuerWith(MONTHLY)
  const own = await issuerWith(OWN_YEARLY)
  const accounts = await Promise.all(Array.from({ length: 6 }, async () => (await issuerAndAccount(kontor)).account.id))
  const twin = await kontor.twin()
  const ids = (
    await Promise.all(
      accounts.flatMap((account_id) => [
        drafts({ ...shared.order, account_id }, 4),
        drafts({ ...own.order, account_id }, 4),
      ]),
    )
  ).flat()
  const replies = await Promise.all(
    ids.map((id, n) => callApp(n % 2 ? twin : kontor.app, admin, 'POST', `/v1/invoices/${id}/issue`)),
  )
  t.deepEqual([...new Set(replies.map(({ status }) => status))], [200])
  t.is(new Set(replies.map(({ body }) => `${body.issuer_id} ${body.number}`)).size, ids.length)
  for (const { issuer } of [shared, own]) {
    const list = await kontor.call('GET', `/v1/series?issuer_id=${issuer.id}`)
    for (const { id } of list.body.data) {
      t.like((await kontor.call('GET', `/v1/series/${id}/audit`)).body, { complete: true, date_inversions: [] })
    }
  }
})

test('a numbering that changes while documents are issued loses none and prints none twice', async (t) => {
  const { order, issuer } = await issuerWith(MONTHLY)
  const ids = await drafts(order, 40)
  const twin = await kontor.twin()
  const numberings = [OWN_YEARLY, { scope: 'issuer', period: 'year', format: 'Y{year}-{seq}' }, MONTHLY]
  const changes = (async () => {
    for (const [index, invoice] of numberings.entries()) {
      const headers = { 'if-match': `"${index + 2}"` }
      const reply = await kontor.call('PUT', `/v1/issuers/${issuer.id}/numbering`, { invoice }, { headers })
      t.is(reply.status, 200, JSON.stringify(reply.body))
    }
  })()
  const replies = await Promise.all(
    ids.map((id, n) => callApp(n % 2 ? twin : kontor.app, admin, 'POST', `/v1/invoices/${id}/issue`)),
  )
  await changes
  t.deepEqual([...new Set(replies.map(({ status }) => status))], [200])
  t.is(new Set(replies.map(({ body }) => body.number)).size, 40)
  const list = await kontor.call('GET', `/v1/series?issuer_id=${issuer.id}`)
  let count = 0
  for (const { id } of list.body.data) {
    const { body } = await kontor.call('GET', `/v1/series/${id}/audit`)
    t.true(body.complete)
    count += body.count
  }
  t.is(count, 40)
})
