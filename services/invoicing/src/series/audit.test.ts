import { bucketOf, parseId } from '@kontor/ids'
import test, { type ExecutionContext } from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../../test/support/invoicing.ts'

let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

/** A series with five invoices, one a day. */
async function series() {
  const { order, account } = await issuerAndAccount(kontor)
  const documents: string[] = []
  for (const day of ['16', '17', '18', '19', '20']) {
    const draft = await kontor.call('POST', '/v1/invoices', { ...order, issue_on: `2026-11-${day}` })
    await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
    documents.push(draft.body.id)
  }
  const list = await kontor.call('GET', `/v1/series?account_id=${account.id}`)
  const id = list.body.data[0].id as string
  return { id, uuid: parseId('ser', id), account, documents }
}

const audit = async (id: string, query = '') => (await kontor.call('GET', `/v1/series/${id}/audit${query}`)).body

/** Changes what nobody may change, as somebody would who owns the database and switches its triggers off. */
async function tamper(t: ExecutionContext, table: string, change: string, values: readonly unknown[]) {
  await kontor.sql(`alter table ${table} disable trigger user`)
  t.is((await kontor.sql(`${change} returning 1 as done`, values)).length, 1)
  await kontor.sql(`alter table ${table} enable trigger user`)
}

const GOOD = {
  first: 1,
  last: 5,
  count: 5,
  complete: true,
  missing: [],
  duplicates: [],
  date_inversions: [],
  misprinted: [],
  has_more: false,
}

test('a series that nothing was drawn from is complete and empty', async (t) => {
  const { issuer, account } = await issuerAndAccount(kontor)
  const start = { account_id: account.id, next_seq: 4711 }
  const made = await kontor.call('PUT', `/v1/issuers/${issuer.id}/numbering/invoice/start`, start)
  t.deepEqual(await audit(made.body.id), {
    first: null,
    last: null,
    count: 0,
    complete: true,
    missing: [],
    duplicates: [],
    date_inversions: [],
    misprinted: [],
    numbers: [],
    has_more: false,
  })
})

test('each number says what became of it, page by page', async (t) => {
  const { id, account, documents } = await series()
  const whole = await audit(id)
  t.like(whole, GOOD)
  t.deepEqual(
    whole.numbers,
    documents.map((document_id, index) => ({
      seq: index + 1,
      number: `${account.customer_number}-${index + 1}`,
      document_id,
      issue_on: `2026-11-${16 + index}`,
      issued_at: '2026-11-23T10:00:00.000Z',
      intact: true,
      state: 'issued',
      state_at: '2026-11-23T10:00:00.000Z',
    })),
  )
  const first = await audit(id, '?limit=2')
  const rest = await audit(id, '?limit=200&after=2')
  t.like(first, { complete: true, count: 5, has_more: true })
  t.like(rest, { complete: true, count: 5, has_more: false })
  t.deepEqual([...first.numbers, ...rest.numbers], whole.numbers)
})

test.serial('a number that was taken out of the ledger is named', async (t) => {
  for (const seq of [1, 3]) {
    const { id, uuid } = await series()
    await tamper(t, 'number_ledger', 'delete from number_ledger where series_id = $1 and seq = $2', [uuid, seq])
    t.like(await audit(id), { count: 4, complete: false, missing: [seq] })
  }
})

test.serial('also the last one, because the counter remembers it', async (t) => {
  const { id, uuid } = await series()
  await tamper(t, 'number_ledger', 'delete from number_ledger where series_id = $1 and seq = 5', [uuid])
  t.like(await audit(id), { last: 4, count: 4, complete: false, missing: [5] })
})

test.serial('a counter that was put back is found', async (t) => {
  const { id, uuid } = await series()
  await tamper(t, 'series', 'update series set next_seq = 3 where bucket = $2 and id = $1', [uuid, bucketOf(uuid)])
  t.like(await audit(id), { count: 5, complete: false, missing: [] })
})

test.serial('also with the end of the ledger, because the document is still known by its number', async (t) => {
  const { id, uuid } = await series()
  await tamper(t, 'number_ledger', 'delete from number_ledger where series_id = $1 and seq = 5', [uuid])
  await tamper(t, 'series', 'update series set next_seq = 5 where bucket = $2 and id = $1', [uuid, bucketOf(uuid)])
  t.like(await audit(id), { last: 4, count: 4, complete: false, missing: [5] })
})

test.serial('a number that was entered twice, past the key that forbids it, is named', async (t) => {
  const { id, uuid } = await series()
  await kontor.sql('alter table number_ledger drop constraint number_ledger_pkey')
  await tamper(
    t,
    'number_ledger',
    'insert into number_ledger select * from number_ledger where series_id = $1 and seq = 2',
    [uuid],
  )
  t.like(await audit(id), { count: 6, complete: false, missing: [], duplicates: [2] })
  await tamper(
    t,
    'number_ledger',
    'delete from number_ledger where ctid in (select max(ctid) from number_ledger where series_id = $1 and seq = 2)',
    [uuid],
  )
  await kontor.sql('alter table number_ledger add primary key (bucket, series_id, seq)')
  t.like(await audit(id), GOOD)
})

test.serial('a number that was changed in the ledger is named, and its document no longer fits', async (t) => {
  const { id, uuid } = await series()
  const change = "update number_ledger set number = number || '0' where series_id = $1 and seq = 4"
  await tamper(t, 'number_ledger', change, [uuid])
  const found = await audit(id)
  t.like(found, { complete: true, misprinted: [4] })
  t.is(found.numbers[3].intact, false)
})

test.serial('numbers that are missing by the million are counted, and a hundred of them named', async (t) => {
  const { id, uuid } = await series()
  await tamper(t, 'series', 'update series set next_seq = 1000000 where bucket = $2 and id = $1', [
    uuid,
    bucketOf(uuid),
  ])
  const found = await audit(id)
  t.like(found, { last: 5, count: 5, complete: false })
  t.deepEqual(
    found.missing,
    Array.from({ length: 100 }, (_, n) => n + 6),
  )
})

test('a number says what became of its document', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  const quote = await kontor.call('POST', '/v1/quotes', order)
  await kontor.call('POST', `/v1/quotes/${quote.body.id}/issue`)
  const list = await kontor.call('GET', `/v1/series?account_id=${account.id}&document_type=quote`)
  t.like((await audit(list.body.data[0].id)).numbers, [{ state: 'issued', document_id: quote.body.id }])
  const accepted = await kontor.call('POST', `/v1/quotes/${quote.body.id}/accept`, { convert: 'none' })
  t.is(accepted.status, 200, JSON.stringify(accepted.body))
  t.like((await audit(list.body.data[0].id)).numbers, [{ state: 'accepted', intact: true }])
  const converted = await kontor.call('POST', `/v1/quotes/${quote.body.id}/convert`, {})
  t.is(converted.status, 201, JSON.stringify(converted.body))
  t.like((await audit(list.body.data[0].id)).numbers, [{ state: 'converted', intact: true }])
})

test.serial(
  'a document that no longer says what its number was bound to is found, and so is a missing one',
  async (t) => {
    const changes = [
      "update document set snapshot = replace(snapshot, 'Beratung', 'Beratunk') where bucket = $2 and id = $1",
      "update document set number = number || '0' where bucket = $2 and id = $1",
      "update document set issue_on = '2026-11-01' where bucket = $2 and id = $1",
      'update document set seq = 9 where bucket = $2 and id = $1',
      'delete from document where bucket = $2 and id = $1',
    ]
    for (const change of changes) {
      const { id, documents } = await series()
      const uuid = parseId('inv', documents[1] ?? '')
      await tamper(t, 'document', change, [uuid, bucketOf(uuid)])
      const found = await audit(id)
      t.deepEqual(
        found.numbers.map(({ intact }: { intact: boolean }) => intact),
        [true, false, true, true, true],
        change,
      )
      t.is(found.numbers[1].state, change.startsWith('delete') ? 'lost' : 'issued')
    }
  },
)

test.serial('a date that lies before the one before it is found', async (t) => {
  const { id, uuid } = await series()
  const change = "update number_ledger set issue_on = '2026-11-10' where series_id = $1 and seq = 3"
  await tamper(t, 'number_ledger', change, [uuid])
  t.like(await audit(id), { complete: true, date_inversions: [3] })
})

test('an audit made while numbers are drawn is of one moment', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  const drafts = await Promise.all(Array.from({ length: 41 }, () => kontor.call('POST', '/v1/invoices', order)))
  await kontor.call('POST', `/v1/invoices/${drafts.pop()?.body.id}/issue`)
  const list = await kontor.call('GET', `/v1/series?account_id=${account.id}`)
  const { id } = list.body.data[0]
  const issues = Promise.all(drafts.map(({ body }) => kontor.call('POST', `/v1/invoices/${body.id}/issue`)))
  for (let times = 0; times < 10; times++) {
    const { complete, missing } = await audit(id)
    t.true(complete)
    t.deepEqual(missing, [])
  }
  await issues
  t.like(await audit(id), { count: 41, complete: true })
})
