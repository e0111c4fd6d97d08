import { createHash } from 'node:crypto'
import { bucketOf, parseId } from '@kontor/ids'
import { connect } from '@kontor/postgres'
import test, { type ExecutionContext } from 'ava'
import { exportsOf } from '../../../../test/support/exports.ts'
import {
  ACCOUNT,
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
} from '../../../../test/support/invoicing.ts'
import type { OpenReport, ReportedNumber } from './report.ts'
import { toReportCsv } from './report-csv.ts'

// Serial, because only so many reports are made at once, and because some of them are of tampered books.
let kontor: InvoicingUnderTest
let accounting: string
let url: string
test.before(async () => {
  kontor = await invoicingUnderTest()
  accounting = await kontor.apiKey('accounting')
  url = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
})
test.after.always(() => kontor.close())

const report = (id: string, query = '') => exportsOf(url, accounting, `/v1/series/${id}/report.csv`).download(query)

/** A series of the issuer with five invoices of two customers, one a day, that goes on from another system. */
async function series() {
  const { order, account, issuer } = await issuerAndAccount(kontor)
  const other = (await kontor.call('POST', '/v1/accounts', { ...ACCOUNT, name: '=Müller, "Söhne" & Co' })).body
  const invoice = { scope: 'issuer', period: 'year', format: 'R{year}-{seq:3}' }
  await kontor.call('PUT', `/v1/issuers/${issuer.id}/numbering`, { invoice }, { headers: { 'if-match': '"1"' } })
  const start = { period: '2026', next_seq: 98 }
  const { id } = (await kontor.call('PUT', `/v1/issuers/${issuer.id}/numbering/invoice/start`, start)).body
  const documents: string[] = []
  for (const [index, day] of ['16', '17', '18', '19', '20'].entries()) {
    const account_id = index % 2 ? other.id : account.id
    const draft = await kontor.call('POST', '/v1/invoices', { ...order, account_id, issue_on: `2026-11-${day}` })
    await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
    documents.push(draft.body.id)
  }
  return { id: id as string, uuid: parseId('ser', id), documents, account, other, issuer }
}

async function tamper(t: ExecutionContext, table: string, change: string, values: readonly unknown[]) {
  await kontor.sql(`alter table ${table} disable trigger user`)
  t.is((await kontor.sql(`${change} returning 1 as done`, values)).length, 1)
  await kontor.sql(`alter table ${table} enable trigger user`)
}

test.serial('every number is a line, with its customer, amount and what became of it', async (t) => {
  const { id, documents, account, other } = await series()
  const { status, headers, rows, bytes, manifest } = await report(id)
  t.is(status, 200)
  t.is(headers['content-type'], 'text/csv; charset=utf-8; header=present')
  t.is(headers['content-disposition'], `attachment; filename="${id}.csv"`)
  t.deepEqual(
    rows,
    documents.map((document_id, index) => ({
      number: `R2026-${String(98 + index).padStart(3, '0')}`,
      seq: String(98 + index),
      seq_to: String(98 + index),
      issue_on: `2026-11-${16 + index}`,
      issued_at: '2026-11-23T10:00:00.000Z',
      customer_number: index % 2 ? other.customer_number : account.customer_number,
      customer: index % 2 ? '\'=Müller, "Söhne" & Co' : 'Beispiel GmbH',
      currency: 'CHF',
      gross: '108.10',
      state: 'issued',
      state_at: '2026-11-23T10:00:00.000Z',
      remarks: '',
      document_id,
    })),
  )
  t.deepEqual(manifest, {
    numbers: 5,
    missing: '0',
    sums: [{ currency: 'CHF', state: 'issued', count: 5, gross: '540.50' }],
    made_at: '2026-11-23T10:00:00.000Z',
    made_by: 'accounting',
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })
})

test.serial('a report of some days has their numbers alone, and no gap beside them', async (t) => {
  const { id } = await series()
  const seqs = async (query: string) => (await report(id, query)).rows.map(({ seq }) => Number(seq))
  t.deepEqual(await seqs('?from=2026-11-17&to=2026-11-18'), [99, 100])
  t.deepEqual(await seqs('?from=2026-11-19'), [101, 102])
  t.deepEqual(await seqs('?to=2026-11-16'), [98])
  t.deepEqual(await seqs('?from=2026-11-21'), [])
})

test.serial('whatever was tampered with stands in the report', async (t) => {
  const { id, uuid, documents } = await series()
  const ids = documents.map((document) => parseId('inv', document))
  const ledger = (change: string) => tamper(t, 'number_ledger', `${change} and series_id = $1`, [uuid])
  const document = (change: string, at: number) =>
    tamper(t, 'document', `${change} where bucket = $2 and id = $1`, [ids[at], bucketOf(ids[at] ?? '')])
  await ledger('delete from number_ledger where seq = 98')
  await document("update document set snapshot = 'no JSON at all'", 1)
  await ledger("update number_ledger set issue_on = '2026-11-01' where seq = 100")
  await ledger("update number_ledger set number = 'R2026-777' where seq = 101")
  await document('delete from document', 4)
  const { rows, manifest } = await report(id)
  t.deepEqual(
    rows.map(({ seq, state, remarks, customer }) => [seq, state, remarks, customer]),
    [
      ['98', 'missing', '', ''],
      ['99', 'issued', 'altered', ''],
      ['100', 'issued', 'altered date_inversion', ''],
      ['101', 'issued', 'altered misprinted', ''],
      ['102', 'lost', '', ''],
    ],
  )
  t.like(manifest, { numbers: 4, missing: '1' })
  await ledger('delete from number_ledger where seq = 102')
  t.like((await report(id)).rows.at(-1), { seq: '102', seq_to: '102', state: 'missing' })
  t.is((await report(id, '?to=2026-12-31')).rows.length, 4, 'what is gone from the end has no date')
  const pdf = await kontor.call('GET', `/v1/series/${id}/report.pdf`)
  t.is(pdf.status, 200, 'and the PDF can be made')
})

test.serial('the PDF is made in four languages, and is not kept by anybody', async (t) => {
  const { id } = await series()
  const sizes = new Set<number>()
  for (const query of ['', '?language=fr', '?language=it', '?language=en', '?from=2026-11-17&to=2026-11-18']) {
    const reply = await kontor.call('GET', `/v1/series/${id}/report.pdf${query}`, undefined, { as: accounting })
    t.is(reply.status, 200)
    t.is(reply.headers['content-type'], 'application/pdf')
    t.is(reply.headers['cache-control'], 'private, no-store')
    t.is(reply.bytes.subarray(0, 8).toString(), '%PDF-1.7')
    sizes.add(reply.bytes.length)
  }
  t.is(sizes.size, 5, 'each is another one')
})

test.serial(
  'refused: days that are none or go backwards, a language we do not speak, and who may not export',
  async (t) => {
    const { id } = await series()
    for (const kind of ['csv', 'pdf']) {
      const get = (query: string, as?: string) =>
        kontor.call('GET', `/v1/series/${id}/report.${kind}${query}`, undefined, as === undefined ? {} : { as })
      t.like(await get('?from=2026-02-30'), {
        status: 422,
        body: { code: 'invalid_date', errors: [{ path: '/from' }] },
      })
      t.like(await get('?from=2026-02-02&to=2026-02-01'), {
        status: 422,
        body: { code: 'period_reversed', errors: [{ path: '/to' }] },
      })
      t.is((await get('?from=yesterday')).status, 400)
      t.is((await get('?language=rm')).status, 400)
      t.is((await get('', await kontor.apiKey('checkout'))).status, 403)
      t.is((await get('', await kontor.apiKey('admin', { mode: 'live' }))).status, 404)
    }
  },
)

test.serial('a PDF of more than ten thousand numbers is refused, and the CSV of them is not', async (t) => {
  const { id, uuid } = await series()
  await kontor.sql(
    `insert into number_ledger (bucket, series_id, seq, tenant_id, document_bucket, document_id, number, snapshot_hash, issue_on, issued_at)
     select bucket, series_id, n, tenant_id, document_bucket, document_id, 'R2026-' || n, snapshot_hash, issue_on, issued_at
       from number_ledger cross join generate_series(103, 10100) as n where series_id = $1 and seq = 102`,
    [uuid],
  )
  const refused = await kontor.call('GET', `/v1/series/${id}/report.pdf`)
  t.like(refused, { status: 422, body: { code: 'report_too_long' } })
  const part = await kontor.call('GET', `/v1/series/${id}/report.pdf?to=2026-11-19`)
  t.is(part.status, 200)
  t.is((await report(id)).manifest.numbers, 10_003)
})

test.serial('a third report at once has to wait, and whoever goes away makes room', async (t) => {
  const { id } = await series()
  const { open } = exportsOf(url, accounting, `/v1/series/${id}/report.csv`)
  const owner = connect({ url: kontor.databases.invoicingMigrationUrl, max: 1, applicationName: 'test-owner' })
  t.teardown(() => owner.close())
  const held = await owner.knex.transaction()
  await held.raw('lock table number_ledger in access exclusive mode')
  const slow = [open(), open()]
  await untilTwoWait()
  const third = await kontor.call('GET', `/v1/series/${id}/report.pdf`)
  t.like(third, { status: 429, body: { code: 'too_many_requests' } })
  t.is(third.headers['retry-after'], '5')
  await held.rollback()
  for (const response of await Promise.all(slow)) response.destroy()
  for (let times = 0; ; times++) {
    const { status } = await kontor.call('GET', `/v1/series/${id}/report.pdf`)
    if (status === 200) break
    t.is(status, 429)
    t.true(times < 500, 'room is made in the end')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
})

async function untilTwoWait(): Promise<void> {
  for (let times = 0; times < 500; times++) {
    const rows = await kontor.sql(
      'select pid from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()',
    )
    if (rows.length === 2) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('the reports do not wait for what is held')
}

test('no more numbers are read than are being written', async (t) => {
  let read = 0
  const number = { kind: 'number', number: '1', seq: 1n, issued_at: new Date(0), state_at: new Date(0), remarks: [] }
  const entry = { ...number, document_id: kontor.tenantId, currency: null } as unknown as ReportedNumber
  const { head } = { head: { series: { document_type: 'invoice' }, madeBy: '' } } as unknown as OpenReport
  async function* batches() {
    for (; read < 1_000; read++) yield [entry]
  }
  const csv = toReportCsv({ head, batches }, new Date(0), () => t.fail('nobody read to the end'))
  await csv.next()
  t.is(read, 0, 'the header comes before any number')
  await csv.next()
  await csv.next()
  t.true(read <= 2)
  await csv.return(undefined)
})
