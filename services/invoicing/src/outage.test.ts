import test from 'ava'
import { type WayToDatabase, wayTo } from '../../../test/support/cut-off.ts'
import {
  ACCOUNT,
  type CallOptions,
  callApp,
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  type ServiceApp,
} from '../../../test/support/invoicing.ts'

let kontor: InvoicingUnderTest
let way: WayToDatabase
let app: ServiceApp
let admin: string

test.before(async () => {
  kontor = await invoicingUnderTest()
  way = await wayTo(kontor.databases.invoicingUrl)
  app = await kontor.twin({ databaseUrl: way.url })
  admin = await kontor.apiKey('admin')
})
test.after.always(async () => {
  await kontor.close()
  await way.close()
})

const ask = (method: string, url: string, body?: unknown, options?: CallOptions) =>
  callApp(app, admin, method, url, body, options)

test.serial('while the database is down every request says so, nothing was changed, and then it goes on', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/invoices', order)
  const requests = [
    ['GET', '/v1/accounts'],
    ['GET', `/v1/accounts/${order.account_id}`],
    ['GET', '/v1/exports/invoices.csv'],
    ['POST', '/v1/accounts', ACCOUNT],
    ['POST', '/v1/invoices', order],
    ['POST', `/v1/invoices/${draft.body.id}/issue`],
  ] as const
  t.is((await ask('GET', '/ready')).status, 200)
  // The key is known for some seconds, so that the requests get as far as their own queries.
  t.is((await ask('GET', '/v1/accounts')).status, 200)
  const before = await kontor.state()
  await way.breakDown()
  for (const [method, url, body] of requests) {
    const reply = await ask(method, url, body, { key: 'while-it-is-down' })
    t.like(reply, { status: 503, body: { code: 'database_unavailable' } }, `${method} ${url}`)
    t.is(reply.headers['content-type'], 'application/problem+json')
  }
  t.like(await ask('GET', '/ready'), { status: 503, body: { code: 'database_unavailable' } })
  t.is((await ask('GET', '/health')).status, 200)
  const unknown = await kontor.apiKey('admin')
  t.is((await ask('GET', '/v1/accounts', undefined, { as: unknown })).status, 503, 'nobody is told that a key is wrong')
  t.deepEqual(await kontor.state(), before)
  await way.repair()
  t.is((await ask('GET', '/ready')).status, 200)
  for (const [method, url, body] of requests) {
    const reply = await ask(method, url, body, { key: 'while-it-is-down' })
    t.true([200, 201].includes(reply.status), `${method} ${url}: ${reply.bytes}`)
    t.is(reply.headers['idempotent-replayed'], undefined, 'a refusal was not kept')
  }
})

test.serial(
  'an answer that was lost leaves a doubt that the same key clears: the number was drawn, once',
  async (t) => {
    const { order, account } = await issuerAndAccount(kontor)
    const [first, draft] = [
      await kontor.call('POST', '/v1/invoices', order),
      await kontor.call('POST', '/v1/invoices', order),
    ]
    // The first number makes the series, and takes two draws.
    await kontor.call('POST', `/v1/invoices/${first.body.id}/issue`)
    const url = `/v1/invoices/${draft.body.id}/issue`
    way.loseAnswerTo('draw_numbers')
    t.like(await ask('POST', url, undefined, { key: 'lost-answer-1' }), {
      status: 504,
      body: { code: 'outcome_unknown' },
    })
    const again = await ask('POST', url, undefined, { key: 'lost-answer-1' })
    t.like(again, { status: 200, body: { number: `${account.customer_number}-2` } })
    t.is(again.headers['idempotent-replayed'], 'true')
    const series = await kontor.call('GET', `/v1/series?account_id=${account.id}`)
    const audit = await kontor.call('GET', `/v1/series/${series.body.data[0].id}/audit`)
    t.like(audit.body, { count: 2, complete: true })
  },
)

test.serial('so does a commit whose answer was lost', async (t) => {
  way.loseAnswerTo('COMMIT')
  const lost = await ask('POST', '/v1/accounts', ACCOUNT, { key: 'lost-commit-1' })
  t.like(lost, { status: 504, body: { code: 'outcome_unknown' } })
  const again = await ask('POST', '/v1/accounts', ACCOUNT, { key: 'lost-commit-1' })
  t.is(again.status, 201)
  t.is(again.headers['idempotent-replayed'], 'true')
})

test.serial('a read whose answer was lost can simply be repeated', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  way.loseAnswerTo('find_account')
  const lost = await ask('GET', `/v1/accounts/${order.account_id}`)
  t.like(lost, { status: 503, body: { code: 'database_unavailable' } })
  t.is((await ask('GET', `/v1/accounts/${order.account_id}`)).status, 200)
})

test.serial('an operator sees each of these as an error with its place, and no personal data', (t) => {
  const lines = kontor.log.map((line) => JSON.parse(line)).filter(({ event }) => event === 'failed')
  t.true(lines.length >= 10)
  for (const line of lines) {
    t.true(['database_unavailable', 'outcome_unknown'].includes(line.code))
    t.true(line.err.at.length > 0)
  }
  t.false(kontor.log.join('').includes(ACCOUNT.name))
})
