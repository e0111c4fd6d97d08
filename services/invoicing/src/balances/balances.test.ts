import { bucketOf, formatId, parseId } from '@kontor/ids'
import test from 'ava'
import {
  callApp,
  type InvoicingUnderTest,
  invoicingUnderTest,
  LINE,
  type Reply,
  type ServiceApp,
} from '../../../../test/support/invoicing.ts'
import { creditNoteBeside } from '../testing/credit-note.ts'
import { paidBooks, REFUNDED_ON } from '../testing/paid-books.ts'

let kontor: InvoicingUnderTest
let admin: string
let twin: ServiceApp
let books: ReturnType<typeof paidBooks>
test.before(async () => {
  kontor = await invoicingUnderTest()
  books = paidBooks(kontor)
  admin = await kontor.apiKey('admin')
  twin = await kontor.twin()
})
test.after.always(() => kontor.close())

test.serial('credit is used for another invoice, and taken back', async (t) => {
  const { invoice, payment, url } = await books.paidInvoice(12_000)
  const other = await books.another(invoice)
  kontor.clock.advance(1)
  const used = await books.post(`${url}/allocations`, { invoice_id: other.id, amount_minor: 1_000 })
  t.is(used.status, 201)
  t.deepEqual(used.body, {
    payment_id: payment.id,
    credit_note_id: null,
    account_id: invoice.account_id,
    currency: 'CHF',
    amount_minor: 12_000,
    allocated_minor: 11_810,
    refunded_minor: 0,
    credit_minor: 190,
    allocations: [
      { invoice_id: invoice.id, amount_minor: 10_810 },
      { invoice_id: other.id, amount_minor: 1_000 },
    ],
  })
  t.like(await books.read(other), { payment_status: 'partially_paid', open_minor: 9_810 })
  const back = await books.post(`${url}/unallocations`, { invoice_id: invoice.id, amount_minor: 10_810 })
  t.like(back, { status: 201, body: { credit_minor: 11_000, allocated_minor: 1_000 } })
  t.deepEqual(back.body.allocations, [{ invoice_id: other.id, amount_minor: 1_000 }])
  t.like(await books.read(invoice), { payment_status: 'open', paid_minor: 0, open_minor: 10_810 })
  t.like((await kontor.call('GET', url)).body, { credit_minor: 11_000 })
})

test.serial('credit is never used twice, nor for more than is open, nor for what it does not fit', async (t) => {
  const { invoice, url } = await books.paidInvoice(12_000)
  const other = await books.another(invoice)
  const draft = await kontor.call('POST', '/v1/invoices', {
    account_id: invoice.account_id,
    issuer_id: invoice.issuer_id,
    currency: 'CHF',
    lines: [LINE],
  })
  const [foreign, euro] = [await books.issuedInvoice(), await books.another(invoice, { currency: 'EUR' })]
  const allocate = (invoice_id: string, amount_minor: number) => () =>
    books.post(`${url}/allocations`, { invoice_id, amount_minor })
  await books.refused(t, allocate(other.id, 1_191), 409, { code: 'allocation_exceeds_credit', credit_minor: 1_190 })
  await books.refused(t, allocate(invoice.id, 1), 409, {
    code: 'over_allocation',
    open_minor: 0,
    invoice_id: invoice.id,
  })
  await books.refused(t, allocate(draft.body.id, 1), 409, { code: 'not_issued' })
  await books.refused(t, allocate(foreign.id, 1), 422, { code: 'account_mismatch' })
  await books.refused(t, allocate(euro.id, 1), 422, { code: 'currency_mismatch' })
  await books.refused(t, allocate(other.id.replace('inv_', 'pro_'), 1), 404, { code: 'not_found' })
  const nobody = formatId('inv', kontor.deps.newId(bucketOf(parseId('inv', invoice.id))))
  await books.refused(t, allocate(nobody, 1), 404, { code: 'not_found' })
  await books.refused(t, allocate(`inv_${'0'.repeat(25)}`, 1), 400, { code: 'malformed_request' })
})

test.serial('no more is taken back than is there', async (t) => {
  const { invoice, url } = await books.paidInvoice(100)
  const other = await books.another(invoice)
  const take = (invoice_id: string, amount_minor: number) => () =>
    books.post(`${url}/unallocations`, { invoice_id, amount_minor })
  await books.refused(t, take(invoice.id, 101), 409, { code: 'over_unallocation', allocated_minor: 100 })
  await books.refused(t, take(other.id, 1), 409, { code: 'over_unallocation', allocated_minor: 0 })
})

test.serial('a refund takes what is left, or opens an invoice again', async (t) => {
  const { invoice, payment, url } = await books.paidInvoice(11_000)
  const refund = (body: object) => books.post(`${url}/refunds`, { refunded_on: REFUNDED_ON, ...body })
  await books.refused(t, () => refund({ amount_minor: 191 }), 409, { code: 'refund_exceeds_credit', credit_minor: 190 })
  const first = await refund({ amount_minor: 90, reference: 'E2E-9' })
  t.like(first, { status: 201, body: { kind: 'refund', payment_id: payment.id, amount_minor: 90, reference: 'E2E-9' } })
  t.deepEqual(first.body.reopened, [])
  const over = { amount_minor: 10_811, invoice_id: invoice.id }
  await books.refused(t, () => refund(over), 409, { code: 'refund_exceeds_credit', credit_minor: 10_810 })
  kontor.clock.advance(1)
  const second = await refund({ amount_minor: 10_000, invoice_id: invoice.id })
  t.deepEqual(second.body.reopened, [{ invoice_id: invoice.id, amount_minor: 10_000 }])
  t.like(await books.read(invoice), { payment_status: 'partially_paid', paid_minor: 810, open_minor: 10_000 })
  const { body } = await kontor.call('GET', url)
  t.like(body, { allocated_minor: 810, refunded_minor: 10_090, credit_minor: 100 })
  const { reopened: _, ...shown } = first.body
  t.deepEqual(body.refunds[0], shown)
  t.is(body.refunds.length, 2)
})

test.serial(
  'money goes out on a day that there is, by today somewhere, and its reference is no card number',
  async (t) => {
    const { url } = await books.paidInvoice(11_000)
    const refund = (changes: object) => () =>
      books.post(`${url}/refunds`, { amount_minor: 1, refunded_on: REFUNDED_ON, ...changes })
    await books.refused(t, refund({ refunded_on: '2026-02-30' }), 422, { code: 'invalid_date' })
    // 10:00 UTC on the 23rd: the 24th has begun on Kiritimati.
    await books.refused(t, refund({ refunded_on: '2026-11-25' }), 422, { code: 'date_in_future' })
    await books.refused(t, refund({ reference: '4242 4242 4242 4242' }), 422, { code: 'sensitive_text' })
    await books.refused(
      t,
      () => books.post(`${url}/chargebacks`, { amount_minor: 1, refunded_on: '2026-02-30' }),
      422,
      {
        code: 'invalid_date',
      },
    )
  },
)

test.serial('a chargeback takes what is left first, then the invoices, the one paid last first', async (t) => {
  const { invoice, url } = await books.paidInvoice(21_700)
  const [second, third] = [await books.another(invoice), await books.another(invoice)]
  // Within one millisecond of this clock.
  for (const { id } of [second, third]) {
    await books.post(`${url}/allocations`, { invoice_id: id, amount_minor: 5_000 })
  }
  const charge = (amount_minor: number) => books.post(`${url}/chargebacks`, { amount_minor, refunded_on: REFUNDED_ON })
  const first = await charge(7_000)
  t.like(first, { status: 201, body: { kind: 'chargeback', amount_minor: 7_000 } })
  t.deepEqual(first.body.reopened, [
    { invoice_id: third.id, amount_minor: 5_000 },
    { invoice_id: second.id, amount_minor: 1_110 },
  ])
  t.like(await books.read(second), { paid_minor: 3_890 })
  await books.refused(t, () => charge(14_701), 409, { code: 'refund_exceeds_credit', credit_minor: 14_700 })
  const rest = await charge(14_700)
  t.is(rest.body.reopened.length, 2)
  for (const each of [invoice, second, third]) t.like(await books.read(each), { payment_status: 'open', paid_minor: 0 })
  t.like((await kontor.call('GET', url)).body, { refunded_minor: 21_700, credit_minor: 0, allocated_minor: 0 })
})

test.serial('a credit note is used like money: for invoices, back again, and out', async (t) => {
  const invoice = await books.issuedInvoice()
  const note = await creditNoteBeside(kontor, invoice.id, 12_000)
  const url = `/v1/credit-notes/${note}`
  const used = await books.post(`${url}/allocations`, { invoice_id: invoice.id, amount_minor: 10_810 })
  t.like(used, { status: 201, body: { credit_note_id: note, payment_id: null, credit_minor: 1_190 } })
  t.like(await books.read(invoice), {
    payment_status: 'credited',
    credited_minor: 10_810,
    paid_minor: 0,
    open_minor: 0,
  })
  const refund = { amount_minor: 1_190, refunded_on: REFUNDED_ON }
  t.like(await books.post(`${url}/refunds`, refund), { status: 201, body: { credit_note_id: note, payment_id: null } })
  await books.refused(t, () => books.post(`${url}/refunds`, { ...refund, amount_minor: 1 }), 409, {
    code: 'refund_exceeds_credit',
    credit_minor: 0,
  })
  const back = await books.post(`${url}/unallocations`, { invoice_id: invoice.id, amount_minor: 10_000 })
  t.like(back, { status: 201, body: { credit_minor: 10_000, allocated_minor: 810, refunded_minor: 1_190 } })
  t.like(await books.read(invoice), { payment_status: 'open', credited_minor: 810, open_minor: 10_000 })
  const as = { as: await kontor.apiKey('admin', { mode: 'live' }) }
  t.is((await kontor.call('POST', `${url}/refunds`, refund, as)).status, 404)
  t.is((await books.post(`/v1/credit-notes/${invoice.id.replace('inv_', 'cre_')}/refunds`, refund)).status, 404)
})

test.serial('a repeated request moves money once', async (t) => {
  const { invoice, url } = await books.paidInvoice(12_000)
  const other = await books.another(invoice)
  for (const [path, body] of [
    ['allocations', { invoice_id: other.id, amount_minor: 500 }],
    ['unallocations', { invoice_id: other.id, amount_minor: 500 }],
    ['refunds', { amount_minor: 500, refunded_on: REFUNDED_ON }],
    ['chargebacks', { amount_minor: 500, refunded_on: REFUNDED_ON }],
  ] as const) {
    const key = `once-and-again-${path}`
    const twice = [app(0), app(1)].map((each) => callApp(each, admin, 'POST', `${url}/${path}`, body, { key }))
    const [first, second] = (await Promise.all(twice)) as [Reply, Reply]
    t.is(first.status, 201, path)
    t.deepEqual(first.bytes, second.bytes, path)
    t.is([first, second].filter(({ headers }) => headers['idempotent-replayed'] === 'true').length, 1)
  }
  t.like((await kontor.call('GET', url)).body, { credit_minor: 190, refunded_minor: 1_000, allocated_minor: 10_810 })
})

const app = (n: number): ServiceApp => (n % 2 ? twin : kontor.app)

test.serial('whoever comes at once, credit is used once', async (t) => {
  const { invoice, url } = await books.paidInvoice(13_810)
  const others = await Promise.all(Array.from({ length: 6 }, () => books.another(invoice)))
  const replies = await Promise.all(
    others.flatMap(({ id }, n) => [
      callApp(app(n), admin, 'POST', `${url}/allocations`, { invoice_id: id, amount_minor: 1_000 }),
      callApp(app(n + 1), admin, 'POST', `${url}/refunds`, { amount_minor: 1_000, refunded_on: REFUNDED_ON }),
    ]),
  )
  t.is(replies.filter(({ status }) => status === 201).length, 3)
  for (const { status, body } of replies.filter((reply) => reply.status !== 201)) {
    t.is(status, 409)
    t.true(['allocation_exceeds_credit', 'refund_exceeds_credit'].includes(body.code))
  }
  t.like((await kontor.call('GET', url)).body, { credit_minor: 0 })
})
