import { parseId } from '@kontor/ids'
import test from 'ava'
import {
  callApp,
  type InvoicingUnderTest,
  ISSUER,
  invoicingUnderTest,
  issuerAndAccount,
  type Reply,
  type ServiceApp,
} from '../../../../test/support/invoicing.ts'

let kontor: InvoicingUnderTest
let admin: string
let twin: ServiceApp
test.before(async () => {
  kontor = await invoicingUnderTest()
  admin = await kontor.apiKey('admin')
  twin = await kontor.twin()
})
test.after.always(() => kontor.close())
test.afterEach.always(() => kontor.clock.set('2026-11-23T10:00:00.000Z'))

async function issuedQuote(changes: object = {}) {
  const { order } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/quotes', { ...order, ...changes })
  if (draft.status !== 201) throw new Error(draft.bytes.toString())
  const { body } = await kontor.call('POST', `/v1/quotes/${draft.body.id}/issue`)
  return body
}

const accept = (id: string, body: object = {}, key?: string) =>
  kontor.call('POST', `/v1/quotes/${id}/accept`, body, key === undefined ? {} : { key })

test('a quote becomes an invoice draft with everything that it says', async (t) => {
  const quote = await issuedQuote({
    due_on: '2026-12-20',
    valid_until: '2026-11-30',
    notes: ['danke'],
    terms: '30 Tage',
    prepaid_minor: 100,
    external_id: 'order-77',
  })
  const { status, body } = await accept(quote.id, { external_id: 'order-77', issue_on: '2026-11-22' })
  t.is(status, 201)
  for (const same of ['account_id', 'issuer_id', 'currency', 'due_on', 'notes', 'terms', 'lines', 'totals']) {
    t.deepEqual(body[same], quote[same], same)
  }
  t.like(body, {
    state: 'draft',
    type_code: '380',
    quote_id: quote.id,
    external_id: 'order-77',
    issue_on: '2026-11-22',
  })
  const read = await kontor.call('GET', `/v1/quotes/${quote.id}`)
  const { acceptance, conversion } = read.body
  t.deepEqual(read.body, {
    ...quote,
    state: 'accepted',
    acceptance,
    conversion,
    invoice_id: body.id,
    invoice_ids: [body.id],
  })
  t.like(acceptance, { accepted_by: null, from_address: null, note: null })
  t.deepEqual(conversion, {
    status: 'whole',
    lines: [{ line: 1, quoted: '2', converted: '2', remaining: '0' }],
  })
  t.deepEqual((await kontor.call('GET', `/v1/invoices/${body.id}`)).body, body)
  const issued = await kontor.call('POST', `/v1/invoices/${body.id}/issue`)
  t.is(issued.status, 200)
  t.is(issued.body.quote_id, quote.id)
})

test('twelve who accept one quote at once, each for themselves, make one invoice', async (t) => {
  const quote = await issuedQuote()
  const replies = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      callApp(n % 2 ? twin : kontor.app, admin, 'POST', `/v1/quotes/${quote.id}/accept`, {}, { key: `own-key-${n}` }),
    ),
  )
  const [made, ...others] = replies.toSorted((a, b) => a.status - b.status) as [Reply, ...Reply[]]
  t.is(made.status, 201)
  for (const other of others) {
    t.like(other, { status: 409, body: { code: 'invalid_transition', from: 'accepted', allowed: ['converted'] } })
  }
  const list = await kontor.call('GET', `/v1/invoices?account_id=${quote.account_id}`)
  t.deepEqual(
    list.body.data.map(({ id }: { id: string }) => id),
    [made.body.id],
  )
  const events = await kontor.sql('select object_id from event where type = $1 and account_id = $2', [
    'quote.accepted',
    parseId('acc', quote.account_id),
  ])
  t.deepEqual(events, [{ object_id: parseId('quo', quote.id) }])
})

test.serial('a draft cannot be accepted', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/quotes', order)
  const before = await kontor.state()
  t.like(await accept(draft.body.id), {
    status: 409,
    body: { code: 'invalid_transition', from: 'draft', to: 'accepted', allowed: ['sent'] },
  })
  t.deepEqual(await kontor.state(), before)
})

test.serial('a quote is valid until the end of its last day where the issuer is', async (t) => {
  const issuer = await kontor.call('POST', '/v1/issuers', { ...ISSUER, time_zone: 'America/Los_Angeles' })
  const quotes = []
  for (let n = 0; n < 2; n++) {
    quotes.push(await issuedQuote({ issuer_id: issuer.body.id, issue_on: '2026-11-22', valid_until: '2026-11-23' }))
  }
  const [inTime, late] = quotes
  kontor.clock.set('2026-11-24T07:59:59Z')
  t.is((await accept(inTime.id, {}, 'in-time-key')).status, 201)
  kontor.clock.set('2026-11-24T08:00:00Z')
  const before = await kontor.state()
  t.like(await accept(late.id), { status: 409, body: { code: 'quote_expired', valid_until: '2026-11-23' } })
  t.deepEqual(await kontor.state(), before)
  const again = await accept(inTime.id, {}, 'in-time-key')
  t.is(again.status, 201, 'who accepted in time and asks again is answered as then')
  t.is(again.headers['idempotent-replayed'], 'true')
})

test.serial('an external id that is taken refuses the acceptance whole', async (t) => {
  const [first, second] = [await issuedQuote(), await issuedQuote()]
  await accept(first.id, { external_id: 'taken-once' })
  const before = await kontor.state()
  t.like(await accept(second.id, { external_id: 'taken-once' }), { status: 409, body: { code: 'external_id_in_use' } })
  t.deepEqual(await kontor.state(), before)
  t.is((await accept(second.id, { external_id: 'free' })).status, 201)
})

test('an acceptance that would be due before it is issued is refused', async (t) => {
  const quote = await issuedQuote({ due_on: '2026-11-25' })
  const reply = await accept(quote.id, { issue_on: '2026-11-26' })
  t.like(reply, { status: 422, body: { code: 'due_before_issue', errors: [{ path: '/due_on' }] } })
  t.like(await accept(quote.id, { issue_on: '2026-11-26', due_on: '2026-12-26' }), {
    status: 201,
    body: { due_on: '2026-12-26' },
  })
})

test.serial('a quote whose due date has passed is not used up by an invoice that could never be issued', async (t) => {
  const quote = await issuedQuote({ issue_on: '2026-11-20', due_on: '2026-11-22' })
  const before = await kontor.state()
  t.like(await accept(quote.id), { status: 422, body: { code: 'due_before_issue', errors: [{ path: '/due_on' }] } })
  t.deepEqual(await kontor.state(), before)
  const { body } = await accept(quote.id, { due_on: '2026-12-22' })
  t.is((await kontor.call('POST', `/v1/invoices/${body.id}/issue`)).status, 200)
})

test('two connections are enough for fifty at once: nobody holds one and waits for another', async (t) => {
  const quote = await issuedQuote()
  const { order } = await issuerAndAccount(kontor)
  const narrow = await kontor.twin({ connectionsMax: 2 })
  const quotes = await Promise.all(Array.from({ length: 50 }, () => kontor.call('POST', '/v1/quotes', order)))
  await Promise.all(quotes.map(({ body }) => kontor.call('POST', `/v1/quotes/${body.id}/issue`)))
  const replies = await Promise.all(
    quotes.map(({ body }) => callApp(narrow, admin, 'POST', `/v1/quotes/${body.id}/accept`, {})),
  )
  t.deepEqual([...new Set(replies.map(({ status }) => status))], [201])
  t.is((await callApp(narrow, admin, 'POST', `/v1/quotes/${quote.id}/accept`, {})).status, 201)
})
