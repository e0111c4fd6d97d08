import { parseId } from '@kontor/ids'
import test from 'ava'
import {
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
} from '../../../../test/support/invoicing.ts'

let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

/** An issued proforma over 108.10. */
async function issued(form: object = {}) {
  const { order, account, issuer } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/proformas', { ...order, ...form })
  const reply = await kontor.call('POST', `/v1/proformas/${draft.body.id}/issue`)
  if (reply.status !== 200) throw new Error(reply.bytes.toString())
  return { order, account, issuer, id: draft.body.id as string, proforma: reply.body }
}

const pay = (id: string, amount_minor: number, received_on = '2026-11-20') =>
  kontor.call('POST', '/v1/payments', { invoice_id: id, method: 'cash', amount_minor, currency: 'CHF', received_on })
const shown = async (id: string) => (await kontor.call('GET', `/v1/proformas/${id}`)).body
const invoiceOf = async (id: string) => (await kontor.call('GET', `/v1/invoices/${(await shown(id)).invoice_id}`)).body

test.serial('a proforma has a number of its own, and takes none of the invoices', async (t) => {
  const { proforma, order, account } = await issued({ external_id: 'pro-1' })
  t.like(proforma, {
    state: 'issued',
    number: `P-${account.customer_number}-1`,
    open_minor: 10810,
    paid_minor: 0,
    invoice_id: null,
  })
  t.like((await kontor.call('GET', '/v1/proformas?external_id=pro-1')).body, {
    data: [{ id: proforma.id }],
    has_more: false,
  })
  const series = (await kontor.call('GET', `/v1/series?account_id=${account.id}`)).body.data
  t.deepEqual(
    series.map((one: { document_type: string }) => one.document_type),
    ['proforma'],
  )
  const draft = await kontor.call('POST', '/v1/proformas', order)
  t.is((await kontor.call('DELETE', `/v1/proformas/${draft.body.id}`)).status, 204)
  t.is((await kontor.call('GET', `/v1/proformas/${draft.body.id}`)).status, 404)
})

test.serial('its PDF is one, and says nothing else with every look', async (t) => {
  const { id } = await issued()
  const first = await kontor.call('GET', `/v1/proformas/${id}.pdf`)
  t.is(first.status, 200)
  t.is(first.headers['content-type'], 'application/pdf')
  t.is(first.bytes.subarray(0, 5).toString(), '%PDF-')
  t.deepEqual((await kontor.call('GET', `/v1/proformas/${id}.pdf`)).bytes, first.bytes)
  const copy = await kontor.call('GET', `/v1/proformas/${id}.pdf?language=en`)
  t.is(copy.headers['content-language'], 'en')
  t.is(copy.bytes.subarray(0, 5).toString(), '%PDF-')
  t.notDeepEqual(copy.bytes, first.bytes)
})

test.serial('paid in two parts, it becomes the invoice dated by the last of them, which is paid', async (t) => {
  const { id, account } = await issued()
  t.is((await pay(id, 10000, '2026-11-18')).status, 201)
  t.like(await shown(id), { state: 'issued', paid_minor: 10000, open_minor: 810, invoice_id: null })
  t.is((await pay(id, 810, '2026-11-16')).status, 201)
  t.like(await shown(id), { state: 'settled', open_minor: 0 })
  t.is((await invoiceOf(id)).state, 'draft')
  await kontor.work()
  const invoice = await invoiceOf(id)
  t.like(invoice, {
    state: 'issued',
    issue_on: '2026-11-18',
    number: `${account.customer_number}-1`,
    proforma_id: id,
    payment_status: 'paid',
    paid_minor: 10810,
    open_minor: 0,
  })
  t.like(await shown(id), { state: 'settled', paid_minor: 0, open_minor: 0, invoice_id: invoice.id })
  const events = await kontor.sql<{ type: string }>('select type from event where object_id = $1', [parseId('pro', id)])
  t.deepEqual(events.map(({ type }) => type).sort(), ['proforma.created', 'proforma.issued', 'proforma.settled'])
})

test.serial('where the series has a later date, it gets the earliest that it still takes', async (t) => {
  const { id, order } = await issued()
  const other = await kontor.call('POST', '/v1/invoices', { ...order, issue_on: '2026-11-22' })
  await kontor.call('POST', `/v1/invoices/${other.body.id}/issue`)
  await pay(id, 10810, '2026-11-19')
  await kontor.work()
  t.like(await invoiceOf(id), { state: 'issued', issue_on: '2026-11-22', payment_status: 'paid' })
})

test.serial(
  'however often and by how many the job is done, there is one invoice, and the money is there once',
  async (t) => {
    const { id } = await issued()
    await pay(id, 10810)
    const again = `insert into graphile_worker._private_jobs (task_id, payload)
                 select task_id, payload from graphile_worker._private_jobs, generate_series(1, 3)`
    await kontor.sql(again)
    await Promise.all([kontor.work(), kontor.work()])
    const invoice = await invoiceOf(id)
    t.like(invoice, { state: 'issued', paid_minor: 10810, payment_status: 'paid' })
    const [row] = await kontor.sql<{ count: number }>(
      'select count(*)::int as count from document where proforma_id = $1',
      [parseId('pro', id)],
    )
    t.is(row?.count, 1)
    const before = await kontor.state()
    t.like(await pay(id, 100), { status: 201, body: { allocations: [] } }, 'it asks for nothing any more')
    t.is((await kontor.state()).document, before.document)
  },
)

test.serial('two payments that both would settle it make one invoice; what is too much is credit', async (t) => {
  const { id } = await issued()
  const replies = await Promise.all([pay(id, 10810), pay(id, 10810), pay(id, 10810)])
  t.deepEqual(
    replies.map(({ status }) => status),
    [201, 201, 201],
  )
  await kontor.work()
  t.like(await invoiceOf(id), { state: 'issued', paid_minor: 10810 })
})

test.serial(
  'the draft that a paid proforma became is neither changed nor dropped, and whoever issues it by hand is first',
  async (t) => {
    const { id } = await issued()
    await pay(id, 10810)
    const { invoice_id } = await shown(id)
    const before = await kontor.state()
    const url = `/v1/invoices/${invoice_id}`
    const refused = { status: 409, body: { code: 'paid_for', proforma_id: id } }
    t.like(await kontor.call('DELETE', url), refused)
    const headers = { 'if-match': '"1"' }
    t.like(await kontor.call('PATCH', url, { lines: [{ ...LINE, price: '1' }] }, { headers }), refused)
    t.like(await kontor.call('PATCH', url, { terms: 'x' }, { headers }), refused)
    t.deepEqual(await kontor.state(), before)
    t.is((await kontor.call('POST', `/v1/invoices/${invoice_id}/issue`)).status, 200)
    await kontor.work()
    t.like(await invoiceOf(id), { payment_status: 'paid', paid_minor: 10810 })
  },
)

test.serial('a key that is revoked meanwhile does not keep the money from its invoice', async (t) => {
  const { id } = await issued()
  const key = await kontor.apiKey('accounting')
  const body = { invoice_id: id, method: 'cash', amount_minor: 10810, currency: 'CHF', received_on: '2026-11-20' }
  t.is((await kontor.call('POST', '/v1/payments', body, { as: key })).status, 201)
  await kontor.sql(`update api_key set revoked_at = now() where role = 'accounting'`)
  await kontor.work()
  t.like(await invoiceOf(id), { state: 'issued', payment_status: 'paid' })
})

test.serial('unpaid, it is cancelled once; wrong transitions are refused', async (t) => {
  const { id, order } = await issued()
  const cancel = (of: string, key?: string) =>
    kontor.call('POST', `/v1/proformas/${of}/cancel`, undefined, key ? { key } : {})
  const refused = (from: string, allowed: string[]) => ({
    status: 409,
    body: { code: 'invalid_transition', from, to: 'cancelled', allowed },
  })
  const first = await cancel(id, 'cancel-once')
  t.like(first, { status: 200, body: { state: 'cancelled', open_minor: 0 } })
  t.deepEqual((await cancel(id, 'cancel-once')).bytes, first.bytes)
  t.like(await cancel(id), refused('cancelled', []))
  t.like(await pay(id, 10810), { status: 201, body: { allocations: [] } })
  const draft = await kontor.call('POST', '/v1/proformas', order)
  t.like(await cancel(draft.body.id), refused('draft', ['issued']))
  const part = await issued()
  await pay(part.id, 1)
  t.like(await cancel(part.id), refused('partially_paid', ['settled']))
  await pay(part.id, 10809)
  t.like(await cancel(part.id), refused('settled', []))
  await kontor.work()
  for (const text of ['update proforma_cancellation set cancelled_at = now()', 'delete from proforma_cancellation']) {
    t.is(((await t.throwsAsync(kontor.sql(text))) as { code?: string }).code, '23000')
    t.is(((await t.throwsAsync(kontor.database.knex.raw(text))) as { code?: string }).code, '42501')
  }
})
