-- Where a tenant wants to be told what happens, and what is told there. Secrets are derived and never stored.

create table webhook_endpoint (
  bucket           smallint    not null check (bucket between 0 and 4095),
  id               uuid        not null,
  tenant_id        uuid        not null references tenant (id),
  mode             text        not null check (mode in ('test', 'live')),
  url              text        not null check (length(url) <= 2048),
  event_types      text[]      not null check (cardinality(event_types) between 1 and 50),
  state            text        not null check (state in ('active', 'disabled', 'deleted')),
  disabled_because text        check (disabled_because in ('asked', 'gone')),
  -- Which secret signs, and until when the one before it signs as well.
  secret_version   int         not null default 1 check (secret_version >= 1),
  overlap_until    timestamptz,
  -- It is told of transactions from this one on: every one that ran when it was made active, or began later.
  since_tx         xid8        not null,
  active_at        timestamptz not null,
  -- How often in a row nobody answered, and until when it is left alone.
  silences         int         not null default 0,
  paused_until     timestamptz,
  -- The API key that made it: what becomes of it by itself stands under this key.
  key_id           uuid        not null,
  version          int         not null default 1,
  created_at       timestamptz not null,
  primary key (bucket, id),
  check ((state = 'disabled') = (disabled_because is not null)),
  check ((state = 'deleted') = (url = ''))
);
create index webhook_endpoint_tenant on webhook_endpoint (tenant_id, mode, id) where state <> 'deleted';

-- How far the events of a tenant were handed out: one row for each mode, which whoever hands out holds.
create table webhook_position (
  bucket      smallint not null check (bucket between 0 and 4095),
  tenant_id   uuid     not null references tenant (id),
  mode        text     not null check (mode in ('test', 'live')),
  tx          xid8     not null,
  event_id    uuid     not null,
  -- In which transactions are counted so.
  cluster     text     not null,
  -- How many events of the vault's feed were taken over; null before the feed was first asked.
  vault_after bigint,
  primary key (bucket, tenant_id, mode)
);

-- An event that is to be told to an endpoint, and what came of it: ids alone.
create table webhook_delivery (
  bucket          smallint    not null check (bucket between 0 and 4095),
  webhook_id      uuid        not null,
  event_id        uuid        not null,
  tenant_id       uuid        not null references tenant (id),
  source          text        not null check (source in ('invoicing', 'vault')),
  type            text        not null,
  account_id      uuid,
  object_kind     text        not null,
  object_id       uuid        not null,
  object_version  int         not null,
  event_at        timestamptz not null,
  state           text        not null default 'pending' check (state in ('pending', 'delivered', 'dead')),
  attempts        int         not null default 0,
  next_attempt_at timestamptz not null,
  -- Whoever makes an attempt has it until then.
  leased_until    timestamptz,
  -- A failure after this is the last.
  expires_at      timestamptz not null,
  last_attempt_at timestamptz,
  last_status     smallint,
  last_failure    text,
  ended_at        timestamptz,
  primary key (bucket, webhook_id, event_id),
  foreign key (bucket, webhook_id) references webhook_endpoint (bucket, id),
  check ((state = 'pending') = (ended_at is null))
);
-- What comes first of an object holds the rest of it.
create index webhook_delivery_order on webhook_delivery (bucket, webhook_id, object_id, object_version, event_at, event_id)
  where state = 'pending';
create index webhook_delivery_due on webhook_delivery (bucket, webhook_id, next_attempt_at) where state = 'pending';
create index webhook_delivery_ended on webhook_delivery (ended_at) where ended_at is not null;

grant select, insert on webhook_endpoint, webhook_position to kontor_invoicing_service;
grant update (url, event_types, state, disabled_because, secret_version, overlap_until, since_tx, active_at, silences, paused_until, version)
  on webhook_endpoint to kontor_invoicing_service;
grant update (tx, event_id, cluster, vault_after) on webhook_position to kontor_invoicing_service;
-- What has ended is cleaned after thirty days.
grant select, insert, delete on webhook_delivery to kontor_invoicing_service;
grant update (state, attempts, next_attempt_at, leased_until, expires_at, last_attempt_at, last_status, last_failure, ended_at)
  on webhook_delivery to kontor_invoicing_service;
