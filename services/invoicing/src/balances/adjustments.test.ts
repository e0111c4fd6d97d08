import { bucketOf, parseId } from '@kontor/ids'
import test from 'ava'
import {
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
} from '../../../../test/support/invoicing.ts'
import { paidBooks, REFUNDED_ON } from '../testing/paid-books.ts'

let kontor: InvoicingUnderTest
let books: ReturnType<typeof paidBooks>
test.before(async () => {
  kontor = await invoicingUnderTest()
  books = paidBooks(kontor)
})
test.after.always(() => kontor.close())

test.serial('what will not be paid is written off, with what that takes off every VAT group', async (t) => {
  const lines = [LINE, { ...LINE, price: '20.00', vat_rate: '2.6' }]
  const invoice = await books.issuedInvoice({ lines })
  const url = `/v1/invoices/${invoice.id}`
  const first = await books.post(`${url}/write-offs`, { amount_minor: 1_000, reason: 'Mängel' })
  t.like(first, { status: 201, body: { kind: 'write_off', amount_minor: 1_000, adjusted_on: '2026-11-23' } })
  t.like(await books.read(invoice), { payment_status: 'open', adjusted_minor: 1_000, open_minor: 13_914 })
  await books.refused(t, () => books.post(`${url}/write-offs`, { amount_minor: 13_915, reason: 'x' }), 409, {
    code: 'write_off_exceeds_open',
    open_minor: 13_914,
  })
  kontor.clock.advance(1)
  const rest = await books.post(`${url}/write-offs`, { reason: 'Konkurs' })
  t.like(rest, { status: 201, body: { amount_minor: 13_914 } })
  t.like(await books.read(invoice), {
    payment_status: 'written_off',
    adjusted_minor: 14_914,
    open_minor: 0,
    overdue: false,
  })
  await books.refused(t, () => books.post(`${url}/write-offs`, { reason: 'x' }), 409, {
    code: 'write_off_exceeds_open',
    open_minor: 0,
  })
  await books.refused(t, () => books.post(`${url}/write-offs`, { reason: '4242424242424242' }), 422, {
    code: 'sensitive_text',
  })
  const { data } = (await kontor.call('GET', `${url}/adjustments`)).body
  t.deepEqual(data, [first.body, rest.body])
  for (const [index, group] of invoice.totals.vat_groups.entries()) {
    const parts = data.map(({ vat }: { vat: { base_minor: number; tax_minor: number }[] }) => vat[index])
    t.is(parts[0].base_minor + parts[1].base_minor, group.base_minor, 'the whole base, in whatever steps')
    t.is(parts[0].tax_minor + parts[1].tax_minor, group.tax_minor)
  }
  const fates = await kontor.sql("select type from event where object_id = $1 and type like 'invoice.w%'", [
    parseId('inv', invoice.id),
  ])
  t.deepEqual(fates, [{ type: 'invoice.written_off' }], 'once, when nothing is asked for any more')
})

test.serial('only an issued invoice is written off', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/invoices', order)
  await books.refused(t, () => books.post(`/v1/invoices/${draft.body.id}/write-offs`, { reason: 'x' }), 409, {
    code: 'not_issued',
  })
  const quote = draft.body.id.replace(/.$/, (last: string) => (last === '0' ? '1' : '0'))
  await books.refused(t, () => books.post(`/v1/invoices/${quote}/write-offs`, { reason: 'x' }), 404, {
    code: 'not_found',
  })
  t.is((await kontor.call('GET', `/v1/invoices/${quote}/adjustments`)).status, 404)
})

test.serial('what was written off is asked for again once, when money comes after all', async (t) => {
  const invoice = await books.issuedInvoice({ due_on: '2026-11-23' })
  const url = `/v1/invoices/${invoice.id}`
  const first = await books.post(`${url}/write-offs`, { amount_minor: 810, reason: 'Kulanz' })
  kontor.clock.advance(1)
  const rest = await books.post(`${url}/write-offs`, { reason: 'Konkurs' })
  kontor.clock.advance(1)
  const reversals = `${url}/adjustments/${rest.body.id}/reversals`
  const reversal = await kontor.call('POST', reversals, { reason: 'Dividende' }, { key: 'reverse-once' })
  t.like(reversal, {
    status: 201,
    body: { kind: 'write_off', amount_minor: -10_000, reverses_id: rest.body.id, reason: 'Dividende' },
  })
  const negated = rest.body.vat.map((part: { base_minor: number; tax_minor: number }) => ({
    ...part,
    base_minor: -part.base_minor,
    tax_minor: -part.tax_minor,
  }))
  t.deepEqual(reversal.body.vat, negated)
  t.deepEqual(
    (await kontor.call('POST', reversals, { reason: 'Dividende' }, { key: 'reverse-once' })).bytes,
    reversal.bytes,
  )
  t.like(await books.read(invoice), { payment_status: 'open', adjusted_minor: 810, open_minor: 10_000 })
  await books.refused(t, () => books.post(reversals, {}), 409, { code: 'adjustment_reversed' })
  const ofReversal = `${url}/adjustments/${reversal.body.id}/reversals`
  await books.refused(t, () => books.post(ofReversal, {}), 409, { code: 'adjustment_reversed' })
  await books.refused(t, () => books.post(reversals, { reason: '4242424242424242' }), 422, { code: 'sensitive_text' })
  const other = await books.another(invoice)
  const elsewhere = `/v1/invoices/${other.id}/adjustments/${first.body.id}/reversals`
  await books.refused(t, () => books.post(elsewhere, {}), 404, { code: 'not_found' })
  const events = await kontor.sql<{ type: string }>(
    "select type from event where object_id = $1 and type not like '%.created' order by at, id",
    [parseId('inv', invoice.id)],
  )
  t.deepEqual(
    events.map(({ type }) => type),
    ['invoice.issued', 'invoice.written_off', 'invoice.reopened'],
  )
  const series = await kontor.call('GET', `/v1/series?account_id=${invoice.account_id}`)
  const audit = await kontor.call('GET', `/v1/series/${series.body.data[0].id}/audit`)
  t.like(audit.body.numbers[0], { state: 'issued' })
  const paid = {
    invoice_id: invoice.id,
    method: 'cash',
    amount_minor: 10_000,
    currency: 'CHF',
    received_on: '2026-11-23',
  }
  await books.post('/v1/payments', paid)
  t.like(await books.read(invoice), { payment_status: 'written_off', open_minor: 0, paid_minor: 10_000 })
  t.is((await books.post(`${url}/adjustments/${first.body.id}/reversals`, {})).status, 201)
  t.like(await books.read(invoice), { payment_status: 'partially_paid', open_minor: 810, adjusted_minor: 0 })
  const { data } = (await kontor.call('GET', `${url}/adjustments`)).body
  t.is(
    data.reduce((sum: number, { amount_minor }: { amount_minor: number }) => sum + amount_minor, 0),
    0,
  )
})

test.serial('two who take the same write-off back at once: one does', async (t) => {
  const invoice = await books.issuedInvoice()
  const url = `/v1/invoices/${invoice.id}`
  const { body } = await books.post(`${url}/write-offs`, { reason: 'x' })
  const reversals = `${url}/adjustments/${body.id}/reversals`
  const replies = await Promise.all([books.post(reversals, {}), books.post(reversals, {}), books.post(reversals, {})])
  t.deepEqual(replies.map(({ status }) => status).toSorted(), [201, 409, 409])
  t.like(await books.read(invoice), { open_minor: invoice.totals.payable_minor })
})

/** What the database itself refuses of the service's own role. */
test.serial('past the service nothing is allocated, refunded or given up beyond what there is either', async (t) => {
  const { invoice, payment } = await books.paidInvoice(11_000)
  const other = await books.another(invoice)
  const foreign = await books.issuedInvoice()
  const uuid = parseId('inv', invoice.id)
  const bucket = bucketOf(uuid)
  const at = kontor.clock.now()
  const own = { bucket, tenant_id: kontor.tenantId, created_at: at }
  const account = { mode: 'test', account_id: parseId('acc', invoice.account_id) }
  const paymentId = parseId('pay', payment.id)
  const allocation = (invoiceId: string, amount_minor: number, changes: object = {}) =>
    kontor.database.knex('allocation').insert({
      ...own,
      id: kontor.deps.newId(bucket),
      payment_id: paymentId,
      invoice_id: parseId('inv', invoiceId),
      amount_minor,
      ...changes,
    })
  const refund = (amount_minor: number) =>
    kontor.database.knex('refund').insert({
      ...own,
      ...account,
      id: kontor.deps.newId(bucket),
      kind: 'refund',
      payment_id: paymentId,
      currency: 'CHF',
      amount_minor,
      refunded_on: REFUNDED_ON,
    })
  const adjustment = (amount_minor: number, changes: object = {}) =>
    kontor.database.knex('adjustment').insert({
      ...own,
      ...account,
      id: kontor.deps.newId(bucket),
      invoice_id: parseId('inv', other.id),
      kind: 'write_off',
      amount_minor,
      vat: JSON.stringify([{ category: 'S', rate: '8.1', base_minor: amount_minor, tax_minor: 0 }]),
      adjusted_on: REFUNDED_ON,
      ...changes,
    })
  const cases: readonly (readonly [string, () => PromiseLike<unknown>])[] = [
    ['more than is open', () => allocation(invoice.id, 1)],
    ['more than is left', () => allocation(other.id, 191)],
    ['taking back more than is there', () => allocation(invoice.id, -10_811)],
    ['taking back from where nothing is', () => allocation(other.id, -1)],
    ['another account’s invoice', () => allocation(foreign.id, 1, { bucket: bucketOf(parseId('inv', foreign.id)) })],
    ['refunding more than is left', () => refund(191)],
    ['giving up more than is open', () => adjustment(10_811)],
    ['VAT that does not add up', () => adjustment(10, { vat: '[{"base_minor":5,"tax_minor":4}]' })],
    ['taking back what was never given up', () => adjustment(-1, { reverses_id: kontor.deps.newId(bucket) })],
  ]
  const before = await kontor.state()
  for (const [what, run] of cases) {
    const error = (await t.throwsAsync(async () => run(), undefined, what)) as { code?: string } | undefined
    t.true(['23514', '23503'].includes(error?.code ?? ''), `${what}: ${error?.code}`)
  }
  t.deepEqual(await kontor.state(), before)
  await allocation(other.id, 90)
  await refund(100)
  await adjustment(10)
  t.like(await books.read(other), { open_minor: 10_710 })
})
