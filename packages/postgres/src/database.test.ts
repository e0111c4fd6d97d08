import test from 'ava'
import pg from 'pg'
import { emptyDatabase } from '../../../test/support/database.ts'
import { coalescer } from './coalescer.ts'
import { closeAll, connect, type Database } from './database.ts'
import { isUniqueViolation, sqlstate } from './sqlstate.ts'
import { withTransaction } from './transaction.ts'

let url: string
let database: Database

test.before(async () => {
  url = (await emptyDatabase('vault')).migrationUrl
  database = connect({ url, max: 8, applicationName: 'kontor test' })
  await database.knex.raw('create table item (id int primary key, amount bigint not null, body jsonb)')
})
test.after.always(() => database.close())

test('amounts come back as bigint, dates and transaction ids as text, instants as Date, JSON parsed', async (t) => {
  const [row] = await database.hotSql(
    'types',
    `select 9007199254740993::int8 as amount, '{1,null,-2}'::int8[] as amounts, date '2026-02-28' as on_date,
       '{2026-02-28,2024-02-29}'::date[] as dates, timestamptz '2026-02-28 23:30:00+00' as at, '{"a":[1]}'::jsonb as body,
       '7'::xid8 as tx, 1.10::numeric as price, null::int8 as nothing, timestamp '2026-02-28 23:30' as local`,
    [],
  )
  t.deepEqual(row, {
    amount: 9007199254740993n,
    amounts: [1n, null, -2n],
    on_date: '2026-02-28',
    dates: ['2026-02-28', '2024-02-29'],
    at: new Date('2026-02-28T23:30:00Z'),
    body: { a: [1] },
    tx: '7',
    price: '1.10',
    nothing: null,
    local: '2026-02-28 23:30:00',
  })
})

test('Knex reads the same types over the same pool', async (t) => {
  const row = await database.knex.select(database.knex.raw("5::int8 as amount, date '2026-02-28' as on_date")).first()
  t.deepEqual({ ...row }, { amount: 5n, on_date: '2026-02-28' })
})

test('another user of the driver in the same process keeps its own types', async (t) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query('select 5::int8 as amount')
  await client.end()
  t.deepEqual(rows, [{ amount: '5' }])
})

test('a hot statement is prepared once per connection', async (t) => {
  const single = connect({ url, max: 1, applicationName: 'kontor test' })
  t.teardown(() => single.close())
  for (const n of [1, 2, 3]) {
    const rows = await single.hotSql<{ doubled: number }>('double', 'select $1::int * 2 as doubled', [n])
    t.deepEqual(rows, [{ doubled: 2 * n }])
  }
  const { rows } = await single.knex.raw(
    "select generic_plans + custom_plans as runs from pg_prepared_statements where name = 'double'",
  )
  t.deepEqual(rows, [{ runs: 3n }])
})

test('a statement that fails gives its connection back', async (t) => {
  const single = connect({ url, max: 1, applicationName: 'kontor test' })
  t.teardown(() => single.close())
  const error = await t.throwsAsync(single.hotSql('bad', 'select 1 / $1::int', [0]))
  t.is(sqlstate(error), '22012')
  t.deepEqual(await single.hotSql('good', 'select 1 as one', []), [{ one: 1 }])
})

test('a connection that the server ended is replaced', async (t) => {
  const single = connect({ url, max: 1, applicationName: 'kontor test' })
  t.teardown(() => single.close())
  const [row] = await single.hotSql<{ pid: number }>('pid', 'select pg_backend_pid() as pid', [])
  await database.knex.raw('select pg_terminate_backend(?)', [row?.pid as number])
  await t.notThrowsAsync(async () => {
    // The end reaches this process in its own time: until then one query may still fail, and the next must not.
    const again = () => single.hotSql('pid', 'select pg_backend_pid() as pid', [])
    await again().catch(again)
  })
})

test('a pool that is used up refuses after its time-out', async (t) => {
  const single = connect({ url, max: 1, applicationName: 'kontor test', acquireTimeoutMs: 1_000 })
  t.teardown(() => single.close())
  await withTransaction(single.knex, async () => {
    await t.throwsAsync(single.hotSql('one', 'select 1 as one', []), { message: /[Tt]imeout/ })
  })
})

test('closing twice is as good as once, and closeAll closes the others when one fails', async (t) => {
  const one = connect({ url, max: 1, applicationName: 'kontor test' })
  await one.hotSql('one', 'select 1 as one', [])
  await one.close()
  await one.close()
  let closed = false
  const failing = { close: () => Promise.reject(new Error('stuck')) }
  const fine = {
    close: async () => {
      closed = true
    },
  }
  await t.throwsAsync(closeAll(failing, fine), { instanceOf: AggregateError })
  t.true(closed)
})

test('a transaction that throws leaves nothing', async (t) => {
  await t.throwsAsync(
    withTransaction(database.knex, async (tx) => {
      await tx('item').insert({ id: 100, amount: 1 })
      throw new Error('changed my mind')
    }),
    { message: 'changed my mind' },
  )
  t.is(await database.knex('item').where({ id: 100 }).first(), undefined)
})

test('two transactions that take the same locks in opposite order both come through', async (t) => {
  await database.knex('item').insert([
    { id: 1, amount: 0 },
    { id: 2, amount: 0 },
  ])
  let arrived = 0
  let bothHold: () => void = () => {}
  const meeting = new Promise<void>((resolve) => {
    bothHold = resolve
  })
  let attempts = 0
  const addTo = (first: number, second: number) =>
    withTransaction(database.knex, async (tx) => {
      attempts++
      await tx('item').where({ id: first }).increment('amount', 1)
      if (++arrived === 2) bothHold()
      await meeting
      await tx('item').where({ id: second }).increment('amount', 1)
    })
  await Promise.all([addTo(1, 2), addTo(2, 1)])
  t.is(attempts, 3, 'one of the two was done again')
  const rows = await database.knex('item').select('amount').whereIn('id', [1, 2])
  t.deepEqual(
    rows.map((row) => row.amount),
    [2n, 2n],
  )
})

test('a transaction waits for a lock no longer than it said', async (t) => {
  await database.knex('item').insert({ id: 3, amount: 0 })
  await withTransaction(database.knex, async (holder) => {
    await holder('item').where({ id: 3 }).forUpdate().first()
    const error = await t.throwsAsync(
      withTransaction(database.knex, (tx) => tx('item').where({ id: 3 }).forUpdate().first(), { lockTimeoutMs: 30 }),
    )
    t.is(sqlstate(error), '55P03')
  })
})

test('inside a transaction, another is a savepoint', async (t) => {
  await withTransaction(database.knex, async (tx) => {
    await tx('item').insert({ id: 4, amount: 0 })
    const error = await t.throwsAsync(withTransaction(tx, (inner) => inner('item').insert({ id: 4, amount: 0 })))
    t.true(isUniqueViolation(error))
    t.true(isUniqueViolation(error, 'item_pkey'))
    t.false(isUniqueViolation(error, 'another'))
  })
  t.truthy(await database.knex('item').where({ id: 4 }).first())
})

test('coalesced inserts: a row that the database refuses fails alone, all others are there once', async (t) => {
  let statements = 0
  const insert = coalescer({
    batchMax: 64,
    write: (batch: { id: number; amount: bigint }[]) => {
      statements++
      return database.hotSql<{ id: number; amount: bigint }>(
        'insert items',
        `insert into item (id, amount) select id, amount from unnest($1::int[], $2::bigint[]) as given (id, amount)
         returning id, amount`,
        [batch.map((item) => item.id), batch.map((item) => item.amount)],
      )
    },
  })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 300 }, (_, i) => insert({ id: i === 250 ? 1001 : 1000 + i, amount: 2n ** 60n + BigInt(i) })),
  )
  const refused = outcomes.flatMap((outcome, i) =>
    outcome.status === 'rejected' ? [[i, sqlstate(outcome.reason)]] : [],
  )
  t.deepEqual(refused, [[250, '23505']])
  t.true(
    outcomes.every((outcome, i) => outcome.status === 'rejected' || outcome.value.amount === 2n ** 60n + BigInt(i)),
  )
  const [row] = await database.knex('item').where('id', '>=', 1000).count({ count: 'id' })
  t.is(row?.count as unknown, 299n)
  t.true(statements < 30, `${statements} statements for 300 rows`)
})
