import { bucketOf, parseId } from '@kontor/ids'
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
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

async function issued(changes: object = {}) {
  const { order } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/invoices', { ...order, ...changes })
  const { body, status, bytes } = await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
  if (status !== 200) throw new Error(bytes.toString())
  return { order, id: body.id as string, url: `/v1/invoices/${body.id}`, invoice: body }
}

const makeVoid = (url: string, key?: string) =>
  kontor.call('POST', `${url}/void`, { reason: 'Doppelt' }, key ? { key } : {})
const send = (url: string, body: object = { channel: 'email' }) => kontor.call('POST', `${url}/sent`, body)
const pay = (id: string) =>
  kontor.call('POST', '/v1/payments', {
    invoice_id: id,
    method: 'cash',
    amount_minor: 1,
    currency: 'CHF',
    received_on: '2026-11-23',
  })
const csv = (query = '') => kontor.call('GET', `/v1/exports/invoices.csv${query}`)

test.serial('an invoice that nobody has seen is made void: number and PDF stay, nothing is open', async (t) => {
  const { order, id, url, invoice } = await issued()
  const pdf = await kontor.call('GET', `${url}.pdf`)
  const reply = await makeVoid(url, 'void-once-1')
  t.is(reply.status, 201, reply.bytes.toString())
  t.like(reply.body, { invoice_id: id, number: invoice.number, state: 'void', reason: 'Doppelt' })
  t.deepEqual((await makeVoid(url, 'void-once-1')).bytes, reply.bytes)
  const shown = (await kontor.call('GET', url)).body
  t.like(shown, {
    state: 'void',
    void_reason: 'Doppelt',
    open_minor: 0,
    payment_status: null,
    overdue: false,
    number: invoice.number,
    totals: invoice.totals,
  })
  t.deepEqual((await kontor.call('GET', `${url}.pdf`)).bytes, pdf.bytes)
  const [row] = await kontor.sql<{ open: bigint }>('select open_minor($1::smallint, $2) as open', [
    bucketOf(parseId('inv', id)),
    parseId('inv', id),
  ])
  t.is(row?.open, 0n)
  const series = await kontor.call('GET', `/v1/series?account_id=${order.account_id}`)
  const audit = await kontor.call('GET', `/v1/series/${series.body.data[0].id}/audit`)
  t.like(audit.body, { complete: true, numbers: [{ number: invoice.number, intact: true, state: 'void' }] })
  const transitions = [
    [await pay(id), 'paid'],
    [await kontor.call('POST', `${url}/credit-notes`, { reason: 'x' }), 'credited'],
    [await kontor.call('POST', `${url}/cancel`, { reason: 'x' }), 'credited'],
    [await send(url), 'sent'],
    [await makeVoid(url), 'void'],
  ] as const
  for (const [refused, to] of transitions) {
    t.like(refused, { status: 409, body: { code: 'invalid_transition', from: 'void', to, allowed: [] } })
  }
  const lines = (await csv()).body.split('\r\n') as string[]
  t.true(lines.some((line) => line.startsWith(`${invoice.number},`) && line.endsWith(',void')))
})

test.serial('a draft is neither sent nor void', async (t) => {
  const { order } = await issued()
  const draft = await kontor.call('POST', '/v1/invoices', order)
  const url = `/v1/invoices/${draft.body.id}`
  const before = await kontor.state()
  t.like(await makeVoid(url), {
    status: 409,
    body: { code: 'invalid_transition', from: 'draft', to: 'void', allowed: ['issued'] },
  })
  t.like(await send(url), { status: 409, body: { code: 'invalid_transition', from: 'draft', to: 'sent' } })
  t.deepEqual(await kontor.state(), before)
})

test.serial('sending is recorded as often as it happens, and not ahead of time', async (t) => {
  const { url, invoice } = await issued()
  t.like((await send(url, { channel: 'post', sent_on: '2026-11-22' })).body, {
    invoice_id: invoice.id,
    channel: 'post',
    sent_on: '2026-11-22',
  })
  t.like((await send(url)).body, { channel: 'email', sent_on: '2026-11-23' })
  t.is((await kontor.call('GET', url)).body.sent_on, '2026-11-22')
  t.like(await send(url, { channel: 'email', sent_on: '2026-11-24' }), {
    status: 422,
    body: { code: 'date_in_future' },
  })
  t.like(await send(url, { channel: 'email', sent_on: '2026-02-30' }), { status: 422, body: { code: 'invalid_date' } })
  t.is((await send(url, { channel: 'pigeon' })).status, 400)
})

test.serial('too late: sent, paid, credited, exported, or issued in France', async (t) => {
  const refused = async (url: string, because: string) => {
    const before = await kontor.state()
    t.like(await makeVoid(url), { status: 409, body: { code: 'use_credit_note', because } })
    t.deepEqual(await kontor.state(), before)
  }
  const sent = await issued()
  await send(sent.url)
  await refused(sent.url, 'sent')
  const paid = await issued()
  await pay(paid.id)
  await refused(paid.url, 'allocated')
  const credited = await issued()
  const note = await kontor.call('POST', `${credited.url}/credit-notes`, { reason: 'x' })
  await refused(credited.url, 'credited')
  await kontor.call('DELETE', `/v1/credit-notes/${note.body.id}`)
  t.is((await makeVoid(credited.url)).status, 201, 'a dropped draft has left no trace')
  const address = { ...ISSUER.address, country: 'FR' }
  const issuer = await kontor.call('POST', '/v1/issuers', { ...ISSUER, vat_id: 'FR32123456789', address })
  const french = await issued({ issuer_id: issuer.body.id, currency: 'EUR', lines: [{ ...LINE, vat_rate: '20' }] })
  await refused(french.url, 'country')
})

test.serial(
  'an export claims the issue dates that it covers, of its mode and of what was issued by then',
  async (t) => {
    const [covered, outside] = [await issued(), await issued({ issue_on: '2026-11-01', delivery_on: '2026-11-01' })]
    await csv('?from=2026-11-20&until=2026-11-24')
    t.like(await makeVoid(covered.url), { status: 409, body: { code: 'use_credit_note', because: 'exported' } })
    t.is((await makeVoid(outside.url)).status, 201)
    const later = await issued()
    t.is((await makeVoid(later.url)).status, 201, 'issued after the export, in the same instant of the clock')
    const doubtful = await issued()
    await kontor.sql(`insert into export_run (bucket, id, tenant_id, mode, from_on, until_on, actor_key_id, taken_at)
      select bucket, gen_random_uuid(), tenant_id, mode, from_on, until_on, actor_key_id, taken_at from export_run where from_on = '2026-11-20' limit 1`)
    const doubted = await makeVoid(doubtful.url)
    t.like(doubted, { body: { because: 'exported' } }, doubted.bytes.toString())
    kontor.clock.advance(61_000)
    const live = await kontor.apiKey('admin', { mode: 'live' })
    const another = await issued()
    await kontor.call('GET', '/v1/exports/invoices.csv', undefined, { as: live })
    t.is((await makeVoid(another.url)).status, 201, 'of another mode')
  },
)

test.serial('an export and a void at once: the export has it as void, or the void is refused', async (t) => {
  const admin = await kontor.apiKey('admin')
  const twin = await kontor.twin()
  const seen = new Set<string>()
  for (let round = 0; round < 12; round++) {
    const { url, invoice } = await issued()
    const [voided, exported] = await Promise.all([
      makeVoid(url),
      callApp(twin, admin, 'GET', '/v1/exports/invoices.csv'),
    ])
    const line = (exported.body.split('\r\n') as string[]).find((each) => each.startsWith(`${invoice.number},`))
    t.is(exported.status, 200)
    t.is(voided.status === 201 ? 'void' : 'issued', line?.split(',').at(-1) as string)
    seen.add(String(voided.status))
  }
  t.log([...seen])
})

test.serial('paying, crediting, sending and voiding at once: never void and anything else', async (t) => {
  const admin = await kontor.apiKey('admin')
  const twin = await kontor.twin()
  for (const other of ['pay', 'credit', 'send'] as const) {
    for (let round = 0; round < 4; round++) {
      const { id, url } = await issued()
      const others = {
        pay: () => pay(id),
        credit: () => kontor.call('POST', `${url}/credit-notes`, { reason: 'x' }),
        send: () => send(url),
      }
      const [done, voided] = await Promise.all([
        others[other](),
        callApp(twin, admin, 'POST', `${url}/void`, { reason: 'x' }),
      ])
      t.deepEqual([done.status, voided.status].toSorted(), [201, 409], other)
    }
  }
})
