import { bucketOf, formatId, parseId } from '@kontor/ids'
import test from 'ava'
import {
  type InvoicingUnderTest,
  ISSUER,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
} from '../../../../test/support/invoicing.ts'
import { printedOn } from '../testing/printed.ts'

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
test.serial('cancelling takes back what is left in one call, and a replacement refers to the invoice', async (t) => {
  const { id, invoice } = await issuedInvoice({ buyer_reference: 'R-7', due_on: '2026-12-24' })
  const partly = await credit(id, { lines: [{ line: 1, amount_minor: 1000 }] })
  await issue(partly.body.id)
  const url = `/v1/invoices/${id}/cancel`
  const body = { reason: 'Falscher Empfänger', replace: true }
  const first = await kontor.call('POST', url, body, { key: 'cancel-once-1' })
  t.is(first.status, 200, first.bytes.toString())
  t.like(first.body, { state: 'issued', corrects_id: id, totals: { net_minor: 9000, gross_minor: 9729 } })
  const again = await kontor.call('POST', url, body, { key: 'cancel-once-1' })
  t.deepEqual(again.bytes, first.bytes)
  t.is(again.headers['idempotent-replayed'], 'true')
  t.is((await invoiceOf(id)).open_minor, 0)
  const replacement = await invoiceOf(first.body.replacement_id)
  t.like(replacement, {
    state: 'draft',
    corrects_id: id,
    preceding_invoice: { number: invoice.number, issued_on: invoice.issue_on },
    buyer_reference: 'R-7',
    due_on: null,
    totals: invoice.totals,
  })
  const cancelled = await invoiceOf(id)
  t.deepEqual(cancelled.corrected_by_ids.toSorted(), [partly.body.id, first.body.id].toSorted())
  t.deepEqual(cancelled.replaced_by_ids, [replacement.id])
  t.like(await kontor.call('POST', url, body), {
    status: 409,
    body: { code: 'credit_exceeds_invoice', remaining_minor: 0 },
  })
  t.like(await kontor.call('POST', url, { reason: 'Anders' }, { key: 'cancel-once-1' }), {
    status: 422,
    body: { code: 'idempotency_mismatch' },
  })
})

test.serial('a cancellation that broke off between its two steps is finished by its retry, once', async (t) => {
  const { id, order } = await issuedInvoice()
  // The series of credit notes is there and held by somebody, so that the second step cannot be done.
  const other = await kontor.call('POST', '/v1/invoices', order)
  await kontor.call('POST', `/v1/invoices/${other.body.id}/issue`)
  await kontor.call('POST', `/v1/invoices/${other.body.id}/cancel`, { reason: 'Test' })
  const held = await kontor.database.knex.transaction()
  await held('series').select('id').where({ document_type: 'credit_note' }).forUpdate()
  const broken = await kontor.call('POST', `/v1/invoices/${id}/cancel`, { reason: 'Retour' }, { key: 'broken-off-1' })
  t.like(broken, { status: 503, body: { code: 'series_busy' } })
  await held.rollback()
  const other_key = await kontor.call('POST', `/v1/invoices/${id}/cancel`, { reason: 'Retour' })
  t.like(other_key, { status: 409, body: { code: 'credit_exceeds_invoice' } }, 'the draft reserves everything')
  const done = await kontor.call('POST', `/v1/invoices/${id}/cancel`, { reason: 'Retour' }, { key: 'broken-off-1' })
  t.like(done, { status: 200, body: { state: 'issued', totals: { gross_minor: 10_810 } } })
  t.is((await invoiceOf(id)).corrected_by_ids.length, 1)
})

test.serial('rates of the day of the supply hold for the credit note, years later', async (t) => {
  const issuer = await kontor.call('POST', '/v1/issuers', ISSUER)
  const lines = [{ ...LINE, vat_rate: '7.7' }]
  const { id } = await issuedInvoice({ issuer_id: issuer.body.id, issue_on: '2023-12-01', lines })
  const cancelled = await kontor.call('POST', `/v1/invoices/${id}/cancel`, { reason: 'Kulanz' })
  t.is(cancelled.status, 200, cancelled.bytes.toString())
  t.like(cancelled.body.totals, { vat_minor: 770 })
})

test.serial('an invoice of another system is credited by an order that names it; one of ours is not', async (t) => {
  const { order, invoice } = await issuedInvoice()
  const body = { ...order, preceding_invoice: { number: 'ALT-77', issued_on: '2026-10-01' }, reason: 'Retour' }
  const draft = await kontor.call('POST', '/v1/credit-notes', body)
  t.is(draft.status, 201, draft.bytes.toString())
  t.like(draft.body, { corrects_id: null, preceding_invoice: body.preceding_invoice, credited_lines: [] })
  const issued = await issue(draft.body.id)
  t.is(issued.status, 200, issued.bytes.toString())
  t.deepEqual(issued.body.totals, draft.body.totals)
  const ours = { ...body, preceding_invoice: { number: invoice.number } }
  const refused = await kontor.call('POST', '/v1/credit-notes', ours)
  t.like(refused, { status: 422, body: { code: 'own_invoice' } })
  t.is(refused.body.errors[0].path, '/preceding_invoice/number')
  const negative = { ...body, lines: [{ ...LINE, quantity: '-1' }] }
  t.like(await kontor.call('POST', '/v1/credit-notes', negative), { status: 422, body: { code: 'credit_negative' } })
})

test.serial(
  'what was supplied in a period is credited without the name of an invoice, and prints its period',
  async (t) => {
    const { order } = await issuedInvoice({ language: 'de' })
    const period = { from: '2026-10-01', to: '2026-10-31' }
    const body = { ...order, period, reason: 'Jahresbonus', language: 'de' }
    const draft = await kontor.call('POST', '/v1/credit-notes', body)
    t.is(draft.status, 201, draft.bytes.toString())
    t.like(draft.body, { corrects_id: null, preceding_invoice: null, period, reason: 'Jahresbonus' })
    t.is((await issue(draft.body.id)).status, 200)
    const texts = await printedOn(kontor, draft.body.id, 'cre')
    t.true(texts.includes('Grund: Jahresbonus'), texts.join('\n'))
    t.true(texts.join(' ').includes('01.10.2026'))
    const before = await kontor.state()
    const refused = await kontor.call('POST', '/v1/credit-notes', { ...body, period: undefined })
    t.like(refused, { status: 422, body: { code: 'original_missing' } })
    t.is(refused.body.errors[0].path, '/preceding_invoice')
    t.deepEqual(await kontor.state(), before)
  },
)

test.serial('a corrected invoice names the invoice that it corrects, of ours or of another system', async (t) => {
  const { order, id, invoice } = await issuedInvoice()
  const create = (changes: object) => kontor.call('POST', '/v1/invoices', { ...order, ...changes })
  const own = await create({ type_code: '384', corrects_id: id })
  t.like(own.body, {
    corrects_id: id,
    preceding_invoice: { number: invoice.number, issued_on: invoice.issue_on },
  })
  const foreign = await create({ type_code: '384', preceding_invoice: { number: 'ALT-1' } })
  t.like(foreign.body, { corrects_id: null, preceding_invoice: { number: 'ALT-1' } })
  const draft = await create({})
  const other = await issuedInvoice()
  const missing = formatId('inv', kontor.deps.newId(bucketOf(parseId('acc', order.account_id))))
  for (const corrects_id of [draft.body.id, other.id, missing]) {
    const refused = await create({ type_code: '384', corrects_id })
    t.like(refused, { status: 422, body: { code: 'unknown_invoice' } })
    t.is(refused.body.errors[0].path, '/corrects_id')
  }
  t.like(await create({ corrects_id: id }), { status: 422, body: { code: 'correction_not_allowed' } })
  const both = { type_code: '384', corrects_id: id, preceding_invoice: { number: 'ALT-1' } }
  t.like(await create(both), { status: 422, body: { code: 'correction_not_allowed' } })
  t.like(await create({ type_code: '384', preceding_invoice: { number: invoice.number } }), {
    status: 422,
    body: { code: 'own_invoice' },
  })
})

test.serial('a credit note says which invoice it corrects and why, on its pages', async (t) => {
  const { id, invoice } = await issuedInvoice({ language: 'de' })
  const note = await credit(id, { reason: 'Ware defekt' })
  t.like(await kontor.call('GET', `/v1/credit-notes/${note.body.id}.pdf`), { body: { code: 'not_issued' } })
  await issue(note.body.id)
  const pdf = await kontor.call('GET', `/v1/credit-notes/${note.body.id}.pdf`)
  t.is(pdf.bytes.subarray(0, 5).toString(), '%PDF-')
  const texts = await printedOn(kontor, note.body.id, 'cre')
  t.true(texts.includes(`Gutschrift zu Rechnung ${invoice.number} vom 23.11.2026.`), texts.join('\n'))
  t.true(texts.includes('Grund: Ware defekt'))
})
