import { bucketOf, parseId } from '@kontor/ids'
import test from 'ava'
import {
  callApp,
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
  tokenOf,
} from '../../../../test/support/invoicing.ts'
import type { FindInstrument } from '../vault/client.ts'

let kontor: InvoicingUnderTest
const vault = new Map<string, Awaited<ReturnType<FindInstrument>>>()
test.before(async () => {
  kontor = await invoicingUnderTest(async (_owner, tokenId) => vault.get(tokenId))
})
test.after.always(() => kontor.close())

const patch = (url: string, version: number, body: object) =>
  kontor.call('PATCH', url, body, { headers: { 'if-match': `"${version}"` } })
const drop = (url: string) => kontor.call('DELETE', url)

async function drafted(kind: 'quotes' | 'invoices' = 'invoices', changes: object = {}) {
  const { order } = await issuerAndAccount(kontor)
  const { body } = await kontor.call('POST', `/v1/${kind}`, { ...order, ...changes })
  return { order, id: body.id as string, url: `/v1/${kind}/${body.id}` }
}

test.serial('a draft changes field by field, is added up again, and shows its version', async (t) => {
  for (const kind of ['quotes', 'invoices'] as const) {
    const { url } = await drafted(kind, { notes: ['Erste'], terms: '30 Tage', external_id: `keep-${kind}` })
    const read = await kontor.call('GET', url)
    t.is(read.headers.etag, '"1"')
    const changed = await patch(url, 1, { lines: [LINE, LINE], terms: null, delivery_on: '2026-11-20' })
    t.is(changed.status, 200, changed.bytes.toString())
    t.is(changed.headers.etag, '"2"')
    t.like(changed.body, {
      version: 2,
      terms: null,
      notes: ['Erste'],
      delivery_on: '2026-11-20',
      external_id: `keep-${kind}`,
      totals: { net_minor: 20_000, payable_minor: 21_620 },
    })
    t.deepEqual((await kontor.call('GET', url)).body, changed.body)
    const issued = await kontor.call('POST', `${url}/issue`)
    t.like(issued.body.totals, { net_minor: 20_000 })
    t.like(await patch(url, 3, { terms: 'Sofort' }), {
      status: 409,
      body: { code: 'invalid_transition', from: kind === 'quotes' ? 'sent' : 'issued', to: 'draft', allowed: [] },
    })
  }
})

test.serial('a change names the version it was made on, and what it changes must hold', async (t) => {
  const { url } = await drafted()
  const before = await kontor.state()
  t.like(await kontor.call('PATCH', url, { terms: 'x' }), { status: 428, body: { code: 'if_match_required' } })
  t.like(await patch(url, 2, { terms: 'x' }), { status: 412, body: { code: 'version_conflict' } })
  t.like(await patch(url, 1, { account_id: 'acc_x' }), { status: 400 })
  t.like(await patch(url, 1, { lines: [] }), { status: 400 })
  t.like(await patch(url, 1, { currency: 'XXX' }), { status: 422, body: { code: 'unknown_currency' } })
  t.like(await patch(url, 1, { due_on: '2026-02-30' }), { status: 422, body: { code: 'invalid_date' } })
  t.like(await patch(url, 1, { notes: ['4242 4242 4242 4242'] }), { status: 422, body: { code: 'sensitive_text' } })
  t.like(await patch(url, 1, { issue_on: '2026-11-20', due_on: '2026-11-19' }), { body: { code: 'due_before_issue' } })
  const other = await kontor.apiKey('admin', { mode: 'live' })
  const headers = { 'if-match': '"1"' }
  t.is((await kontor.call('PATCH', url, {}, { as: other, headers })).status, 404)
  t.deepEqual(await kontor.state(), before)
})

test.serial('an instrument is put on a draft, stays through other changes, and is taken off', async (t) => {
  const { order, url } = await drafted()
  const accountId = parseId('acc', order.account_id)
  const token = tokenOf(bucketOf(accountId))
  t.like(await patch(url, 1, { token_id: token }), { status: 422, body: { code: 'unknown_token' } })
  vault.set(parseId('tok', token), { accountId, type: 'card', display: 'Visa •••• 4242' } as never)
  const instrument = { token_id: token, type: 'card', display: 'Visa •••• 4242' }
  t.deepEqual((await patch(url, 1, { token_id: token })).body.instrument, instrument)
  t.deepEqual((await patch(url, 2, { terms: 'Sofort' })).body.instrument, instrument)
  t.is((await patch(url, 3, { token_id: null })).body.instrument, null)
})

test.serial('two changes of one version: one is made', async (t) => {
  const { url } = await drafted()
  const admin = await kontor.apiKey('admin')
  const twin = await kontor.twin()
  const headers = { 'if-match': '"1"' }
  const replies = await Promise.all([
    patch(url, 1, { terms: 'A' }),
    callApp(twin, admin, 'PATCH', url, { terms: 'B' }, { headers }),
  ])
  t.deepEqual(replies.map(({ status }) => status).toSorted(), [200, 412])
})

test.serial('issuing, changing and dropping at once: one comes first, and no number is lost', async (t) => {
  const { order } = await drafted()
  const admin = await kontor.apiKey('admin')
  const twin = await kontor.twin()
  const headers = { 'if-match': '"1"' }
  for (let round = 0; round < 8; round++) {
    const { body } = await kontor.call('POST', '/v1/invoices', order)
    const url = `/v1/invoices/${body.id}`
    const [issued, dropped] = await Promise.all([
      kontor.call('POST', `${url}/issue`),
      callApp(twin, admin, 'DELETE', url),
      callApp(twin, admin, 'PATCH', url, { terms: 'neu' }, { headers }),
    ])
    t.true(issued.status === 200 ? dropped.status === 409 : [204, 409].includes(dropped.status))
    t.is((await kontor.call('GET', url)).status, dropped.status === 204 ? 404 : 200)
  }
  const series = await kontor.call('GET', `/v1/series?account_id=${order.account_id}`)
  for (const { id } of series.body.data) {
    t.like((await kontor.call('GET', `/v1/series/${id}/audit`)).body, { complete: true, missing: [] })
  }
})

test.serial(
  'a dropped draft is gone, its external id free, its events there; dropping it again does nothing',
  async (t) => {
    for (const [kind, type, prefix] of [
      ['quotes', 'quote', 'quo'],
      ['invoices', 'invoice', 'inv'],
    ] as const) {
      const { order, id, url } = await drafted(kind, { external_id: `free-${kind}` })
      t.is((await drop(url)).status, 204)
      t.is((await kontor.call('GET', url)).status, 404)
      const after = await kontor.state()
      t.is((await drop(url)).status, 204)
      t.deepEqual(await kontor.state(), after)
      const again = await kontor.call('POST', `/v1/${kind}`, { ...order, external_id: `free-${kind}` })
      t.is(again.status, 201)
      const events = await kontor.sql<{ type: string }>('select type from event where object_id = $1 order by tx', [
        parseId(prefix, id),
      ])
      t.deepEqual(
        events.map((event) => event.type),
        [`${type}.created`, `${type}.dropped`],
      )
      t.is((await kontor.call('POST', `${url}/issue`)).status, 404)
      const unknown = `/v1/${kind}/${again.body.id.slice(0, -4)}aaaa`
      t.is((await drop(unknown)).status, 404)
    }
  },
)

test.serial('what is no draft any more is neither changed nor dropped, and is said to be what it is', async (t) => {
  const { url, order } = await drafted('quotes', { valid_until: '2026-11-30' })
  const refused = async (what: string, from: string, version: number) => {
    const before = await kontor.state()
    const body = { code: 'invalid_transition', from, allowed: [] }
    t.like(await drop(what), { status: 409, body: { ...body, to: 'dropped' } })
    if (!what.includes('proformas'))
      t.like(await patch(what, version, {}), { status: 409, body: { ...body, to: 'draft' } })
    t.deepEqual(await kontor.state(), before)
  }
  await kontor.call('POST', `${url}/issue`)
  await refused(url, 'sent', 2)
  await refused(url, 'sent', 1)
  await kontor.call('POST', `${url}/decline`, {})
  await refused(url, 'declined', 2)
  const { url: other } = await drafted('quotes', { valid_until: '2026-11-23' })
  await kontor.call('POST', `${other}/issue`)
  kontor.clock.set('2026-11-24T10:00:00.000Z')
  await refused(other, 'expired', 2)
  kontor.clock.set('2026-11-23T10:00:00.000Z')
  await kontor.call('POST', `${other}/accept`, {})
  await refused(other, 'accepted', 2)
  const { url: invoice } = await drafted()
  await kontor.call('POST', `${invoice}/issue`)
  await kontor.call('POST', `${invoice}/void`, { reason: 'Irrtum' })
  await refused(invoice, 'void', 2)
  const { body: proforma } = await kontor.call('POST', '/v1/proformas', order)
  await kontor.call('POST', `/v1/proformas/${proforma.id}/issue`)
  await refused(`/v1/proformas/${proforma.id}`, 'issued', 2)
  await kontor.call('POST', `/v1/proformas/${proforma.id}/cancel`)
  await refused(`/v1/proformas/${proforma.id}`, 'cancelled', 2)
})

test.serial(
  'a draft credit note is shared out again when it changes, and frees what it reserved when it is dropped',
  async (t) => {
    const { url } = await drafted('invoices', { lines: [{ ...LINE, quantity: '4' }] })
    await kontor.call('POST', `${url}/issue`)
    const credit = (quantity: string) =>
      kontor.call('POST', `${url}/credit-notes`, { reason: 'Retour', lines: [{ line: 1, quantity }] })
    const [first, second] = [await credit('1'), await credit('2')]
    const noteUrl = `/v1/credit-notes/${first.body.id}`
    const more = await patch(noteUrl, 1, { lines: [{ line: 1, quantity: '2' }], reason: 'Zwei zurück' })
    t.is(more.status, 200, more.bytes.toString())
    t.like(more.body, { version: 2, reason: 'Zwei zurück', totals: { net_minor: 10_000, gross_minor: 10_810 } })
    t.like(await patch(noteUrl, 2, { lines: [{ line: 1, quantity: '3' }] }), {
      status: 409,
      body: { code: 'credit_exceeds_invoice', remaining_minor: 10_000, line: 1 },
    })
    t.like(await patch(noteUrl, 2, { issue_on: '2026-11-01' }), { status: 422, body: { code: 'date_before_original' } })
    t.like((await patch(noteUrl, 2, { reason: 'Doch' })).body, { reason: 'Doch', totals: { net_minor: 10_000 } })
    t.like(await credit('1'), { status: 409, body: { code: 'credit_exceeds_invoice', remaining_minor: 0 } })
    t.is((await drop(`/v1/credit-notes/${second.body.id}`)).status, 204)
    t.is((await credit('2')).status, 201)
    await kontor.call('POST', `${noteUrl}/issue`)
    t.like(await drop(noteUrl), { status: 409, body: { code: 'invalid_transition', from: 'issued', to: 'dropped' } })
  },
)

test.serial('a credit note of another system’s invoice has no lines to share out', async (t) => {
  const { order } = await drafted()
  const body = { ...order, preceding_invoice: { number: 'ALT-9' }, reason: 'Retour' }
  const note = await kontor.call('POST', '/v1/credit-notes', body)
  const url = `/v1/credit-notes/${note.body.id}`
  t.like(await patch(url, 1, { lines: [{ line: 1 }] }), { status: 422, body: { code: 'unknown_invoice' } })
  t.like((await patch(url, 1, { reason: 'Bruch' })).body, { reason: 'Bruch', totals: note.body.totals })
})

test.serial('the reference of a draft is changed only where it is another system’s', async (t) => {
  const { order, id, url } = await drafted()
  const { body: issued } = await kontor.call('POST', `${url}/issue`)
  const own = await kontor.call('POST', '/v1/invoices', { ...order, type_code: '384', corrects_id: id })
  const foreign = await kontor.call('POST', '/v1/invoices', { ...order, type_code: '384' })
  const [ownUrl, foreignUrl] = [own, foreign].map(({ body }) => `/v1/invoices/${body.id}`) as [string, string]
  const preceding_invoice = { number: 'ALT-3' }
  t.like(await patch(ownUrl, 1, { preceding_invoice }), { status: 422, body: { code: 'correction_not_allowed' } })
  t.like((await patch(foreignUrl, 1, { preceding_invoice })).body, { preceding_invoice })
  t.like(await patch(foreignUrl, 2, { preceding_invoice: { number: issued.number } }), {
    status: 422,
    body: { code: 'own_invoice' },
  })
})
