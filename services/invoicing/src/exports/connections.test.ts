import { createHash } from 'node:crypto'
import { bucketOf, parseId } from '@kontor/ids'
import { connect } from '@kontor/postgres'
import test from 'ava'
import { exportsOf } from '../../../../test/support/exports.ts'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../../test/support/invoicing.ts'

let kontor: InvoicingUnderTest
let open: ReturnType<typeof exportsOf>['open']
let download: ReturnType<typeof exportsOf>['download']

test.before(async () => {
  kontor = await invoicingUnderTest()
  const url = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
  ;({ open, download } = exportsOf(url, await kontor.apiKey('accounting')))
})
test.after.always(() => kontor.close())

async function invoice(order: object) {
  const draft = await kontor.call('POST', '/v1/invoices', order)
  return (await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)).body
}

test.serial('a reader who goes away in the middle leaves no transaction open', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const { id } = await invoice({ ...order, issue_on: '2019-01-01', delivery_on: '2026-11-23' })
  const uuid = parseId('inv', id)
  await kontor.sql(
    `insert into document select (jsonb_populate_record(document, jsonb_build_object('id', gen_random_uuid(), 'seq', n, 'external_id', repeat('x', 4000)))).*
       from document, generate_series(2, 3000) as n where bucket = $1 and id = $2`,
    [bucketOf(uuid), uuid],
  )
  const response = await open('?from=2019-01-01&until=2019-02-01')
  t.teardown(() => response.destroy())
  await new Promise((resolve) => response.once('readable', resolve))
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.is(await openTransactions(), 1, 'the rest waits for its reader')
  response.destroy()
  for (let times = 0; (await openTransactions()) > 0; times++) {
    if (times === 200) return t.fail('the transaction stays open')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const whole = await download('?from=2019-01-01&until=2019-02-01')
  t.is(whole.manifest.rows, 3_000)
  t.is(whole.manifest.sha256, createHash('sha256').update(whole.bytes).digest('hex'))
})

async function openTransactions(): Promise<number> {
  const { rows } = await kontor.database.knex.raw(
    `select count(*)::int as open from pg_stat_activity
      where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()`,
  )
  return rows[0].open
}

test.serial('exports leave connections to others: a fourth at once is asked to come back', async (t) => {
  const owner = connect({ url: kontor.databases.invoicingMigrationUrl, max: 1, applicationName: 'test' })
  const held = await owner.knex.transaction()
  t.teardown(() => owner.close())
  await held.raw('lock table document in access exclusive mode')
  const pending = [download(), download(), download()]
  while ((await waiting()) < 3) await new Promise((resolve) => setTimeout(resolve, 10))
  const fourth = await kontor.call('GET', '/v1/exports/invoices.csv')
  t.like(fourth, { status: 429, body: { code: 'too_many_requests' } })
  t.is(fourth.headers['retry-after'], '5')
  await held.rollback()
  t.deepEqual(
    (await Promise.all(pending)).map(({ status }) => status),
    [200, 200, 200],
  )
  t.is((await download()).status, 200, 'afterwards there is room again')
})

/** How many statements wait for what somebody holds. */
async function waiting(): Promise<number> {
  const [row] = await kontor.sql<{ count: number }>(
    `select count(*)::int as count from pg_locks join pg_stat_activity using (pid)
      where not granted and datname = current_database()`,
  )
  return row?.count ?? 0
}
