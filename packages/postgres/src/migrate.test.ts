import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { emptyDatabase } from '../../../test/support/database.ts'
import { withClient } from './client.ts'
import { MigrationFailed, migrate } from './migrate.ts'

async function given(t: ExecutionContext, files: Record<string, string>) {
  const directory = await mkdtemp(join(tmpdir(), 'kontor-migrations-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const write = (name: string, sql: string) => writeFile(join(directory, name), sql)
  for (const [name, sql] of Object.entries(files)) await write(name, sql)
  const { migrationUrl } = await emptyDatabase('vault')
  const lines: string[] = []
  return {
    write,
    remove: (name: string) => rm(join(directory, name)),
    run: () => migrate(migrationUrl, directory, (line) => lines.push(line)),
    lines,
    query: (sql: string) => withClient(migrationUrl, 'kontor test', async (client) => (await client.query(sql)).rows),
  }
}

const FIRST = { '0001_first.sql': 'create table first (id int primary key);' }

test('files run in order, are recorded, and run once', async (t) => {
  const db = await given(t, {
    '0002_second.sql': 'alter table first add column name text;',
    ...FIRST,
    'schema.sql': 'this is no migration',
    'README.md': 'nor is this',
  })
  t.deepEqual(await db.run(), ['0001_first.sql', '0002_second.sql'])
  t.deepEqual(db.lines, ['migrated 0001_first.sql', 'migrated 0002_second.sql'])
  t.deepEqual(await db.run(), [])
  await db.write('0003_third.sql', 'create table third ();')
  t.deepEqual(await db.run(), ['0003_third.sql'])
  t.deepEqual(await db.query('select name from knex_migrations order by id'), [
    { name: '0001_first.sql' },
    { name: '0002_second.sql' },
    { name: '0003_third.sql' },
  ])
})

test('question marks, several statements and function bodies reach the server as they are written', async (t) => {
  const db = await given(t, {
    '0001_first.sql': `-- why? because
      create table first (body jsonb check (not body ? 'pan'), note text default 'who\\?');
      create function one() returns int language plpgsql as $$ begin return 1; end $$;`,
  })
  await db.run()
  t.deepEqual(await db.query(`insert into first (body) values ('{"a":1}') returning note, one()`), [
    { note: 'who\\?', one: 1 },
  ])
  await t.throwsAsync(db.query(`insert into first (body) values ('{"pan":1}')`), { message: /check constraint/ })
})

test('each file is its own transaction: a failing one leaves nothing of itself, and what came before it stays', async (t) => {
  const db = await given(t, {
    ...FIRST,
    '0002_second.sql': '-- one\ncreate table second ();\n-- three\nalter table nowhere add column x int;\n',
    '0003_third.sql': 'create table third ();',
  })
  await t.throwsAsync(db.run(), {
    instanceOf: MigrationFailed,
    message: /^0002_second\.sql.*relation "nowhere" does not exist/,
  })
  t.deepEqual(await db.query("select to_regclass('first') is not null as first, to_regclass('second') as second"), [
    { first: true, second: null },
  ])
  await db.write('0002_second.sql', 'create table second ();')
  t.deepEqual(await db.run(), ['0002_second.sql', '0003_third.sql'])
})

test('a mistake in the SQL is told with its line', async (t) => {
  const db = await given(t, { '0001_first.sql': 'create table first (\n  id int,\n  name txet\n);\n' })
  await t.throwsAsync(db.run(), { message: '0001_first.sql, line 3: type "txet" does not exist' })
})

test('an enum value added by one file can be used by the next', async (t) => {
  const db = await given(t, {
    '0001_mode.sql': "create type mode as enum ('test');",
    '0002_live.sql': "alter type mode add value 'live';",
    '0003_use.sql': "create table first (mode mode default 'live');",
  })
  t.is((await db.run()).length, 3)
})

test('processes that migrate at the same time share the work', async (t) => {
  const db = await given(t, { ...FIRST, '0002_second.sql': 'select pg_sleep(0.1); create table second ();' })
  const runs = await Promise.all([db.run(), db.run(), db.run()])
  t.deepEqual(runs.flat().sort(), ['0001_first.sql', '0002_second.sql'])
})

test('a run that was killed while it held the lock does not stop the next one', async (t) => {
  const db = await given(t, FIRST)
  await db.run()
  await db.query('update knex_migrations_lock set is_locked = 1')
  await db.write('0002_second.sql', 'create table second ();')
  t.deepEqual(await db.run(), ['0002_second.sql'])
})

test('a file that was changed after it was run is refused', async (t) => {
  const db = await given(t, FIRST)
  await db.run()
  await db.write('0001_first.sql', 'create table first (id bigint primary key);')
  await t.throwsAsync(db.run(), {
    instanceOf: MigrationFailed,
    message: /^0001_first\.sql was changed after it was run/,
  })
})

test('a file that is gone is refused', async (t) => {
  const db = await given(t, FIRST)
  await db.run()
  await db.remove('0001_first.sql')
  await t.throwsAsync(db.run(), { instanceOf: MigrationFailed, message: /^0001_first\.sql was run .* gone$/ })
})

test('a new file with a number below what was run is refused', async (t) => {
  const db = await given(t, { '0002_second.sql': 'create table second ();' })
  await db.run()
  await db.write('0001_first.sql', 'create table first ();')
  await t.throwsAsync(db.run(), {
    instanceOf: MigrationFailed,
    message: /^0001_first\.sql comes before 0002_second\.sql/,
  })
})

for (const name of ['1_first.sql', '0001-first.sql', '0001_First.sql', 'first.sql']) {
  test(`${name} is no name for a migration`, async (t) => {
    const db = await given(t, { [name]: 'select 1;' })
    await t.throwsAsync(db.run(), { instanceOf: MigrationFailed, message: /NNNN_name\.sql/ })
  })
}

test('two files with one number are refused', async (t) => {
  const db = await given(t, { ...FIRST, '0001_other.sql': 'select 1;' })
  await t.throwsAsync(db.run(), { instanceOf: MigrationFailed, message: /number 0001 already/ })
})
