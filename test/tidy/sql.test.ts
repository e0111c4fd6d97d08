import test from 'ava'
import { files } from './rule.ts'
import { tablesOf } from './sql.ts'

const migrations = (...statements: string[]) =>
  files(Object.fromEntries(statements.map((sql, index) => [`db/vault/000${index + 1}_step.sql`, sql])))

test('a table is read with its columns, keys and comments, over several migrations', (t) => {
  const [table, ...more] = tablesOf(
    migrations(
      `-- A person; not a table (id int).
       create table person (
         id    uuid primary key, -- first, of course
         name  text not null check (name <> 'a;b, c('),
         rate  numeric(5, 2) default 1,
         tags  text[],
         unique nulls not distinct (name, rate),
         foreign key (id) references other (id)
       );
       create index person_name on person (name);
       comment on column person.name is 'what it''s for; by right; for ever';`,
      `alter table person add column phone text unique, drop column tags;
       create unique index person_phone on person (phone) where phone is not null;
       create function f() returns trigger language plpgsql as $$ begin; create table no (a int); end $$;`,
    ),
  )
  t.deepEqual(more, [])
  t.deepEqual(
    table?.columns.map(({ name, type }) => [name, type]),
    [
      ['id', 'uuid'],
      ['name', 'text'],
      ['rate', 'numeric(5, 2)'],
      ['phone', 'text'],
    ],
  )
  t.deepEqual(
    table?.keys.map(({ kind, columns, references }) => [kind, columns.join(), references]),
    [
      ['primary key', 'id', undefined],
      ['unique', 'name,rate', undefined],
      ['foreign key', 'id', 'other'],
      ['unique', 'phone', undefined],
      ['unique', 'phone', undefined],
    ],
  )
  t.deepEqual([...(table?.comments ?? [])], [['name', "what it's for; by right; for ever"]])
})

const stops = test.macro<[sql: string, because: RegExp]>({
  exec: (t, sql, because) => void t.throws(() => tablesOf(migrations(sql)), { message: because }),
  title: (what) => `${what} is not overlooked`,
})
test('a statement of an unknown kind', stops, 'create table a as select 1;', /cannot read: create table a as/)
test('an unknown change', stops, 'create table a (b int); alter table a rename column b to c;', /cannot read: rename/)
test('a table from nowhere', stops, 'alter table a add column b int;', /which no migration before it makes/)
