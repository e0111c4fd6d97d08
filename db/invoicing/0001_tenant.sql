-- Tenants and their API keys: reference tables, read on every request, written by the owner's tools.
create table tenant (
  id         uuid        not null primary key,
  slug       text        not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name       text        not null,
  created_at timestamptz not null default now()
);

create table api_key (
  id          uuid        not null primary key,
  lookup_id   text        not null unique,
  secret_hash bytea       not null check (octet_length(secret_hash) = 32),
  tenant_id   uuid        not null references tenant (id),
  mode        text        not null check (mode in ('test', 'live')),
  name        text        not null,
  role        text        not null check (role in ('checkout', 'invoicing', 'accounting', 'admin')),
  scopes      text[]      not null,
  purposes    text[]      not null default '{}',
  expires_at  timestamptz,
  revoked_at  timestamptz,
  created_at  timestamptz not null default now()
);
create index api_key_tenant on api_key (tenant_id);

-- What must be unique within a tenant is decided here, in the bucket of the name itself, and looked up here as well.
-- Sensitive values never enter.
create table unique_name (
  bucket    smallint not null check (bucket between 0 and 4095),
  tenant_id uuid     not null references tenant (id),
  mode      text     not null check (mode in ('test', 'live')),
  kind      text     not null,
  value     text     not null check (length(value) between 1 and 200),
  target_id uuid     not null,
  primary key (bucket, tenant_id, mode, kind, value)
);
comment on column unique_name.value is 'find an account or a document by its number or the tenant''s own id; contract, GDPR 6(1)(b); as long as what it names';

-- One row for each write that was done under an Idempotency-Key. The key is kept as a keyed HMAC only.
create table idempotency (
  bucket       smallint    not null check (bucket between 0 and 4095),
  key_hmac     bytea       not null check (octet_length(key_hmac) = 32),
  tenant_id    uuid        not null references tenant (id),
  request_hmac bytea       not null check (octet_length(request_hmac) = 32),
  status       smallint    not null,
  answer       text        not null,
  created_at   timestamptz not null default now(),
  primary key (bucket, key_hmac)
);
comment on column idempotency.answer is 'answer a repeated request as it was answered first; contract, GDPR 6(1)(b); as long as what the request made, at least 30 days';

-- What happened, in the order in which it may be read: below pg_snapshot_xmin(pg_current_snapshot()). Never personal data.
create table event (
  bucket         smallint    not null check (bucket between 0 and 4095),
  id             uuid        not null,
  tenant_id      uuid        not null references tenant (id),
  mode           text        not null check (mode in ('test', 'live')),
  type           text        not null,
  account_id     uuid,
  object_id      uuid        not null,
  object_version int         not null,
  actor_key_id   uuid        not null,
  at             timestamptz not null,
  tx             xid8        not null default pg_current_xact_id(),
  primary key (bucket, id)
);
create index event_tenant on event (tenant_id, id);

grant select on tenant, api_key to kontor_invoicing_service;
grant select, insert on unique_name, event to kontor_invoicing_service;
grant select, insert on idempotency to kontor_invoicing_service;
-- A write claims its key first and leaves its answer last, in one transaction.
grant update (status, answer) on idempotency to kontor_invoicing_service;
