import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { bucketOf, newUuid, parseId } from '@kontor/ids'
import { connect, type Database } from '@kontor/postgres'
import test from 'ava'
import { makeTenant } from '../numbers/tenant.ts'
import { freshDatabases } from '../support/database.ts'
import { ACCOUNT, ISSUER, LINE } from '../support/invoicing.ts'
import { startKillable } from '../support/killable-service.ts'
import { newTally, type PatientClient, patientClient } from '../support/patient-client.ts'

const DRAFTS = 400
/** When the processes are killed, after the run was asked for: while its jobs are taken, drawn, recorded. */
const STRIKES_MS = [20, 60, 140]

const COPY_SQL = `
insert into document select (jsonb_populate_record(document, jsonb_build_object('id', copy.id))).*
  from document cross join unnest($3::uuid[]) as copy(id) where document.bucket = $1 and document.id = $2`

/** A draft as the service makes it, and as many of it as are wanted. */
async function makeDrafts(client: PatientClient, owner: Database, issuerId: string, round: number): Promise<string> {
  const account = await client.send(0, 'POST', '/v1/accounts', ACCOUNT, { 'idempotency-key': `run-account-${round}` })
  const form = { account_id: account.body.id, issuer_id: issuerId, currency: 'CHF', lines: [LINE] }
  const draft = await client.send(0, 'POST', '/v1/invoices', form, { 'idempotency-key': `run-draft-${round}` })
  const id = parseId('inv', draft.body.id)
  const copies = Array.from({ length: DRAFTS - 1 }, () => newUuid(bucketOf(id), Date.now(), randomBytes))
  await owner.hotSql('copy draft', COPY_SQL, [bucketOf(id), id, copies])
  return account.body.id
}

test('each draft of a run is issued once, though the processes that issue them are killed', async (t) => {
  const databases = await freshDatabases(t)
  const owner = connect({ url: databases.invoicingMigrationUrl, max: 1, applicationName: 'test-owner' })
  t.teardown(() => owner.close())
  const apiKey = await makeTenant(databases.invoicingMigrationUrl)
  const environment = {
    INVOICING_DATABASE_URL: databases.invoicingUrl,
    INVOICING_SECRET: randomBytes(32).toString('hex'),
    VAULT_URL: 'http://127.0.0.1:9',
    LOG_LEVEL: 'warn',
  }
  const processes = await Promise.all(['first', 'second'].map((name) => startKillable('invoicing', name, environment)))
  t.teardown(() => Promise.all(processes.map((one) => one.stop())))
  const [first, second] = processes as [(typeof processes)[0], (typeof processes)[0]]
  const tally = newTally()
  const urls = processes.map(({ url }) => url)
  const client = patientClient(urls, apiKey, tally, new AbortController().signal)
  const issuer = await client.send(0, 'POST', '/v1/issuers', ISSUER, { 'idempotency-key': 'run-issuer' })
  await client.send(
    0,
    'PUT',
    `/v1/issuers/${issuer.body.id}/numbering`,
    { invoice: { scope: 'issuer', period: 'month', format: '{year}{month}-{seq:4}' } },
    { 'if-match': '"1"' },
  )

  let interrupted = 0
  for (const [round, strikeMs] of STRIKES_MS.entries()) {
    const account_id = await makeDrafts(client, owner, issuer.body.id, round)
    const run = await client.send(
      round,
      'POST',
      '/v1/invoice-runs',
      { account_id },
      { 'idempotency-key': `run-made-${round}` },
    )
    t.is(run.status, 202)
    await pause(strikeMs)
    await Promise.all([first.kill(), round % 2 === 0 ? second.kill() : undefined])
    const [{ queued } = { queued: 0 }] = await owner.hotSql<{ queued: number }>(
      'queued',
      `select count(*)::int as queued from invoice_run_item where run_id = $1 and state = 'queued'`,
      [parseId('run', run.body.id)],
    )
    if (queued > 0) interrupted++
    // Whoever lives, or comes first, goes on with it.
    if (round % 2 === 0) await second.start()
    let shown = run.body
    for (let times = 0; shown.state !== 'done'; times++) {
      if (times === 600) return t.fail(`the run stays ${JSON.stringify(shown)}`)
      await pause(50)
      shown = (await client.send(1, 'GET', `/v1/invoice-runs/${run.body.id}`)).body
    }
    t.like(shown, { total: DRAFTS, issued: DRAFTS, refused: 0, skipped: 0 })
    await first.start()
  }
  t.true(interrupted >= 2, `${interrupted} runs were interrupted`)
  t.log(`${interrupted} of ${STRIKES_MS.length} runs were interrupted in the middle`)

  const { body: page } = await client.send(0, 'GET', '/v1/series?limit=200')
  for (const series of page.data) {
    const { body: audit } = await client.send(0, 'GET', `/v1/series/${series.id}/audit?limit=1`)
    t.like(audit, { complete: true, missing: [], duplicates: [], date_inversions: [] })
  }
  const [books] = await owner.hotSql<Record<string, number>>(
    'books',
    `select (select count(*) from number_ledger)::int as numbers,
            (select count(distinct document_id) from number_ledger)::int as documents,
            (select count(*) from document where state = 'issued')::int as issued,
            (select count(*) from event where type = 'invoice.issued')::int as events,
            (select count(*) from event where type = 'invoice_run.finished')::int as runs,
            (select count(*) from graphile_worker._private_jobs)::int as jobs`,
    [],
  )
  const all = DRAFTS * STRIKES_MS.length
  t.deepEqual(books, { numbers: all, documents: all, issued: all, events: all, runs: STRIKES_MS.length, jobs: 0 })
  t.deepEqual(tally.unexpected, [])
  const defects = processes.flatMap((one) =>
    one
      .log()
      .split('\n')
      .filter((line) => /job_defect|40P01/.test(line)),
  )
  t.deepEqual(defects, [])
})
