-- Keys that rotate and are destroyed. A destroyed version keeps its row, with the signed statement that it is gone, so that it
-- stays visible and is never made anew under the same number.
alter table tenant_kek drop constraint tenant_kek_state_check;
alter table tenant_kek alter column wrapped drop not null;
-- Which intent asked for this version: a repeated request finds what the first one made.
alter table tenant_kek add column idempotency_hmac bytea check (octet_length(idempotency_hmac) = 32);
alter table tenant_kek add column destroyed_at timestamptz;
-- Compact JWS.
alter table tenant_kek add column certificate text;
alter table tenant_kek add constraint tenant_kek_state_check check (
  (state in ('current', 'retired') and wrapped is not null and num_nonnulls(destroyed_at, certificate) = 0)
  or (state = 'destroyed' and wrapped is null and num_nulls(destroyed_at, certificate) = 0));
create unique index tenant_kek_intent on tenant_kek (tenant_id, idempotency_hmac);

-- Root keys that are gone. Whoever wraps a key proves in the same statement that its root key is none of these.
create table destroyed_root_key (
  kid          text        not null primary key,
  destroyed_at timestamptz not null,
  certificate  text        not null
);

-- How many DEKs a version wraps, which of them still have to be wrapped anew, and which are older than a job. Both numbers grow,
-- so new entries go to the right end of a tenant's part.
create index dek_kek on dek (tenant_id, kek_version, created_at);

-- Work on all keys of a tenant, done in the background a few rows at a time. What is left to do is always read from the rows
-- themselves, so a job that was cut off goes on where it was. One process at a time holds a job, for as long as its lease is young.
create table key_job (
  id               uuid        not null primary key,
  tenant_id        uuid        not null,
  mode             text        not null check (mode in ('test', 'live')),
  kind             text        not null check (kind in ('rewrap', 'reseal')),
  state            text        not null default 'waiting' check (state in ('waiting', 'running', 'done', 'failed')),
  done             int         not null default 0,
  total            int         not null default 0,
  -- Rows that did not open as what they say they are; they are left as they were.
  failures         int         not null default 0,
  -- Since when the process that holds the job has it, how far it was then, and when it last went on: from these its pace.
  taken_at         timestamptz,
  taken_done       int         not null default 0,
  moved_at         timestamptz,
  idempotency_hmac bytea       not null check (octet_length(idempotency_hmac) = 32),
  actor_key_id     uuid        not null,
  request_id       text        not null,
  lease_owner      uuid,
  lease_until      timestamptz,
  created_at       timestamptz not null default now(),
  finished_at      timestamptz,
  check ((state in ('done', 'failed')) = (finished_at is not null))
);
create unique index key_job_intent on key_job (tenant_id, idempotency_hmac);
create unique index key_job_active on key_job (tenant_id, kind) where state in ('waiting', 'running');
create index key_job_tenant on key_job (tenant_id, id);

-- Events of changes to keys, committed together with the change and from here carried to the audit, which is another database.
create table key_event (
  id             uuid        not null primary key,
  tenant_id      uuid        not null,
  mode           text        not null check (mode in ('test', 'live')),
  type           text        not null,
  object_version int         not null,
  actor_key_id   uuid        not null,
  request_id     text        not null,
  at             timestamptz not null,
  data           text
);

grant update (state, root_kid, wrapped, destroyed_at, certificate) on tenant_kek to kontor_keys_service;
grant update (kek_version, wrapped) on tenant_secret, dek to kontor_keys_service;
grant select on destroyed_root_key to kontor_keys_service;
grant select, insert on key_job to kontor_keys_service;
grant update (state, done, total, failures, taken_at, taken_done, moved_at, lease_owner, lease_until, finished_at) on key_job to kontor_keys_service;
grant select, insert, delete on key_event to kontor_keys_service;
-- Taking one of these rows to carry it needs the right to update a column of it.
grant update (data) on key_event to kontor_keys_service;
