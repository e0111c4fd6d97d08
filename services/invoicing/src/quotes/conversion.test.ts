import { parseId } from '@kontor/ids'
import test from 'ava'
import { LINE } from '../../../../test/support/invoicing.ts'
import { type QuoteStage, quoteStage } from '../testing/quote-stage.ts'

let stage: QuoteStage
test.before(async () => {
  stage = await quoteStage()
})
test.after.always(() => stage.kontor.close())

async function accepted(changes: object = {}) {
  const quote = await stage.sent(changes)
  const reply = await stage.act(quote.id, 'accept', { convert: 'none' })
  if (reply.status !== 200) throw new Error(reply.bytes.toString())
  return quote
}

const part = (...lines: [line: number, quantity: string][]) => ({
  lines: lines.map(([line, quantity]) => ({ line, quantity })),
})

test('an accepted quote becomes invoices in parts, and together they say what it said', async (t) => {
  const quote = await accepted({
    due_on: '2026-12-31',
    allowances_charges: [{ charge: false, amount_minor: 100, vat_category: 'S', vat_rate: '8.1' }],
  })
  const first = await stage.act(quote.id, 'convert', {
    ...part([1, '2.5'], [3, '1']),
    external_id: 'part-1',
    type_code: '326',
    due_on: '2026-12-01',
  })
  t.is(first.status, 201)
  t.like(first.body, {
    state: 'draft',
    quote_id: quote.id,
    external_id: 'part-1',
    type_code: '326',
    due_on: '2026-12-01',
    lines: [
      { name: 'Kabel', quantity: '2.5' },
      { name: 'Gerät', quantity: '1' },
    ],
  })
  t.deepEqual((await stage.kontor.call('GET', `/v1/invoices/${first.body.id}`)).body, first.body)
  t.deepEqual((await stage.get(quote.id)).conversion, {
    status: 'partial',
    lines: [
      { line: 1, quoted: '10', converted: '2.5', remaining: '7.5' },
      { line: 2, quoted: '4', converted: '0', remaining: '4' },
      { line: 3, quoted: '1', converted: '1', remaining: '0' },
    ],
  })
  const second = await stage.act(quote.id, 'convert', part([1, '7.5']))
  const last = await stage.act(quote.id, 'convert')
  t.like(last.body, { due_on: '2026-12-31', lines: [{ name: 'Stunde', quantity: '4' }], type_code: '380' })
  const read = await stage.get(quote.id)
  t.is(read.conversion.status, 'whole')
  t.deepEqual(read.invoice_ids.toSorted(), [first, second, last].map(({ body }) => body.id).sort())
  const net = [first, second, last].reduce((sum, { body }) => sum + body.totals.net_minor, 0)
  t.is(net, quote.totals.net_minor)
  for (const { body } of [first, second, last]) {
    t.is((await stage.kontor.call('POST', `/v1/invoices/${body.id}/issue`)).status, 200)
  }
  const events = await stage.kontor.sql('select type from event where object_id = $1 order by tx', [
    parseId('quo', quote.id),
  ])
  t.deepEqual(
    events.map(({ type }) => type),
    ['quote.created', 'quote.issued', 'quote.accepted', 'quote.converted', 'quote.converted', 'quote.converted'],
  )
})

test.serial('more than is left is refused and says what is left', async (t) => {
  const quote = await accepted()
  await stage.act(quote.id, 'convert', part([1, '7.25']))
  const refused = async (body: object, status: number, said: object) => {
    const before = await stage.kontor.state()
    const reply = await stage.act(quote.id, 'convert', body)
    t.like(reply, { status, body: said })
    t.deepEqual(await stage.kontor.state(), before)
  }
  const exceeds = { code: 'conversion_exceeds_quote' }
  await refused(part([2, '1'], [1, '2.751']), 409, { ...exceeds, line: 1, remaining: '2.75' })
  await refused(part([4, '1']), 422, { code: 'unknown_line', errors: [{ path: '/lines/0/line' }] })
  await refused(part([2, '1'], [2, '1']), 422, { code: 'line_twice', errors: [{ path: '/lines/1/line' }] })
  await refused(part([2, '-1']), 422, { code: 'invalid_conversion_quantity', errors: [{ path: '/lines/0/quantity' }] })
  await refused({ lines: [] }, 400, { code: 'malformed_request' })
  await refused({ issue_on: '2026-11-20', due_on: '2026-11-19' }, 422, { code: 'due_before_issue' })
  t.is((await stage.act(quote.id, 'convert')).status, 201)
  await refused({}, 409, { ...exceeds, line: 1, remaining: '0' })
})

test('two who convert the last of a line at once: one of them does', async (t) => {
  const quotes = await Promise.all(Array.from({ length: 8 }, () => accepted()))
  await Promise.all(
    quotes.map(async ({ id }, n) => {
      const body = n % 2 ? part([1, '6']) : {}
      const replies = await Promise.all([stage.act(id, 'convert', body), stage.actBeside(id, 'convert', body)])
      t.deepEqual(replies.map(({ status }) => status).sort(), [201, 409])
      const refused = replies.find(({ status }) => status === 409)
      t.like(refused?.body, { code: 'conversion_exceeds_quote', line: 1, remaining: n % 2 ? '4' : '0' })
      t.is((await stage.get(id)).invoice_ids.length, 1)
    }),
  )
})

test('a repeated conversion is answered as the first time, and takes nothing more', async (t) => {
  const quote = await accepted()
  const body = part([1, '6'])
  const [first, again] = [
    await stage.act(quote.id, 'convert', body, 'the-same-part'),
    await stage.act(quote.id, 'convert', body, 'the-same-part'),
  ]
  t.deepEqual(again.body, first.body)
  t.is(again.headers['idempotent-replayed'], 'true')
  t.is((await stage.get(quote.id)).conversion.lines[0].converted, '6')
})

test('what a dropped draft took of a quote comes back', async (t) => {
  const quote = await accepted({ lines: [{ ...LINE, quantity: '3', price: '0.333' }] })
  const made = []
  for (let n = 0; n < 2; n++) made.push((await stage.act(quote.id, 'convert', part([1, '1']))).body)
  t.is((await stage.kontor.call('DELETE', `/v1/invoices/${made[0].id}`)).status, 204)
  const read = await stage.get(quote.id)
  t.deepEqual(read.invoice_ids, [made[1].id])
  t.deepEqual(read.conversion.lines, [{ line: 1, quoted: '3', converted: '1', remaining: '2' }])
  const last = await stage.act(quote.id, 'convert')
  t.is(made[1].totals.net_minor + last.body.totals.net_minor, quote.totals.net_minor)
})

test.serial(
  'whoever writes it, the database converts no more than was quoted, and no part without its invoice',
  async (t) => {
    const { kontor } = stage
    const quote = await accepted({ lines: [LINE, { ...LINE, quantity: '-2' }] })
    const { body: invoice } = await stage.act(quote.id, 'convert', part([1, '1'], [2, '-1']))
    const [quoteId, invoiceId] = [parseId('quo', quote.id), parseId('inv', invoice.id)]
    const service = (text: string) => kontor.database.knex.raw(text)
    const refused = async (run: Promise<unknown>, code: string, what: string) =>
      t.is(((await t.throwsAsync(run, undefined, what)) as unknown as { code: string }).code, code, what)

    const other = (
      await kontor.call('POST', '/v1/invoices', {
        account_id: quote.account_id,
        issuer_id: quote.issuer_id,
        currency: 'CHF',
        lines: [LINE],
      })
    ).body
    const otherId = parseId('inv', other.id)
    const conversion = `insert into quote_conversion (bucket, invoice_id, quote_id, tenant_id, shares, created_at)
    select bucket, '${otherId}', quote_id, tenant_id, '{}', now() from quote_conversion where invoice_id = '${invoiceId}'`
    await service(conversion)
    for (const [line, quantity] of [
      [1, '1.000000001'],
      [2, '-1.5'],
      [1, '-2'],
      [2, '2'],
    ] as const) {
      const text = `insert into quote_part (bucket, invoice_id, line_no, quote_id, tenant_id, quantity, shares)
      select bucket, '${otherId}', ${line}, quote_id, tenant_id, ${quantity}, '{}' from quote_conversion where invoice_id = '${invoiceId}'`
      await refused(service(text), '23514', `${line} ${quantity}`)
    }
    await refused(
      service(`update quote_line set converted = 0 where quote_id = '${quoteId}'`),
      '23000',
      'update of a line',
    )
    await refused(
      service(`insert into quote_line (bucket, quote_id, line_no, tenant_id, quoted, converted)
    select bucket, quote_id, 9, tenant_id, 5, 1 from quote_line where quote_id = '${quoteId}' limit 1`),
      '23000',
      'a line that was converted from the start',
    )
    await refused(service(`delete from quote_part where invoice_id = '${invoiceId}'`), '42501', 'delete of a part')
    await refused(
      kontor.sql(`delete from quote_part where invoice_id = '${invoiceId}'`),
      '23000',
      'owner: delete of a part of a draft',
    )
    t.is((await kontor.call('POST', `/v1/invoices/${invoice.id}/issue`)).status, 200)
    for (const table of ['quote_part', 'quote_conversion']) {
      await refused(
        kontor.sql(`delete from ${table} where invoice_id = '${invoiceId}'`),
        '23000',
        `owner: delete ${table}`,
      )
      await refused(
        kontor.sql(`update ${table} set shares = '{1}' where invoice_id = '${invoiceId}'`),
        '23000',
        `owner: update ${table}`,
      )
      await refused(kontor.sql(`truncate ${table} cascade`), '23000', `owner: truncate ${table}`)
    }
    await refused(
      kontor.sql(`delete from quote_line where quote_id = '${quoteId}'`),
      '23000',
      'owner: delete of a line',
    )
    t.deepEqual(
      (await stage.get(quote.id)).conversion.lines.map(({ converted }: { converted: string }) => converted),
      ['1', '-1'],
    )
  },
)
