import { randomBytes } from 'node:crypto'
import { formatId, newUuid, parseId, toBucket } from '@kontor/ids'
import test from 'ava'
import { ACCOUNT, type InvoicingUnderTest, invoicingUnderTest, LINE } from '../../../../test/support/invoicing.ts'
import { runStage } from '../testing/run-stage.ts'

let kontor: InvoicingUnderTest
let stage: ReturnType<typeof runStage>
test.before(async () => {
  kontor = await invoicingUnderTest()
  stage = runStage(kontor)
})
test.after.always(() => kontor.close())

test.serial('a run issues every draft of an issuer, once, and says how far it has come', async (t) => {
  const { order, issuer, ids } = await stage.drafts(130)
  const other = await stage.drafts(1)
  await kontor.call('POST', '/v1/quotes', order)
  const made = await kontor.call('POST', '/v1/invoice-runs', { issuer_id: issuer.id })
  t.like(made, { status: 202, body: { state: 'queued', total: 130, queued: 130, issued: 0, started_at: null } })
  const url = `/v1/invoice-runs/${made.body.id}`
  t.deepEqual((await kontor.call('GET', url)).body, made.body)
  const late = await kontor.call('POST', '/v1/invoices', order)
  await kontor.work()
  const { body } = await kontor.call('GET', url)
  t.like(body, {
    state: 'done',
    total: 130,
    queued: 0,
    issued: 130,
    issuable: 0,
    refused: 0,
    skipped: 0,
    dry_run: false,
  })
  t.truthy(body.finished_at)

  const items = await stage.itemsOf(body.id)
  t.deepEqual(items.map(({ invoice_id }) => invoice_id).sort(), ids.sort())
  t.is(new Set(items.map(({ number }) => number)).size, 130)
  for (const id of ids) t.like(await stage.invoice(id), { state: 'issued', issue_on: '2026-11-23' })
  t.is((await stage.invoice(late.body.id)).state, 'draft', 'the list is fixed when the run is made')
  t.is((await stage.invoice(other.ids[0] as string)).state, 'draft')
  const [series] = (await kontor.call('GET', `/v1/series?issuer_id=${issuer.id}`)).body.data
  t.like((await kontor.call('GET', `/v1/series/${series.id}/audit`)).body, { complete: true, count: 130 })
  const events = await kontor.sql<{ type: string; object_version: number }>(
    'select type, object_version from event where object_id = $1 order by object_version',
    [parseId('run', body.id)],
  )
  t.deepEqual(
    events.map(({ type }) => type),
    ['invoice_run.created', 'invoice_run.finished'],
  )
})

test.serial('items come page by page, and all of them as a table', async (t) => {
  const { ids } = await stage.drafts(3)
  const { id } = await stage.run({ invoice_ids: ids })
  const page = (await kontor.call('GET', `/v1/invoice-runs/${id}/items?limit=2`)).body
  t.like(page, { has_more: true, data: [{ position: 1 }, { position: 2, state: 'issued', code: null, path: null }] })
  const rest = (await kontor.call('GET', `/v1/invoice-runs/${id}/items?limit=2&after=2`)).body
  t.like(rest, { has_more: false, data: [{ position: 3 }] })
  const csv = await kontor.call('GET', `/v1/invoice-runs/${id}.csv`)
  t.is(csv.headers['content-type'], 'text/csv; charset=utf-8; header=present')
  const [head, ...lines] = csv.body.trimEnd().split('\r\n') as [string, ...string[]]
  t.is(head, 'position,invoice_id,external_id,state,number,issue_on,currency,gross,code,path')
  t.is(lines.length, 3)
  const [first] = await stage.itemsOf(id)
  t.is(lines[0], `1,${first?.invoice_id},,issued,${first?.number},2026-11-23,CHF,108.10,,`)
})

test.serial('what breaks a rule stays a draft, says why, and holds up nobody', async (t) => {
  const { order, ids } = await stage.drafts(2)
  const future = (await kontor.call('POST', '/v1/invoices', { ...order, issue_on: '2999-01-01' })).body.id
  const rate = { ...order, lines: [LINE, { ...LINE, vat_rate: '8' }] }
  const wrongRate = (await kontor.call('POST', '/v1/invoices', rate)).body.id
  const issued = (await kontor.call('POST', '/v1/invoices', order)).body.id
  await kontor.call('POST', `/v1/invoices/${issued}/issue`)
  const unknown = formatId('inv', newUuid(toBucket(9), 0, randomBytes))
  const quote = (await kontor.call('POST', '/v1/quotes', order)).body.id
  const asInvoice = formatId('inv', parseId('quo', quote))
  const body = await stage.run({ invoice_ids: [...ids, future, wrongRate, issued, unknown, asInvoice] })
  t.like(body, { state: 'done', total: 7, issued: 2, refused: 2, skipped: 3 })
  const items = new Map((await stage.itemsOf(body.id)).map((item) => [item.invoice_id, item]))
  t.like(items.get(future), { state: 'refused', code: 'date_in_future', path: '/issue_on', number: null })
  t.like(items.get(wrongRate), { state: 'refused', code: 'unknown_rate_for_date' })
  t.regex(items.get(wrongRate)?.path ?? '', /^\/lines\/1\//)
  t.like(items.get(issued), { state: 'skipped', code: 'invalid_transition' })
  t.like(items.get(unknown), { state: 'skipped', code: 'not_found', number: null })
  t.like(items.get(asInvoice), { state: 'skipped', code: 'not_found', number: null })
  t.is((await stage.invoice(future)).state, 'draft')
  t.is((await kontor.call('GET', `/v1/quotes/${quote}`)).body.state, 'draft')
})

test.serial('a dry run finds what is wrong, and changes no draft and no number', async (t) => {
  const { order, ids, issuer } = await stage.drafts(2)
  const future = (await kontor.call('POST', '/v1/invoices', { ...order, issue_on: '2999-01-01' })).body.id
  const { invoice_run: _, invoice_run_item: __, event: ___, idempotency: ____, ...before } = await kontor.state()
  const body = await stage.run({ issuer_id: issuer.id, dry_run: true })
  t.like(body, { state: 'done', dry_run: true, total: 3, issued: 0, issuable: 2, refused: 1, skipped: 0 })
  const { invoice_run, invoice_run_item, event, idempotency, ...after } = await kontor.state()
  t.deepEqual(after, before)
  for (const id of [...ids, future]) t.is((await stage.invoice(id)).state, 'draft')
  t.like(await stage.run({ issuer_id: issuer.id }), { issued: 2, refused: 1 })
})

test.serial(
  'drafts are issued in the order of their dates, and those without one on the date of the run',
  async (t) => {
    const { order, issuer } = await stage.drafts(0)
    const days = ['2026-11-20', undefined, '2026-11-01', '2026-11-10', undefined, '2026-11-22']
    for (const issue_on of days) {
      await kontor.call('POST', '/v1/invoices', {
        ...order,
        delivery_on: '2026-11-01',
        ...(issue_on ? { issue_on } : {}),
      })
    }
    const body = await stage.run({ issuer_id: issuer.id, issue_on: '2026-11-15' })
    t.like(body, { issued: 6, refused: 0, issue_on: '2026-11-15' })
    const found = await Promise.all((await stage.itemsOf(body.id)).map(({ invoice_id }) => stage.invoice(invoice_id)))
    t.deepEqual(
      found.map(({ issue_on }) => issue_on),
      ['2026-11-01', '2026-11-10', '2026-11-15', '2026-11-15', '2026-11-20', '2026-11-22'],
    )
  },
)

test.serial('the selection is an account, an age, or ids; and it must be clear', async (t) => {
  const { order, issuer, account } = await stage.drafts(2)
  const { body: second } = await kontor.call('POST', '/v1/accounts', ACCOUNT)
  await kontor.call('POST', '/v1/invoices', { ...order, account_id: second.id })
  const dry = { dry_run: true }
  t.like(await stage.run({ ...dry, account_id: second.id }), { total: 1 })
  t.like(await stage.run({ ...dry, issuer_id: issuer.id, account_id: account.id }), { total: 2 })
  t.like(await stage.run({ ...dry, issuer_id: issuer.id, created_before: '2020-01-01T00:00:00Z' }), {
    total: 0,
    state: 'done',
  })
  t.like(await stage.run({ ...dry, issuer_id: issuer.id, created_before: '2999-01-01T00:00:00.000Z' }), { total: 3 })
  const before = await kontor.state()
  for (const [body, status, code] of [
    [{}, 422, 'selection_unclear'],
    [{ dry_run: true }, 422, 'selection_unclear'],
    [{ invoice_ids: [order.account_id.replace('acc', 'inv')], issuer_id: issuer.id }, 422, 'selection_unclear'],
    [{ issuer_id: issuer.id, issue_on: '2026-02-30' }, 422, 'invalid_date'],
    [{ created_before: '2026-02-30T00:00:00Z' }, 422, 'invalid_date'],
    [{ invoice_ids: [] }, 400, 'malformed_request'],
    [{ invoice_ids: ['inv_1'] }, 400, 'malformed_request'],
    [{ issuer: issuer.id }, 400, 'malformed_request'],
  ] as const) {
    t.like(await kontor.call('POST', '/v1/invoice-runs', body), { status, body: { code } }, JSON.stringify(body))
  }
  t.deepEqual(await kontor.state(), before)
})

test.serial('another tenant and the other mode see neither a run nor its drafts', async (t) => {
  const { ids } = await stage.drafts(1)
  const live = await kontor.apiKey('admin', { mode: 'live' })
  const theirs = await kontor.call('POST', '/v1/invoice-runs', { invoice_ids: ids }, { as: live })
  await kontor.work()
  t.like((await kontor.call('GET', `/v1/invoice-runs/${theirs.body.id}`, undefined, { as: live })).body, {
    skipped: 1,
    issued: 0,
  })
  for (const url of ['', '/items', '.csv']) {
    const { status } = await kontor.call('GET', `/v1/invoice-runs/${theirs.body.id}${url}`)
    t.is(status, 404)
  }
  t.is((await stage.invoice(ids[0] as string)).state, 'draft')
})
