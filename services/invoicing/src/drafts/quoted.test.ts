import { parseId } from '@kontor/ids'
import test from 'ava'
import { callApp, LINE, type Reply } from '../../../../test/support/invoicing.ts'
import { LINES, type QuoteStage, quoteStage } from '../testing/quote-stage.ts'

let stage: QuoteStage
test.before(async () => {
  stage = await quoteStage()
})
test.after.always(() => stage.kontor.close())

const patch = (invoice: Reply['body'], body: object, version = invoice.version): Promise<Reply> =>
  stage.kontor.call('PATCH', `/v1/invoices/${invoice.id}`, body, { headers: { 'if-match': `"${version}"` } })

/** A quote that was accepted, and an invoice draft of some of it. */
async function converted(lines: [line: number, quantity: string][], changes: object = {}) {
  const quote = await stage.sent(changes)
  await stage.act(quote.id, 'accept', { convert: 'none' })
  const { body, bytes } = await stage.act(quote.id, 'convert', {
    lines: lines.map(([line, quantity]) => ({ line, quantity })),
  })
  if (!body.lines) throw new Error(bytes.toString())
  return { quote, invoice: body }
}

const convertedOf = async (quoteId: string): Promise<string[]> =>
  (await stage.get(quoteId)).conversion.lines.map((line: { converted: string }) => line.converted)

async function refused(t: import('ava').ExecutionContext, run: () => Promise<Reply>, status: number, said: object) {
  const before = await stage.kontor.state()
  t.like(await run(), { status, body: said })
  t.deepEqual(await stage.kontor.state(), before)
}

test.serial('a draft of a quote takes more or less of it, and never more than is left', async (t) => {
  const { quote, invoice } = await converted([
    [1, '2.5'],
    [2, '1'],
  ])
  const other = await stage.act(quote.id, 'convert', { lines: [{ line: 1, quantity: '5' }] })
  const [cable, hour] = invoice.lines
  await refused(t, () => patch(invoice, { lines: [{ ...cable, quantity: '5.001' }, hour] }), 409, {
    code: 'conversion_exceeds_quote',
    line: 1,
    remaining: '5',
  })
  const more = await patch(invoice, { lines: [{ ...cable, quantity: '5' }, hour] })
  t.like(more, { status: 200, body: { version: 2, totals: { net_minor: 750 } } }, more.bytes.toString())
  t.deepEqual(await convertedOf(quote.id), ['10', '1', '0'])
  await refused(t, () => patch(other.body, { lines: [{ ...cable, quantity: '6' }] }), 409, { remaining: '5', line: 1 })
  const less = await patch(more.body, { lines: [{ ...cable, quantity: '1' }] })
  t.like(less.body, { version: 3, lines: [{ name: 'Kabel', quantity: '1' }], totals: { net_minor: 100 } })
  t.deepEqual(await convertedOf(quote.id), ['6', '0', '0'])
  const rest = await stage.act(quote.id, 'convert')
  t.deepEqual(
    [less, other, rest].reduce((sum, { body }) => sum + body.totals.net_minor, 0),
    quote.totals.net_minor,
  )
  t.is((await stage.get(quote.id)).conversion.status, 'whole')
  t.deepEqual((await stage.get(quote.id)).invoice_ids.toSorted(), [invoice.id, other.body.id, rest.body.id].sort())
  for (const { body } of [less, other, rest]) {
    t.is((await stage.kontor.call('POST', `/v1/invoices/${body.id}/issue`)).status, 200)
  }
})

test.serial('lines of the quote that the draft had not yet are taken with it, in the order of the quote', async (t) => {
  const { quote, invoice } = await converted([[2, '1']])
  const device = { ...LINES[2], quantity: '1', description: 'Seriennummer 17', seller_item_id: 'G-17' }
  const reply = await patch(invoice, { lines: [device, invoice.lines[0]], notes: ['Wie besprochen'] })
  t.like(reply.body, {
    notes: ['Wie besprochen'],
    lines: [{ name: 'Stunde', quantity: '1' }, device],
    totals: { net_minor: 10_250 },
  })
  t.deepEqual(await convertedOf(quote.id), ['0', '1', '1'])
})

test.serial('what was not quoted does not come onto its invoice', async (t) => {
  const discount = { charge: false, amount_minor: 1_000, vat_category: 'S', vat_rate: '8.1', reason: 'Treue' }
  const { invoice } = await converted([[1, '5']], { allowances_charges: [discount], rounding: 'cash' })
  const [cable] = invoice.lines
  const notQuoted = { code: 'line_not_quoted' }
  for (const changes of [{ price: '1.01' }, { name: 'Kupfer' }, { unit: 'C62' }, { vat_rate: '2.6' }]) {
    await refused(t, () => patch(invoice, { lines: [{ ...cable, ...changes }] }), 409, { ...notQuoted, line: 1 })
  }
  await refused(t, () => patch(invoice, { lines: [cable, cable] }), 409, { ...notQuoted, line: 2 })
  await refused(t, () => patch(invoice, { lines: [cable, LINE] }), 409, { ...notQuoted, line: 2 })
  await refused(t, () => patch(invoice, { lines: [{ ...cable, quantity: '-1' }] }), 422, {
    code: 'invalid_conversion_quantity',
    errors: [{ path: '/lines/0/quantity' }],
  })
  await refused(t, () => patch(invoice, { lines: [{ ...cable, quantity: '0' }] }), 422, {
    code: 'invalid_conversion_quantity',
  })
  const charge = { charge: true, amount_minor: 1 }
  await refused(t, () => patch(invoice, { lines: [{ ...cable, allowances_charges: [charge] }] }), 409, {
    code: 'quoted_term',
    field: 'lines/0/allowances_charges',
  })
  for (const [field, value] of [
    ['currency', 'EUR'],
    ['price_mode', 'gross'],
    ['allowances_charges', null],
    ['prepaid_minor', 1],
    ['rounding', null],
    ['rounding_minor', 1],
  ] as const) {
    await refused(t, () => patch(invoice, { [field]: value }), 409, { code: 'quoted_term', field })
  }
  const same = await patch(invoice, {
    lines: [{ ...cable, price: '1.0', vat_rate: '8.10' }],
    currency: 'CHF',
    allowances_charges: invoice.allowances_charges,
    terms: 'Sofort',
    due_on: '2026-12-24',
    type_code: '326',
  })
  t.like(same, { status: 200, body: { terms: 'Sofort', totals: invoice.totals, due_on: '2026-12-24' } })
})

test.serial('amounts on a line and on the whole follow the quantity, as the quote has them', async (t) => {
  const off = { charge: false, amount_minor: 100, reason: 'Treue' }
  const { quote, invoice } = await converted([[1, '1']], {
    lines: [{ ...LINES[0], quantity: '3', price: '10', allowances_charges: [off] }],
    allowances_charges: [{ ...off, vat_category: 'S', vat_rate: '8.1' }],
    prepaid_minor: 1000,
  })
  const [line] = invoice.lines
  t.like(invoice, { lines: [{ allowances_charges: [{ amount_minor: 33 }] }], totals: { prepaid_minor: 333 } })
  const two = await patch(invoice, { lines: [{ ...line, quantity: '2' }] })
  t.like(two.body, {
    lines: [{ quantity: '2', allowances_charges: [{ amount_minor: 67 }] }],
    allowances_charges: [{ amount_minor: 67 }],
    totals: { prepaid_minor: 667 },
  })
  const all = await patch(two.body, { lines: [{ ...LINES[0], quantity: '3', price: '10' }] })
  t.deepEqual(all.body.totals, quote.totals)
  t.deepEqual(all.body.lines, quote.lines)
})

test.serial('of lines that are alike each keeps its own place', async (t) => {
  const { quote, invoice } = await converted([[2, '1']], { lines: [LINE, LINE] })
  t.is((await stage.act(quote.id, 'convert', { lines: [{ line: 1, quantity: '2' }] })).status, 201)
  const more = await patch(invoice, { lines: [{ ...LINE, quantity: '2' }] })
  t.is(more.status, 200, more.bytes.toString())
  t.deepEqual(await convertedOf(quote.id), ['2', '2'])
})

test.serial('a line of quantity 0 goes with the draft that leaves nothing', async (t) => {
  const flat = {
    ...LINE,
    name: 'Anfahrt',
    quantity: '0',
    allowances_charges: [{ charge: true, amount_minor: 500, reason: 'Pauschale' }],
    vat_category: 'E',
    vat_rate: '0',
  }
  const { invoice } = await converted([[1, '1']], {
    lines: [LINE, flat],
    vat_exemptions: [{ vat_category: 'E', reason: 'Befreit' }],
  })
  t.is(invoice.lines.length, 1)
  const all = await patch(invoice, { lines: [LINE] })
  t.like(all.body, { lines: [LINE, flat], vat_exemptions: [{ reason: 'Befreit' }] })
  const worded = await patch(all.body, { vat_exemptions: [{ vat_category: 'E', reason: 'Anders' }] })
  const still = await patch(worded.body, { lines: [{ ...LINE, description: 'Vor Ort' }, flat] })
  t.like(still.body, { lines: [{ description: 'Vor Ort' }, flat], vat_exemptions: [{ reason: 'Anders' }] })
  const less = await patch(still.body, { lines: [{ ...LINE, quantity: '1' }, flat] })
  t.is(less.body.lines.length, 1)
  t.deepEqual(less.body.vat_exemptions, [])
})

test.serial('two drafts that raise the same line at once: what is left is taken once', async (t) => {
  const admin = await stage.kontor.apiKey('admin')
  for (let round = 0; round < 6; round++) {
    const { quote, invoice } = await converted([[1, '1']])
    const other = (await stage.act(quote.id, 'convert', { lines: [{ line: 1, quantity: '1' }] })).body
    const body = { lines: [{ ...LINES[0], quantity: '6' }] }
    const replies = await Promise.all([
      patch(invoice, body),
      callApp(stage.twin, admin, 'PATCH', `/v1/invoices/${other.id}`, body, { headers: { 'if-match': '"1"' } }),
      stage.act(quote.id, 'convert', { lines: [{ line: 1, quantity: '8' }] }),
    ])
    const ok = replies.filter(({ status }) => status < 300)
    t.is(ok.length, 1, replies.map(({ bytes }) => bytes.toString()).join('\n'))
    t.true(replies.every(({ status, body }) => status < 300 || body.code === 'conversion_exceeds_quote'))
  }
})

test.serial('the database issues no draft that is not what it took of its quote', async (t) => {
  const { kontor } = stage
  const { invoice, quote } = await converted([[1, '2']])
  const id = parseId('inv', invoice.id)
  await kontor.sql(`update document set content = jsonb_set(content, '{lines,0,quantity}', '"9"') where id = '${id}'`)
  const issued = await kontor.call('POST', `/v1/invoices/${invoice.id}/issue`)
  t.like(issued, { status: 409, body: { code: 'not_as_taken' } })
  t.is((await patch(invoice, { lines: [{ ...LINES[0], quantity: '3' }] })).status, 200)
  t.is((await kontor.call('POST', `/v1/invoices/${invoice.id}/issue`)).status, 200)
  t.deepEqual(await convertedOf(quote.id), ['3', '0', '0'])
  const loose = kontor.database.knex('quote_conversion').where({ invoice_id: id }).delete()
  t.is(((await t.throwsAsync(async () => loose)) as { code?: string }).code, '23000')
})
