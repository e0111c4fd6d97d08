import { randomBytes } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { freshDatabases } from '../support/database.ts'
import { startOwnServer } from '../support/own-server.ts'
import { type AfterStorm, type StormOptions, storm } from './storm.ts'
import { judge } from './verdict.ts'

const CLIENTS = 16

async function survive(t: ExecutionContext, options: Omit<StormOptions, 'clients' | 'log'>): Promise<AfterStorm> {
  const lines: string[] = []
  const environment = {
    INVOICING_SECRET: randomBytes(32).toString('hex'),
    // Nothing here names a token, so that nobody asks the vault.
    VAULT_URL: 'http://127.0.0.1:9',
    LOG_LEVEL: 'warn',
  }
  const after = await storm({ ...options, clients: CLIENTS, log: (line) => lines.push(line) }, environment)
  t.teardown(() => after.stop())
  const { broken, unavailable, replayed, refused } = after.tally
  t.true(after.changed > 0, 'drafts were changed meanwhile')
  t.log(
    `${after.documents} documents, ${after.kills} processes killed, ${broken} connections broken,`,
    `${unavailable} answers 503 or 504, ${replayed} lost answers found again, ${refused} refusals`,
  )
  return after
}

test.serial('no number is lost or given twice while the processes that issue are killed', async (t) => {
  const databases = await freshDatabases(t)
  const after = await survive(t, {
    databaseUrl: databases.invoicingUrl,
    migrationUrl: databases.invoicingMigrationUrl,
    phases: [
      { accounts: 1, documents: 160, strikes: ['first', 'both'] },
      { accounts: 200, documents: 200, strikes: ['second', 'both'] },
    ],
  })
  const verdict = await judge(databases.invoicingMigrationUrl, after)
  t.deepEqual(verdict.faults, [])
  t.is(verdict.numbers, after.outcome.invoices.length + after.outcome.quotes.length)
  t.true(after.tally.broken >= after.kills, 'the kills met requests on their way')
  t.true(after.tally.refused > 0, 'refusals were among them')
})

test.serial('no number is lost or given twice when the database server crashes', async (t) => {
  const server = await startOwnServer(() => {})
  t.teardown(() => server.destroy())
  const migrated = server.urls.invoicing
  const after = await survive(t, {
    databaseUrl: migrated.url,
    migrationUrl: migrated.migrationUrl,
    crashDatabase: server.crash,
    phases: [{ accounts: 1, documents: 100, strikes: ['database', 'server'] }],
  })
  t.deepEqual((await judge(migrated.migrationUrl, after)).faults, [])

  await tamper(migrated.migrationUrl)
  after.outcome.invoices.push({ id: after.outcome.invoices[0]?.id ?? '', number: '1-1' })
  after.tally.unexpected.push('POST /v1/invoices was answered with 500 internal_error')
  const found = (await judge(migrated.migrationUrl, after)).faults.join('\n')
  for (const fault of [
    /audit of ser_\w+ is not complete: .*"missing":\[3\]/,
    /the audit says that [\d-]+ is not intact/,
    /a series is not 1 to n without a gap/,
    /an issuer gave a number twice/,
    /a number in the ledger has no document that says the same/,
    /an issued document has not exactly one entry in the ledger/,
    /a snapshot is not what its hash says/,
    /a number does not read as its series says/,
    /a number is of another period than its date/,
    /the dates of a series go back/,
    /an issued document has not exactly one event that says so/,
    /a document cannot be found by its number/,
    /was acknowledged, and is \d/,
    /documents of type invoice were asked for/,
    /answered with 500/,
  ]) {
    t.regex(found, fault, 'what is wrong with the books is found')
  }
})

/** Does to the books what must never happen to them: every sentence of the verdict has its crime here. */
async function tamper(migrationUrl: string): Promise<void> {
  const owner = new pg.Client({ connectionString: migrationUrl })
  await owner.connect()
  try {
    await owner.query(`
      create temporary table struck as
        select id as series_id from series where scope = 'account' and period = '' and document_type = 'invoice' limit 1;
      create temporary view victim as
        select document.id, document.seq from document where series_id = (select series_id from struck);
      alter table document disable trigger user;
      alter table number_ledger disable trigger user;
      alter table unique_name disable trigger user;
      delete from number_ledger where seq = 3 and series_id = (select series_id from struck);
      update document set number = (select number from document where id = (select id from victim where seq = 5))
       where id = (select id from victim where seq = 4);
      update document set snapshot = snapshot || ' ' where id = (select id from victim where seq = 6);
      delete from unique_name where target_id = (select id from victim where seq = 7);
      delete from event where type = 'invoice.issued' and object_id = (select id from victim where seq = 8);
      update document set issue_on = '2001-01-01' where id = (select document_id from number_ledger join series on series.id = series_id
        where series.period <> '' limit 1);
      update number_ledger set issue_on = '2001-01-01' where (bucket, series_id, seq) = (select bucket, series_id, max(seq)
        from number_ledger group by 1, 2 having count(*) > 1 limit 1);
      alter table document enable trigger user;
      alter table number_ledger enable trigger user;
      alter table unique_name enable trigger user;`)
  } finally {
    await owner.end()
  }
}
