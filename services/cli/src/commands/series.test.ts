import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseId } from '@kontor/ids'
import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../../test/support/invoicing.ts'
import { Sentence } from '../sentence.ts'
import { commandLine } from '../testing/command-line.ts'
import { auditSeries } from './series-audit.ts'
import { reportSeries } from './series-report.ts'

// As an accountant works: against a running service, with files that nobody else may read.
const folder = mkdtempSync(join(tmpdir(), 'kontor-series-cli-'))
let kontor: InvoicingUnderTest
let invoicingUrl: string
let invoicingKey: string
test.before(async () => {
  kontor = await invoicingUnderTest()
  invoicingUrl = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
  invoicingKey = await kontor.apiKey('accounting')
})
test.after.always(async () => {
  await kontor.close()
  rmSync(folder, { recursive: true })
})

const terminal = (services: object = { invoicingUrl, invoicingKey }) => commandLine({ services, cwd: folder })

async function series() {
  const { order, account } = await issuerAndAccount(kontor)
  for (const day of ['18', '19', '20']) {
    const draft = await kontor.call('POST', '/v1/invoices', { ...order, issue_on: `2026-11-${day}` })
    await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
  }
  const list = await kontor.call('GET', `/v1/series?account_id=${account.id}`)
  return { id: list.body.data[0].id as string, uuid: parseId('ser', list.body.data[0].id) }
}

test.serial('a series that is as it must be ends with 0, and says what is in it', async (t) => {
  const { id } = await series()
  const { command, said, results } = terminal()
  t.is(await auditSeries(command, id), 0)
  t.deepEqual(said, [
    '3 numbers, 1 to 3: 3 issued.',
    'Complete: each number is there once, and every document is what its number was bound to.',
  ])
  t.like(results[0], { series: id, complete: true, good: true, numbers: 3, states: { issued: 3 }, altered: [] })
})

test.serial('a gap and an altered document end with 1, and are named', async (t) => {
  const { id, uuid } = await series()
  await kontor.sql('alter table number_ledger disable trigger user')
  await kontor.sql('delete from number_ledger where series_id = $1 and seq = 2', [uuid])
  await kontor.sql('alter table number_ledger enable trigger user')
  await kontor.sql('alter table document disable trigger user')
  await kontor.sql("update document set snapshot = '{}' where series_id = $1 and seq = 3", [uuid])
  await kontor.sql('alter table document enable trigger user')
  const { command, said } = terminal()
  t.is(await auditSeries(command, id), 1)
  t.is(said[1], '1 missing: 2')
  t.regex(said[2] ?? '', /^1 with a document that was altered or is lost: \d{9}-3$/)
  t.is(said.length, 3)
})

test.serial('a report is written for its owner alone, and never over another file', async (t) => {
  const { id } = await series()
  const { command, results } = terminal()
  const options = {
    from: '2026-11-19',
    to: '2026-11-20',
    pdf: 'report.pdf',
    csv: 'report.csv',
    language: 'fr',
  } as const
  t.is(await reportSeries(command, id, options), 0)
  const pdf = readFileSync(join(folder, 'report.pdf'))
  const csv = readFileSync(join(folder, 'report.csv'))
  t.is(pdf.subarray(0, 8).toString(), '%PDF-1.7')
  t.is(csv.toString().trim().split('\r\n').length, 3)
  t.is(statSync(join(folder, 'report.csv')).mode & 0o777, 0o600)
  t.like(results[0], {
    series: id,
    files: [
      { bytes: pdf.length, sha256: createHash('sha256').update(pdf).digest('hex') },
      { bytes: csv.length, sha256: createHash('sha256').update(csv).digest('hex') },
    ],
  })
  await t.throwsAsync(reportSeries(command, id, { csv: 'report.csv' }), {
    instanceOf: Sentence,
    message: /is there already/,
  })
  t.true(csv.equals(readFileSync(join(folder, 'report.csv'))))
})

test.serial('a report that is refused leaves no file behind', async (t) => {
  const { id } = await series()
  const { command } = terminal()
  const error = await t.throwsAsync(reportSeries(command, id, { from: '2026-02-30', csv: 'refused.csv' }))
  t.is(error?.name, 'Refused')
  t.throws(() => statSync(join(folder, 'refused.csv')), { code: 'ENOENT' })
})

test.serial('what is missing on the command line is said before anybody is asked', async (t) => {
  const id = 'ser_01h455vb4pex5vsknk084sn02q'
  const { command } = terminal()
  const sentence = (message: RegExp) => ({ instanceOf: Sentence, message })
  await t.throwsAsync(auditSeries(command, 'inv_1'), sentence(/ser_…/))
  await t.throwsAsync(reportSeries(command, id, {}), sentence(/--pdf, --csv or both/))
  await t.throwsAsync(reportSeries(command, id, { csv: 'x.csv', from: '1.1.2026' }), sentence(/2026-01-31/))
  await t.throwsAsync(auditSeries(terminal({}).command, id), sentence(/INVOICING_URL/))
  await t.throwsAsync(auditSeries(terminal({ invoicingUrl }).command, id), sentence(/INVOICING_API_KEY/))
})
