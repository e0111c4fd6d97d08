import test from 'ava'
import { emptyDatabase } from '../../../test/support/database.ts'
import { withClient } from './client.ts'
import { printSchema } from './print-schema.ts'

const SCHEMA = `
create type mode as enum ('test', 'live');
create domain percentage as numeric(5, 2) constraint percentage_range check (value between 0 and 100);
create function refuse() returns trigger language plpgsql as $$ begin raise exception 'immutable'; end $$;
revoke execute on function refuse() from public;
comment on function refuse() is 'It''s final';
create table account (
  bucket smallint not null, id uuid not null, name text, mode mode not null default 'test', rate percentage,
  upper_name text generated always as (upper(name)) stored, counter bigint generated always as identity,
  tx xid8 not null default pg_current_xact_id(), created_at timestamptz not null default now(),
  primary key (bucket, id), constraint name_length check (length(name) between 1 and 200 and name <> 'CHECK ::text'),
  "odd ""name" text collate "C"
) with (fillfactor = 90);
comment on table account is 'who buys';
comment on column account.name is 'print it; contract; ten years';
create unique index account_name on account (name) include (mode) where mode = 'live';
create unlogged table cvc (
  bucket smallint, id uuid, foreign key (bucket, id) references account on delete cascade deferrable initially deferred);
create trigger frozen before update on account for each row when (old.mode is distinct from new.mode) execute function refuse();
create trigger kept after truncate on account execute function refuse();
alter table account enable always trigger kept;
alter table account enable row level security;
create policy own on account as restrictive for select to kontor_vault_service using (mode = 'live');
create table event (bucket smallint, at timestamptz not null) partition by range (at);
create table event_2026 partition of event for values from ('2026-01-01 00:00+00') to ('2027-01-01 00:00+00');
create index event_at on event (at);
create schema side;
create table side.account (id int);
grant usage on schema side to kontor_vault_service;
grant insert, select on account to kontor_vault_service with grant option;
grant update (name, mode) on account to kontor_retention;
grant select on event to public;
revoke truncate on account from kontor_vault_owner;
alter default privileges in schema side grant select on tables to kontor_vault_service;
`

const run = (url: string, sql: string) => withClient(url, 'kontor test', (client) => client.query(sql))

test('what is printed makes the same schema again, and prints the same', async (t) => {
  const [one, other] = [await emptyDatabase('vault'), await emptyDatabase('vault')]
  const asAdmin = (database: string) => {
    const url = new URL(one.adminUrl)
    url.pathname = `/${database}`
    return url.href
  }
  for (const { database } of [one, other]) {
    await run(asAdmin(database), 'grant create on schema public to kontor_vault_owner')
    await run(asAdmin(database), `grant create on database ${database} to kontor_vault_owner`)
  }
  await run(one.migrationUrl, SCHEMA)
  const printed = await printSchema(one.migrationUrl)
  // Only a member of pg_database_owner may grant on `public`; the copy has these grants already.
  await run(other.migrationUrl, printed)
  t.is(await printSchema(other.migrationUrl), printed)
})

test('a table reads as it would be written', async (t) => {
  const { migrationUrl } = await emptyDatabase('vault')
  await run(
    migrationUrl,
    `${SCHEMA.slice(0, SCHEMA.indexOf('create schema side'))} grant update (name, mode) on account to kontor_retention`,
  )
  const printed = await printSchema(migrationUrl)
  const block = printed.slice(printed.indexOf('create table account'), printed.indexOf('create unlogged'))
  t.is(
    block.trimEnd(),
    `create table account (
  bucket       smallint    not null,
  id           uuid        not null,
  name         text,
  mode         mode        not null default 'test'::mode,
  rate         percentage,
  upper_name   text        generated always as (upper(name)) stored,
  counter      bigint      not null generated always as identity,
  tx           xid8        not null default pg_current_xact_id(),
  created_at   timestamptz not null default now(),
  "odd ""name" text        collate "C",
  constraint account_pkey primary key (bucket, id),
  constraint name_length check (length(name) >= 1 and length(name) <= 200 and name <> 'CHECK ::text')
) with (fillfactor=90);
create unique index account_name on account using btree (name) include (mode) where mode = 'live'::mode;
create trigger frozen before update on account for each row when (old.mode is distinct from new.mode) execute function refuse();
create trigger kept after truncate on account for each statement execute function refuse();
alter table account enable always trigger kept;
alter table account enable row level security;
create policy own on account as restrictive for select to kontor_vault_service using ((mode = 'live'::mode));
comment on table account is 'who buys';
comment on column account.name is 'print it; contract; ten years';
grant update (mode, name) on account to kontor_retention;`,
  )
})

test('a kind of object that the printer has no words for is an error, not a gap', async (t) => {
  const { migrationUrl } = await emptyDatabase('vault')
  await run(migrationUrl, 'create table a (x int, y int); create statistics pair on x, y from a')
  await t.throwsAsync(printSchema(migrationUrl), { message: /no words for: statistics pair/ })
})
