import { createHash } from 'node:crypto'
import test from 'ava'
import { exportsOf } from '../../../../test/support/exports.ts'
import {
  ACCOUNT,
  type InvoicingUnderTest,
  ISSUER,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
} from '../../../../test/support/invoicing.ts'
import { planOf } from '../testing/plans.ts'
import { toCsv } from './csv.ts'
import { EXPORT_SQL, type ExportRow } from './rows.ts'

// Serial, because only so many exports are made at once.
let kontor: InvoicingUnderTest
let download: ReturnType<typeof exportsOf>['download']

test.before(async () => {
  kontor = await invoicingUnderTest()
  const accounting = await kontor.apiKey('accounting')
  const url = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
  download = exportsOf(url, accounting).download
})
test.after.always(() => kontor.close())

/** Supplied today, whatever day it is dated, so that today's VAT rate is the right one. */
async function invoice(order: object, changes: object = {}) {
  const draft = await kontor.call('POST', '/v1/invoices', { delivery_on: '2026-11-23', ...order, ...changes })
  if (draft.status !== 201) throw new Error(draft.bytes.toString())
  return (await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)).body
}

const ofAccount = (rows: Record<string, string>[], account: { customer_number: string }) =>
  rows.filter((row) => row.customer_number === account.customer_number)

test.serial('each issued invoice is a line, with amounts as decimals of its currency', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  const francs = await invoice(order, {
    issue_on: '2026-11-01',
    due_on: '2026-12-01',
    prepaid_minor: 5,
    rounding_minor: 1,
  })
  const yen = await invoice(order, { currency: 'JPY', issue_on: '2026-11-02', lines: [LINE, LINE] })
  const credit = await invoice(order, {
    type_code: '384',
    issue_on: '2026-11-03',
    lines: [{ ...LINE, quantity: '-1' }],
  })
  await kontor.call('POST', '/v1/invoices', order)
  await kontor.call('POST', '/v1/payments', {
    invoice_id: francs.id,
    method: 'cash',
    amount_minor: 806,
    currency: 'CHF',
    received_on: '2026-11-20',
  })
  const { status, headers, rows } = await download()
  t.is(status, 200)
  t.is(headers['content-type'], 'text/csv; charset=utf-8; header=present')
  t.deepEqual(ofAccount(rows, account), [
    {
      number: francs.number,
      type_code: '380',
      issue_on: '2026-11-01',
      due_on: '2026-12-01',
      issuer: 'Muster AG',
      customer_number: account.customer_number,
      customer: 'Beispiel GmbH',
      currency: 'CHF',
      lines: '100.00',
      net: '100.00',
      vat: '8.10',
      gross: '108.10',
      prepaid: '0.05',
      rounding: '0.01',
      payable: '108.06',
      paid: '8.06',
      open: '100.00',
      quote_number: '',
      external_id: '',
      state: 'issued',
    },
    {
      ...line(yen, account, '2026-11-02'),
      currency: 'JPY',
      lines: '200',
      net: '200',
      vat: '16',
      gross: '216',
      payable: '216',
      open: '216',
      prepaid: '0',
      rounding: '0',
      paid: '0',
    },
    {
      ...line(credit, account, '2026-11-03'),
      type_code: '384',
      lines: '-50.00',
      net: '-50.00',
      vat: '-4.05',
      gross: '-54.05',
      payable: '-54.05',
      open: '0.00',
    },
  ])
})

const line = (issued: { number: string }, account: { customer_number: string }, issue_on: string) => ({
  number: issued.number,
  type_code: '380',
  issue_on,
  due_on: '',
  issuer: 'Muster AG',
  customer_number: account.customer_number,
  customer: 'Beispiel GmbH',
  currency: 'CHF',
  prepaid: '0.00',
  rounding: '0.00',
  paid: '0.00',
  quote_number: '',
  external_id: '',
  state: 'issued',
})

test.serial('the manifest in the trailer counts, adds up and has the digest of the bytes', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  await invoice(order, { issue_on: '2020-05-01' })
  await invoice(order, { issue_on: '2020-05-02', currency: 'KWD' })
  await invoice(order, { issue_on: '2020-05-03', prepaid_minor: 10_000 })
  const { bytes, headers, manifest, rows } = await download('?from=2020-05-01&until=2020-06-01')
  t.is(headers.trailer, 'kontor-manifest')
  t.is(rows.length, 3)
  t.deepEqual(manifest, {
    rows: 3,
    sums: {
      CHF: { net: '200.00', vat: '16.20', gross: '216.20', payable: '116.20' },
      KWD: { net: '100.000', vat: '8.100', gross: '108.100', payable: '108.100' },
    },
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
  const nothing = await download('?from=1999-01-01&until=1999-01-02')
  t.is(nothing.bytes.toString().trim().split('\r\n').length, 1, 'the header stands alone')
  t.like(nothing.manifest, { rows: 0, sums: {} })
})

test.serial('a credit note is a line below zero, with what went back of it and what is left of it', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  const issued = await invoice(order, { issue_on: '2019-03-01' })
  const drafted = await kontor.call('POST', `/v1/invoices/${issued.id}/credit-notes`, {
    reason: 'Retour',
    lines: [{ line: 1, quantity: '1' }],
    issue_on: '2019-03-02',
  })
  await kontor.call('POST', `/v1/credit-notes/${drafted.body.id}/issue`)
  const bonus = { ...order, delivery_on: '2026-11-23', period: { from: '2019-01-01', to: '2019-02-28' } }
  const foreign = await kontor.call('POST', '/v1/credit-notes', {
    ...bonus,
    issue_on: '2019-03-03',
    external_id: 'b-1',
  })
  const note = (await kontor.call('POST', `/v1/credit-notes/${foreign.body.id}/issue`)).body
  const back = { amount_minor: 1_000, refunded_on: '2026-11-20' }
  await kontor.call('POST', `/v1/credit-notes/${note.id}/refunds`, back)
  const { rows, manifest } = await download('?from=2019-03-01&until=2019-04-01')
  t.deepEqual(
    ofAccount(rows, account).map(({ number, type_code, net, payable, paid, open }) => [
      number,
      type_code,
      net,
      payable,
      paid,
      open,
    ]),
    [
      [issued.number, '380', '100.00', '108.10', '0.00', '54.05'],
      [`CN-${account.customer_number}-1`, '381', '-50.00', '-54.05', '0.00', '0.00'],
      [note.number, '381', '-100.00', '-108.10', '-10.00', '-98.10'],
    ],
  )
  t.like(manifest, { rows: 3, sums: { CHF: { net: '-50.00', vat: '-4.05', gross: '-54.05', payable: '-54.05' } } })
})

test.serial(
  'invoices and credit notes are read by the index and merged, so that the first line waits for no sorting',
  async (t) => {
    const bindings = { tenant: kontor.tenantId, mode: 'test', from: '2019-03-01', until: '2019-04-01' }
    const plan = await planOf(kontor.database, { sql: EXPORT_SQL, bindings })
    t.regex(plan, /Merge Append/)
    t.notRegex(plan, /Sort {2}|Seq Scan/, plan)
  },
)

test.serial('a period begins with its first day and ends before its last', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  for (const issue_on of ['2021-01-31', '2021-02-01', '2021-02-28', '2021-03-01']) await invoice(order, { issue_on })
  const days = async (query: string) => ofAccount((await download(query)).rows, account).map(({ issue_on }) => issue_on)
  t.deepEqual(await days('?from=2021-02-01&until=2021-03-01'), ['2021-02-01', '2021-02-28'])
  t.deepEqual(await days('?from=2021-02-28'), ['2021-02-28', '2021-03-01'])
  t.deepEqual(await days('?until=2021-02-01'), ['2021-01-31'])
  t.deepEqual(await days('?from=2021-02-01&until=2021-02-01'), [], 'an empty period is empty')
})

test.serial(
  'quotes, commas, umlauts and what a spreadsheet would run are written so that they are read as they are',
  async (t) => {
    const issuer = await kontor.call('POST', '/v1/issuers', { ...ISSUER, name: '=HYPERLINK("http://x","y")' })
    const names = ['Müller, "Söhne" & Co', '@SUM(A1)', '+41 Ltd', '-1', ' =1+1', 'a;b', "O'Neill"]
    const expected = names.map((name) => (/^\s*[=+\-@]/.test(name) ? `'${name}` : name))
    for (const [index, name] of names.entries()) {
      const account = await kontor.call('POST', '/v1/accounts', { ...ACCOUNT, name })
      const order = { account_id: account.body.id, issuer_id: issuer.body.id, currency: 'CHF', lines: [LINE] }
      const issued = await invoice(order, { external_id: `-odd-${index}` })
      const [row] = ofAccount((await download()).rows, account.body)
      t.like(row, {
        number: issued.number,
        customer: expected[index],
        issuer: '\'=HYPERLINK("http://x","y")',
        external_id: `'-odd-${index}`,
      })
    }
  },
)

test.serial('the number of the quote that an invoice was made from stands beside it', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  const quote = await kontor.call('POST', '/v1/quotes', order)
  await kontor.call('POST', `/v1/quotes/${quote.body.id}/issue`)
  const { body } = await kontor.call('POST', `/v1/quotes/${quote.body.id}/accept`, { external_id: 'from-quote' })
  await kontor.call('POST', `/v1/invoices/${body.id}/issue`)
  t.like(ofAccount((await download()).rows, account), [
    { quote_number: `Q-${account.customer_number}-1`, external_id: 'from-quote' },
  ])
})

test.serial(
  'an export made while invoices are issued is of one moment: whole lines, no gap, sums that fit',
  async (t) => {
    const { order, account } = await issuerAndAccount(kontor)
    const drafts = await Promise.all(Array.from({ length: 40 }, () => kontor.call('POST', '/v1/invoices', order)))
    const issues = Promise.all(drafts.map(({ body }) => kontor.call('POST', `/v1/invoices/${body.id}/issue`)))
    for (let times = 0; times < 4; times++) {
      const { bytes, manifest, rows } = await download('?from=2026-11-23')
      t.is(manifest.rows, rows.length)
      t.is(manifest.sha256, createHash('sha256').update(bytes).digest('hex'))
      const seqs = ofAccount(rows, account).map(({ number }) => Number(number?.split('-')[1]))
      t.deepEqual(
        seqs.toSorted((a, b) => a - b),
        seqs.map((_, index) => index + 1),
      )
    }
    await issues
    t.is(ofAccount((await download('?from=2026-11-23')).rows, account).length, 40)
  },
)

test.serial('no more rows are read than are being written', async (t) => {
  let read = 0
  const row = { number: '1', totals: {}, currency: 'CHF', paid_minor: 0n, open_minor: 0n } as unknown as ExportRow
  async function* batches() {
    for (; read < 1_000; read++) yield []
    yield [row]
  }
  const csv = toCsv(batches(), () => t.fail('nobody read to the end'))
  await csv.next()
  t.is(read, 0, 'the header comes before any row')
  await csv.next()
  await csv.next()
  t.true(read <= 2)
  await csv.return(undefined)
})
