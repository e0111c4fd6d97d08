-- Printed from the migrations beside this file; do not edit.

grant usage, create on schema public to kontor_keys_owner;
grant usage on schema public to kontor_keys_service;

CREATE OR REPLACE FUNCTION public.hold_subject()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock(uuid_hash_extended(new.subject_id, 0));
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_erased_subject()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock_shared(uuid_hash_extended(new.subject_id, 0));
  if exists (select from tombstone where bucket = new.bucket and subject_id = new.subject_id) then
    return null;
  end if;
  return new;
end
$function$;

create table dek (
  bucket      smallint    not null,
  subject_id  uuid        not null,
  version     integer     not null,
  tenant_id   uuid        not null,
  kek_version integer     not null,
  wrapped     text        not null,
  created_at  timestamptz not null default now(),
  constraint dek_pkey primary key (bucket, subject_id, version),
  constraint dek_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint dek_version_check check (version > 0)
);
create index dek_kek on dek using btree (tenant_id, kek_version, created_at);
create trigger dek_not_of_erased before insert on dek for each row execute function refuse_erased_subject();
grant select, insert, delete on dek to kontor_keys_service;
grant update (kek_version, wrapped) on dek to kontor_keys_service;

create table destroyed_root_key (
  kid          text        not null,
  destroyed_at timestamptz not null,
  certificate  text        not null,
  constraint destroyed_root_key_pkey primary key (kid)
);
grant select on destroyed_root_key to kontor_keys_service;

create table key_event (
  id             uuid        not null,
  tenant_id      uuid        not null,
  mode           text        not null,
  type           text        not null,
  object_version integer     not null,
  actor_key_id   uuid        not null,
  request_id     text        not null,
  at             timestamptz not null,
  data           text,
  constraint key_event_pkey primary key (id),
  constraint key_event_mode_check check (mode = any (array['test', 'live']))
);
grant select, insert, delete on key_event to kontor_keys_service;
grant update (data) on key_event to kontor_keys_service;

create table key_job (
  id               uuid        not null,
  tenant_id        uuid        not null,
  mode             text        not null,
  kind             text        not null,
  state            text        not null default 'waiting',
  done             integer     not null default 0,
  total            integer     not null default 0,
  failures         integer     not null default 0,
  taken_at         timestamptz,
  taken_done       integer     not null default 0,
  moved_at         timestamptz,
  idempotency_hmac bytea       not null,
  actor_key_id     uuid        not null,
  request_id       text        not null,
  lease_owner      uuid,
  lease_until      timestamptz,
  created_at       timestamptz not null default now(),
  finished_at      timestamptz,
  constraint key_job_pkey primary key (id),
  constraint key_job_check check ((state = any (array['done', 'failed'])) = (finished_at is not null)),
  constraint key_job_idempotency_hmac_check check (octet_length(idempotency_hmac) = 32),
  constraint key_job_kind_check check (kind = any (array['rewrap', 'reseal'])),
  constraint key_job_mode_check check (mode = any (array['test', 'live'])),
  constraint key_job_state_check check (state = any (array['waiting', 'running', 'done', 'failed']))
);
create unique index key_job_active on key_job using btree (tenant_id, kind) where state = any (array['waiting', 'running']);
create unique index key_job_intent on key_job using btree (tenant_id, idempotency_hmac);
create index key_job_tenant on key_job using btree (tenant_id, id);
grant select, insert on key_job to kontor_keys_service;
grant update (done, failures, finished_at, lease_owner, lease_until, moved_at, state, taken_at, taken_done, total) on key_job to kontor_keys_service;

create table signing_key (
  kid        text        not null,
  state      text        not null,
  x          text        not null,
  y          text        not null,
  root_kid   text        not null,
  wrapped    text        not null,
  created_at timestamptz not null default now(),
  constraint signing_key_pkey primary key (kid),
  constraint signing_key_state_check check (state = any (array['current', 'retired']))
);
create unique index signing_key_current on signing_key using btree (state) where state = 'current';
grant select, insert on signing_key to kontor_keys_service;

create table tenant_kek (
  tenant_id        uuid        not null,
  version          integer     not null,
  root_kid         text        not null,
  wrapped          text,
  state            text        not null,
  created_at       timestamptz not null default now(),
  idempotency_hmac bytea,
  destroyed_at     timestamptz,
  certificate      text,
  constraint tenant_kek_pkey primary key (tenant_id, version),
  constraint tenant_kek_idempotency_hmac_check check (octet_length(idempotency_hmac) = 32),
  constraint tenant_kek_state_check check ((state = any (array['current', 'retired'])) and wrapped is not null and num_nonnulls(destroyed_at, certificate) = 0 or state = 'destroyed' and wrapped is null and num_nulls(destroyed_at, certificate) = 0),
  constraint tenant_kek_version_check check (version > 0)
);
create unique index tenant_kek_current on tenant_kek using btree (tenant_id) where state = 'current';
create unique index tenant_kek_intent on tenant_kek using btree (tenant_id, idempotency_hmac);
grant select, insert on tenant_kek to kontor_keys_service;
grant update (certificate, destroyed_at, root_kid, state, wrapped) on tenant_kek to kontor_keys_service;

create table tenant_secret (
  tenant_id   uuid        not null,
  kek_version integer     not null,
  wrapped     text        not null,
  created_at  timestamptz not null default now(),
  constraint tenant_secret_pkey primary key (tenant_id),
  constraint tenant_secret_tenant_id_kek_version_fkey foreign key (tenant_id, kek_version) references tenant_kek(tenant_id, version)
);
grant select, insert on tenant_secret to kontor_keys_service;
grant update (kek_version, wrapped) on tenant_secret to kontor_keys_service;

create table tombstone (
  bucket            smallint    not null,
  subject_id        uuid        not null,
  tenant_id         uuid        not null,
  mode              text        not null,
  account_id        uuid        not null,
  erased_at         timestamptz not null,
  tokens_destroyed  integer     not null,
  keys_destroyed_at timestamptz not null,
  final_at          timestamptz not null,
  receipt           text,
  constraint tombstone_pkey primary key (bucket, subject_id),
  constraint tombstone_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint tombstone_mode_check check (mode = any (array['test', 'live'])),
  constraint tombstone_tokens_destroyed_check check (tokens_destroyed >= 0)
);
create index tombstone_newest on tombstone using btree (erased_at);
create trigger tombstone_waits before insert on tombstone for each row execute function hold_subject();
comment on column tombstone.receipt is 'prove that the customer was erased; legal obligation, GDPR 5(2) and 17(1); as long as the tenant must be able to prove it';
grant select, insert on tombstone to kontor_keys_service;
grant update (receipt) on tombstone to kontor_keys_service;
