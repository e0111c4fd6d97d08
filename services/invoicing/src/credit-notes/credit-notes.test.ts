import { bucketOf, parseId } from '@kontor/ids'
import test, { type ExecutionContext } from 'ava'
import {
  callApp,
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

async function issuedInvoice(changes: object = {}) {
  const { order } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/invoices', { ...order, ...changes })
  const issued = await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
  if (issued.status !== 200) throw new Error(issued.bytes.toString())
  return { order, id: draft.body.id as string, invoice: issued.body }
}

const credit = (id: string, body: object = {}, key?: string) =>
  kontor.call('POST', `/v1/invoices/${id}/credit-notes`, { reason: 'Retour', ...body }, key ? { key } : {})
const issue = (id: string) => kontor.call('POST', `/v1/credit-notes/${id}/issue`)
const invoiceOf = async (id: string) => (await kontor.call('GET', `/v1/invoices/${id}`)).body
const pay = (id: string, amount_minor: number) =>
  kontor.call('POST', '/v1/payments', {
    invoice_id: id,
    method: 'cash',
    amount_minor,
    currency: 'CHF',
    received_on: '2026-11-23',
  })
const allocationsOf = (id: string) =>
  kontor.sql<{ amount_minor: bigint; credit_note_id: string | null }>(
    'select amount_minor, credit_note_id from allocation where bucket = $1 and invoice_id = $2 order by amount_minor desc',
    [bucketOf(parseId('inv', id)), parseId('inv', id)],
  )
const eventsOf = async (object: string) =>
  (await kontor.sql<{ type: string }>('select type from event where object_id = $1 order by tx', [object])).map(
    ({ type }) => type,
  )

test.serial(
  'a credit note is drafted of some lines, issued under a number of its own, and lowers what is open',
  async (t) => {
    const { id, invoice } = await issuedInvoice({ lines: [LINE, { ...LINE, name: 'Reise' }] })
    const draft = await credit(id, { lines: [{ line: 2, quantity: '1' }], external_id: 'return-1' })
    t.is(draft.status, 201, draft.bytes.toString())
    t.like(draft.body, {
      state: 'draft',
      type_code: '381',
      corrects_id: id,
      number: null,
      external_id: 'return-1',
      reason: 'Retour',
      preceding_invoice: { number: invoice.number, issued_on: invoice.issue_on },
      credited_lines: [{ line: 2, quantity: '1', amount_minor: 5000 }],
      totals: { net_minor: 5000, vat_minor: 405, gross_minor: 5405, payable_minor: 5405 },
    })
    t.is((await invoiceOf(id)).open_minor, 21_620, 'a draft lowers nothing')
    const issued = await issue(draft.body.id)
    t.is(issued.status, 200, issued.bytes.toString())
    t.regex(issued.body.number, /^CN-\d{9}-1$/)
    t.is((await invoiceOf(id)).open_minor, 16_215)
    t.deepEqual(await allocationsOf(id), [{ amount_minor: 5405n, credit_note_id: parseId('cre', draft.body.id) }])
    t.deepEqual(await eventsOf(parseId('cre', draft.body.id)), ['credit_note.created', 'credit_note.issued'])
    t.deepEqual(await eventsOf(parseId('inv', id)), ['invoice.created', 'invoice.issued', 'invoice.partially_credited'])
    const rest = await credit(id)
    t.like(rest.body.totals, { gross_minor: 16_215 })
    await issue(rest.body.id)
    t.is((await invoiceOf(id)).open_minor, 0)
    t.is((await eventsOf(parseId('inv', id))).at(-1), 'invoice.credited')
    t.like(await credit(id), { status: 409, body: { code: 'credit_exceeds_invoice', remaining_minor: 0 } })

    t.like((await kontor.call('GET', `/v1/credit-notes/${draft.body.id}`)).body, issued.body)
    const found = await kontor.call('GET', '/v1/credit-notes?external_id=return-1')
    t.deepEqual(found.body.data, [issued.body])
    const all = await kontor.call('GET', `/v1/credit-notes?account_id=${invoice.account_id}&limit=1`)
    t.like(all.body, { has_more: true })
  },
)

test.serial(
  'what was paid already is not taken back from the open amount: the rest is the customer’s credit',
  async (t) => {
    const { id } = await issuedInvoice()
    t.is((await pay(id, 10_000)).status, 201)
    const note = await credit(id)
    await issue(note.body.id)
    t.deepEqual(
      (await allocationsOf(id)).map(({ amount_minor }) => amount_minor),
      [10_000n, 810n],
    )
    t.is((await invoiceOf(id)).open_minor, 0)
    t.like(await pay(id, 1), { status: 201, body: { allocated_minor: 0, credit_minor: 1 } })
  },
)

test.serial('a payment and a credit note at once never take more than the invoice has', async (t) => {
  const admin = await kontor.apiKey('admin')
  const twin = await kontor.twin()
  for (let round = 0; round < 5; round++) {
    const { id } = await issuedInvoice()
    const note = await credit(id)
    const [paid] = await Promise.all([
      pay(id, 10_810),
      callApp(twin, admin, 'POST', `/v1/credit-notes/${note.body.id}/issue`),
    ])
    const amounts = (await allocationsOf(id)).map(({ amount_minor }) => amount_minor)
    t.deepEqual(amounts, [10_810n], `the payment answered ${paid?.status}`)
    t.is((await invoiceOf(id)).open_minor, 0)
  }
})

test.serial('credit notes at once, in two processes, take each part once', async (t) => {
  const admin = await kontor.apiKey('admin')
  const apps = [kontor.app, await kontor.twin()]
  const { id } = await issuedInvoice({ lines: [{ ...LINE, quantity: '3', price: '33.335' }] })
  const replies = await Promise.all(
    Array.from({ length: 8 }, (_, n) =>
      callApp(apps[n % 2] as typeof kontor.app, admin, 'POST', `/v1/invoices/${id}/credit-notes`, {
        reason: 'Retour',
        lines: [{ line: 1, quantity: '1' }],
      }),
    ),
  )
  t.deepEqual(
    replies.map(({ status }) => status).toSorted(),
    [201, 201, 201, 409, 409, 409, 409, 409],
    'three pieces were sold',
  )
  for (const { status, body } of replies) {
    if (status === 409) t.like(body, { code: 'credit_exceeds_invoice', remaining_minor: 0, line: 1 })
  }
  const issued = await Promise.all(replies.filter(({ status }) => status === 201).map(({ body }) => issue(body.id)))
  for (const { status, bytes } of issued) t.is(status, 200, bytes.toString())
  const sum = (field: string) => issued.reduce((total, { body }) => total + body.totals[field], 0)
  const { totals } = await invoiceOf(id)
  t.deepEqual(
    [sum('net_minor'), sum('vat_minor'), sum('payable_minor')],
    [totals.net_minor, totals.vat_minor, totals.payable_minor],
  )
})

test.serial('a draft of an invoice cannot be credited, and a credit note is issued once', async (t) => {
  const { order } = await issuedInvoice()
  const draft = await kontor.call('POST', '/v1/invoices', order)
  for (const url of [`/v1/invoices/${draft.body.id}/credit-notes`, `/v1/invoices/${draft.body.id}/cancel`]) {
    t.like(await kontor.call('POST', url, { reason: 'Retour' }), {
      status: 409,
      body: { code: 'invalid_transition', from: 'draft', to: 'credited', allowed: ['issued'] },
    })
  }
  const { id } = await issuedInvoice()
  const note = await credit(id)
  await issue(note.body.id)
  t.like(await issue(note.body.id), {
    status: 409,
    body: { code: 'invalid_transition', from: 'issued', to: 'issued', allowed: [] },
  })
})

const refuses = test.macro<[body: object, status: number, code: string, path?: string]>({
  async exec(t: ExecutionContext, body, status, code, path) {
    const { id } = await issuedInvoice()
    const before = await kontor.state()
    const reply = await credit(id, body)
    t.like(reply, { status, body: { code } }, reply.bytes.toString())
    if (path !== undefined) t.is(reply.body.errors[0].path, path)
    t.deepEqual(await kontor.state(), before)
  },
  title: (because) => `a credit note is refused: ${because}`,
})
test.serial(
  'more than the line has',
  refuses,
  { lines: [{ line: 1, amount_minor: 10_001 }] },
  409,
  'credit_exceeds_invoice',
)
test.serial('a line that is not there', refuses, { lines: [{ line: 9 }] }, 422, 'unknown_line', '/lines/0/line')
test.serial('before its invoice', refuses, { issue_on: '2026-11-01' }, 422, 'date_before_original', '/issue_on')
test.serial('on no day', refuses, { issue_on: '2026-02-30' }, 422, 'invalid_date', '/issue_on')
test.serial(
  'a card number as reason',
  refuses,
  { reason: 'Karte 4242 4242 4242 4242' },
  422,
  'sensitive_text',
  '/reason',
)
test.serial('no reason', refuses, { reason: undefined }, 400, 'malformed_request')

test.serial('in the future it can be drafted, and issued when the day has come', async (t) => {
  const { id } = await issuedInvoice()
  const note = await credit(id, { issue_on: '2026-12-31' })
  t.is(note.status, 201)
  t.like(await issue(note.body.id), { status: 422, body: { code: 'date_in_future' } })
})

test.serial('a retry is answered as the first, and credits nothing again', async (t) => {
  const { id } = await issuedInvoice()
  const body = { lines: [{ line: 1, quantity: '1' }] }
  const first = await credit(id, body, 'credit-retry-1')
  const again = await credit(id, body, 'credit-retry-1')
  t.deepEqual(again.bytes, first.bytes)
  t.like(await credit(id, { lines: [{ line: 1 }] }, 'credit-retry-1'), { body: { code: 'idempotency_mismatch' } })
  t.is((await invoiceOf(id)).corrected_by_ids.length, 1)
})

test.serial('whoever may not issue credit notes does not cancel; another tenant and mode see none', async (t) => {
  const { id } = await issuedInvoice()
  const note = await credit(id)
  for (const role of ['checkout', 'accounting']) {
    const as = await kontor.apiKey(role)
    t.is((await kontor.call('POST', `/v1/invoices/${id}/cancel`, { reason: 'x' }, { as })).status, 403)
    t.is((await kontor.call('POST', `/v1/credit-notes/${note.body.id}/issue`, undefined, { as })).status, 403)
  }
  const live = await kontor.apiKey('admin', { mode: 'live' })
  t.is((await kontor.call('GET', `/v1/credit-notes/${note.body.id}`, undefined, { as: live })).status, 404)
  t.is((await kontor.call('POST', `/v1/credit-notes/${note.body.id}/issue`, undefined, { as: live })).status, 404)
  t.is((await kontor.call('POST', `/v1/invoices/${id}/credit-notes`, { reason: 'x' }, { as: live })).status, 404)
})

test.serial('the database lets no credit notes be issued that exceed their invoice, whoever drafts them', async (t) => {
  const { id } = await issuedInvoice()
  const [first, second] = [await credit(id, { lines: [{ line: 1, quantity: '1' }] }), await credit(id)]
  await kontor.sql(
    `update document set net_minor = net_minor + 1, gross_minor = gross_minor + 1 where bucket = $1 and id = $2`,
    [bucketOf(parseId('cre', second.body.id)), parseId('cre', second.body.id)],
  )
  await issue(first.body.id)
  const before = await kontor.state()
  t.is((await issue(second.body.id)).status, 500)
  t.deepEqual(await kontor.state(), before, 'and the number is not drawn')
})

test('of the credit notes that one draw issues, one says that their invoice is credited', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/invoices', { ...order, lines: [{ ...LINE, quantity: '6' }] })
  const url = `/v1/invoices/${draft.body.id}`
  await kontor.call('POST', `${url}/issue`)
  const notes = []
  for (let n = 0; n < 6; n++) {
    const body = { reason: 'Retour', lines: [{ line: 1, quantity: '1' }] }
    notes.push((await kontor.call('POST', `${url}/credit-notes`, body)).body.id)
  }
  await Promise.all(notes.map((id) => kontor.call('POST', `/v1/credit-notes/${id}/issue`)))
  const events = await kontor.sql<{ type: string; tx: string }>(
    "select type, tx::text as tx from event where object_id = $1 and type like 'invoice.%credited' order by tx",
    [parseId('inv', draft.body.id)],
  )
  t.true(new Set(events.map(({ tx }) => tx)).size < 6, 'some were issued together')
  t.deepEqual(events.map(({ type }) => type).toSorted(), [
    'invoice.credited',
    ...Array.from({ length: 5 }, () => 'invoice.partially_credited'),
  ])
})

test('a credit note shows what it was used for and what is left of it', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const [first, second] = [
    await kontor.call('POST', '/v1/invoices', order),
    await kontor.call('POST', '/v1/invoices', order),
  ]
  for (const { body } of [first, second]) await kontor.call('POST', `/v1/invoices/${body.id}/issue`)
  const paid = { method: 'cash', amount_minor: 10_000, currency: 'CHF', received_on: '2026-11-20' }
  await kontor.call('POST', '/v1/payments', { ...paid, invoice_id: first.body.id })
  const { body: draft } = await kontor.call('POST', `/v1/invoices/${first.body.id}/credit-notes`, { reason: 'Retour' })
  const url = `/v1/credit-notes/${draft.id}`
  const shown = async () => (await kontor.call('GET', url)).body
  t.like(await shown(), { allocated_minor: 0, refunded_minor: 0, credit_minor: 0 })
  await kontor.call('POST', `${url}/issue`)
  t.like(await shown(), {
    allocated_minor: 810,
    refunded_minor: 0,
    credit_minor: 10_000,
    allocations: [{ invoice_id: first.body.id, amount_minor: 810 }],
  })
  await kontor.call('POST', `${url}/allocations`, { invoice_id: second.body.id, amount_minor: 7_000 })
  const refund = await kontor.call('POST', `${url}/refunds`, { amount_minor: 1_000, refunded_on: '2026-11-23' })
  const { reopened: _, ...sentBack } = refund.body
  t.like(await shown(), { allocated_minor: 7_810, refunded_minor: 1_000, credit_minor: 2_000 })
  t.deepEqual((await shown()).refunds, [sentBack])
})
