-- A legal hold keeps the data of a customer from being erased. It stands on the subject's row, whose lock decides between a
-- hold and an erasure that come at once.
alter table data_subject add column hold_reason text check (hold_reason ~ '^[a-z0-9_]{1,63}$');
alter table data_subject add column hold_until timestamptz;
alter table data_subject add column hold_placed_at timestamptz;
alter table data_subject add check ((hold_reason is null) = (hold_placed_at is null) and (hold_until is null or hold_reason is not null));
alter table data_subject add check (state = 'active' or hold_reason is null);
comment on column data_subject.hold_reason is 'know which duty keeps the data from being erased, a code of the tenant; legal obligation, GDPR 17(3)(b) and (e); until the hold is released';

-- What was erased, when, and the signed receipt of it. The row is written in the transaction that destroys the data; what
-- comes after it (the keys are destroyed, the receipt is signed) can be repeated until it is done.
create table erasure (
  bucket           smallint    not null check (bucket between 0 and 4095),
  subject_id       uuid        not null,
  tenant_id        uuid        not null references tenant (id),
  mode             text        not null check (mode in ('test', 'live')),
  account_id       uuid        not null,
  erased_at        timestamptz not null,
  tokens_destroyed int         not null check (tokens_destroyed >= 0),
  -- Null until the tombstone of the subject stands in the database of the keys.
  keys_destroyed_at timestamptz,
  -- When the last backup that still holds the keys is gone.
  final_at         timestamptz,
  receipt          text,
  primary key (bucket, subject_id),
  foreign key (bucket, subject_id) references data_subject (bucket, id),
  check (num_nulls(keys_destroyed_at, final_at, receipt) in (0, 3))
);
-- What a process that died has left to be done.
create index erasure_unfinished on erasure (bucket, subject_id) where receipt is null;
-- A backup lacks what was erased last, so that is what is compared again and again.
create index erasure_newest on erasure (erased_at);
comment on column erasure.receipt is 'prove that the customer was erased; legal obligation, GDPR 5(2) and 17(1); as long as the tenant must be able to prove it';

grant update (hold_reason, hold_until, hold_placed_at) on data_subject to kontor_vault_service;
grant select, insert on erasure to kontor_vault_service;
grant update (keys_destroyed_at, final_at, receipt) on erasure to kontor_vault_service;
