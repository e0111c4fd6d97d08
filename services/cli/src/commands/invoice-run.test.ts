import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../../test/support/invoicing.ts'
import { Refused } from '../job/api-client.ts'
import { Sentence } from '../sentence.ts'
import { commandLine } from '../testing/command-line.ts'
import { showInvoiceRun, startInvoiceRun } from './invoice-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'kontor-run-cli-'))
let kontor: InvoicingUnderTest
let invoicingUrl: string
let invoicingKey: string
test.before(async () => {
  kontor = await invoicingUnderTest()
  invoicingUrl = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
  invoicingKey = await kontor.apiKey('invoicing')
})
test.after.always(async () => {
  await kontor.close()
  rmSync(folder, { recursive: true })
})

/** A terminal; where something is waited for, the jobs are done when it says so the first time. */
function terminal() {
  let waited = false
  const onProgress = () => {
    if (!waited) void kontor.work()
    waited = true
  }
  return commandLine({ services: { invoicingUrl, invoicingKey }, cwd: folder, onProgress })
}

async function drafts() {
  const { order, issuer, account } = await issuerAndAccount(kontor)
  await kontor.call('POST', '/v1/invoices', order)
  await kontor.call('POST', '/v1/invoices', order)
  const { body } = await kontor.call('POST', '/v1/invoices', { ...order, issue_on: '2999-01-01' })
  return { issuer: issuer.id as string, account: account.id as string, future: body.id as string }
}

test.serial(
  'a dry run is waited for, says what would be refused, and ends with 1; then the run issues the rest',
  async (t) => {
    const { issuer, account, future } = await drafts()
    const dry = terminal()
    t.is(await startInvoiceRun(dry.command, { issuer, account, dryRun: true, wait: true }), 1)
    t.regex(
      dry.said[0] ?? '',
      /^run_\w+ is done: 3 drafts, 2 can be issued, 1 refused, 0 skipped, 0 still queued, \d+ a second\.$/,
    )
    t.is(dry.said[1], `${future}  refused: date_in_future /issue_on`)
    t.is(dry.progress[0], 'Drafts        0 of 3')
    const real = terminal()
    t.is(await startInvoiceRun(real.command, { issuer, wait: true, csv: 'run.csv' }), 1)
    t.regex(real.said[0] ?? '', /: 3 drafts, 2 issued, 1 refused/)
    t.regex(real.said[2] ?? '', /^run\.csv {2}\d+ bytes, SHA-256 [0-9a-f]{64}$/)
    t.is(statSync(join(folder, 'run.csv')).mode & 0o777, 0o600)
    t.is(readFileSync(join(folder, 'run.csv'), 'utf8').split('\r\n').length, 5)
    t.like(real.results[0], { issued: 2, refused: 1, not_issued: [{ invoice_id: future, code: 'date_in_future' }] })
  },
)

test.serial('without --wait it says how to look at it later; the same key finds the same run', async (t) => {
  const { issuer } = await drafts()
  const first = terminal()
  const options = {
    issuer,
    issueOn: '2026-11-20',
    createdBefore: '2999-01-01T00:00:00Z',
    idempotencyKey: 'november-run',
  }
  t.is(await startInvoiceRun(first.command, options), 0)
  const { id } = first.results[0] as { id: string }
  t.is(first.said[1], `kontor invoice-run show ${id} says how far it has come.`)
  const again = terminal()
  await startInvoiceRun(again.command, options)
  t.like(again.results[0], { id })
  const shown = terminal()
  t.is(await showInvoiceRun(shown.command, id, { wait: true }), 1)
  t.like(shown.results[0], { id, state: 'done', issued: 2 })
})

test('what is missing or wrong is one sentence', async (t) => {
  const { command } = terminal()
  await t.throwsAsync(startInvoiceRun(command, {}), { instanceOf: Sentence, message: /--issuer, --account/ })
  await t.throwsAsync(showInvoiceRun(command, 'inv_1', {}), { instanceOf: Sentence, message: /run_…/ })
  await t.throwsAsync(startInvoiceRun(command, { issuer: 'iss_1' }), { instanceOf: Refused })
})
