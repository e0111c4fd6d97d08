import test from 'ava'
import {
  type InvoicingUnderTest,
  ISSUER,
  invoicingUnderTest,
  issuerAndAccount,
} from '../../../../test/support/invoicing.ts'
import { plansOf } from '../testing/plans.ts'

// Serial: the lists are of everything that the tests of this file made.
let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

interface Shown {
  readonly id: string
  readonly state: string
}

async function list(query: string, as?: string): Promise<Shown[]> {
  const found: Shown[] = []
  for (let after = ''; ; ) {
    const reply = await kontor.call('GET', `/v1/invoices?${query}${after}`, undefined, as ? { as } : {})
    if (reply.status !== 200) throw new Error(reply.bytes.toString())
    found.push(...reply.body.data)
    if (!reply.body.has_more) return found
    after = `&after=${found.at(-1)?.id}`
  }
}
const ids = (shown: readonly Shown[]) => shown.map(({ id }) => id)

async function invoice(order: object, changes: object = {}) {
  const draft = await kontor.call('POST', '/v1/invoices', { ...order, ...changes })
  if (draft.status !== 201) throw new Error(draft.bytes.toString())
  return (await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)).body
}

test.serial('drafts, issued and void invoices are listed apart, page by page', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  const made: Record<string, string[]> = { draft: [], issued: [], void: [] }
  for (let n = 0; n < 3; n++) {
    made.draft?.push((await kontor.call('POST', '/v1/invoices', order)).body.id)
    made.issued?.push((await invoice(order)).id)
    const unseen = await invoice(order)
    await kontor.call('POST', `/v1/invoices/${unseen.id}/void`, { reason: 'Doppelt' })
    made.void?.push(unseen.id)
  }
  for (const [state, expected] of Object.entries(made)) {
    for (const query of ['', `&account_id=${account.id}`, '&limit=1', `&account_id=${account.id}&limit=2`]) {
      t.deepEqual(ids(await list(`state=${state}${query}`)), expected.toSorted(), `${state} ${query}`)
    }
  }
  const live = await kontor.apiKey('admin', { mode: 'live' })
  for (const state of Object.keys(made)) t.deepEqual(await list(`state=${state}`, live), [], state)
  for (const [state, index] of [
    ['draft', 'document_draft'],
    ['issued', 'document_tenant'],
    ['void', 'document_void_tenant'],
  ] as const) {
    const [plan = ''] = (await plansOf(kontor, () => list(`state=${state}&after=${made.draft?.[0]}`))).filter((each) =>
      each.includes('Limit'),
    )
    t.true(plan.includes(index), plan)
    t.notRegex(plan, /Sort|Seq Scan/)
  }
})

test.serial('what is overdue of an account is open after its due date, where the issuer is', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  const due = { issue_on: '2026-10-01', due_on: '2026-11-01' }
  const [late, paid, unpaid] = [await invoice(order, due), await invoice(order, due), await invoice(order, due)]
  await invoice(order, { ...due, due_on: '2026-12-01' })
  await invoice(order)
  await kontor.call('POST', '/v1/invoices', { ...order, ...due })
  const east = await kontor.call('POST', '/v1/issuers', { ...ISSUER, time_zone: 'Pacific/Kiritimati' })
  // 10:00 UTC on the 23rd: on Kiritimati the 24th has begun.
  const today = { issue_on: '2026-10-01', due_on: '2026-11-23' }
  const there = await invoice(order, { ...today, issuer_id: east.body.id })
  await invoice(order, today)
  const cash = { method: 'cash', currency: 'CHF', received_on: '2026-11-20' }
  await kontor.call('POST', '/v1/payments', { ...cash, invoice_id: paid.id, amount_minor: 10_810 })
  await kontor.call('POST', '/v1/payments', { ...cash, invoice_id: unpaid.id, amount_minor: 10_809 })
  const overdue = [late.id, unpaid.id, there.id].toSorted()
  for (const query of ['', '&limit=1', '&state=issued']) {
    t.deepEqual(ids(await list(`overdue=true&account_id=${account.id}${query}`)), overdue)
  }
  t.deepEqual(await list(`overdue=true&state=draft&account_id=${account.id}`), [])
  const all = await kontor.call('GET', '/v1/invoices?overdue=true')
  t.like(all, { status: 422, body: { code: 'account_missing', errors: [{ path: '/account_id' }] } })
})

test.serial('a number finds every invoice that has it, of whichever issuer', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const numbering = { scope: 'issuer', period: 'none', format: 'R-{seq}' }
  const issuers = [order.issuer_id, (await kontor.call('POST', '/v1/issuers', ISSUER)).body.id]
  const made: string[] = []
  for (const issuer_id of issuers) {
    const headers = { 'if-match': '"1"' }
    const set = await kontor.call('PUT', `/v1/issuers/${issuer_id}/numbering`, { invoice: numbering }, { headers })
    t.is(set.status, 200, set.bytes.toString())
    made.push((await invoice(order, { issuer_id })).id)
  }
  t.deepEqual(ids(await list('number=R-1')), made.toSorted())
  t.deepEqual(ids(await list(`number=R-1&account_id=${order.account_id}&state=issued`)), made.toSorted())
  t.deepEqual(await list('number=R-1&state=void'), [])
  t.deepEqual(await list('number=R-3'), [])
  const live = await kontor.apiKey('admin', { mode: 'live' })
  t.deepEqual(await list('number=R-1', live), [])
  const elsewhere = await kontor.call('GET', '/v1/credit-notes?number=R-1')
  t.deepEqual(elsewhere.body.data, [], 'it is no credit note')
  const note = await kontor.call('POST', `/v1/invoices/${made[0]}/cancel`, { reason: 'Retour' })
  const found = await kontor.call('GET', `/v1/credit-notes?number=${note.body.number}`)
  t.deepEqual(ids(found.body.data), [note.body.id])
})
