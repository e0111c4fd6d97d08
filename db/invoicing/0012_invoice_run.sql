-- Runs that issue many drafts: which drafts, fixed when the run is made, and what became of each. Ids and codes alone.

create table invoice_run (
  bucket      smallint    not null check (bucket between 0 and 4095),
  id          uuid        not null,
  tenant_id   uuid        not null references tenant (id),
  mode        text        not null check (mode in ('test', 'live')),
  -- The API key that asked for it: what is issued is issued in its name, as long as it may.
  key_id      uuid        not null,
  dry_run     boolean     not null,
  -- The date of drafts that have none of their own.
  issue_on    date,
  total       int         not null check (total >= 0),
  -- Drafts of one date are a wave, and a wave begins when the one before is over: numbers never go back in time.
  wave        int         not null default 0,
  version     int         not null default 1,
  created_at  timestamptz not null,
  started_at  timestamptz,
  finished_at timestamptz,
  primary key (bucket, id)
);

create table invoice_run_item (
  bucket      smallint    not null check (bucket between 0 and 4095),
  run_id      uuid        not null,
  ord         int         not null check (ord >= 1),
  tenant_id   uuid        not null references tenant (id),
  wave        int         not null check (wave >= 1),
  -- No foreign key: what was asked for need not exist, and a draft may be dropped meanwhile.
  document_id uuid        not null,
  state       text        not null default 'queued' check (state in ('queued', 'issued', 'issuable', 'refused', 'skipped')),
  -- Of the refusal, and where in the draft it points to.
  code        text,
  path        text,
  settled_at  timestamptz,
  primary key (bucket, run_id, ord),
  unique (bucket, run_id, document_id),
  foreign key (bucket, run_id) references invoice_run (bucket, id),
  check ((state = 'queued') = (settled_at is null)),
  check ((code is not null) = (state in ('refused', 'skipped')))
);
create index invoice_run_item_queued on invoice_run_item (bucket, run_id, wave, ord) where state = 'queued';

create trigger invoice_run_immutable before update or delete on invoice_run
  for each row when (old.finished_at is not null) execute function refuse_change();
create trigger invoice_run_kept before truncate on invoice_run for each statement execute function refuse_change();
create trigger invoice_run_item_immutable before update or delete on invoice_run_item
  for each row when (old.state <> 'queued') execute function refuse_change();
create trigger invoice_run_item_kept before truncate on invoice_run_item
  for each statement execute function refuse_change();

grant select, insert on invoice_run, invoice_run_item to kontor_invoicing_service;
grant update (total, wave, version, started_at, finished_at) on invoice_run to kontor_invoicing_service;
grant update (state, code, path, settled_at) on invoice_run_item to kontor_invoicing_service;
