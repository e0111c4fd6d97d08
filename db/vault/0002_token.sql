-- An account whose payment data the vault holds. The account itself lives in invoicing; here it is the data subject whose
-- state every write proves in its own statement. A token without account is its own subject, and its own row says its state.
create table data_subject (
  bucket     smallint    not null check (bucket between 0 and 4095),
  id         uuid        not null,
  tenant_id  uuid        not null references tenant (id),
  mode       text        not null check (mode in ('test', 'live')),
  state      text        not null default 'active' check (state in ('active', 'erased')),
  version    int         not null default 1,
  created_at timestamptz not null default now(),
  primary key (bucket, id)
);
create index data_subject_tenant on data_subject (tenant_id, id);

-- A stored payment instrument. The idempotency key and the fingerprints stand on the token's own row, because each
-- further row of a token costs as much as the token (measured: 18k against 13k tokens a second on one connection).
create table token (
  bucket             smallint    not null check (bucket between 0 and 4095),
  id                 uuid        not null,
  tenant_id          uuid        not null references tenant (id),
  mode               text        not null check (mode in ('test', 'live')),
  account_id         uuid,
  subject_id         uuid        not null,
  type               text        not null check (type in ('card', 'bank_account', 'paypal_account')),
  state              text        not null default 'active' check (state in ('active', 'deleted')),
  brand              text,
  bin                text        check (bin ~ '^([0-9]{6}|[0-9]{8})$'),
  last_four          text        check (last_four ~ '^[0-9A-Z]{2,4}$'),
  expiry_month       smallint    check (expiry_month between 1 and 12),
  expiry_year        smallint    check (expiry_year between 2000 and 2199),
  bank_country       text        check (bank_country ~ '^[A-Z]{2}$'),
  routing_number     text        check (routing_number ~ '^[0-9]{9}$'),
  bank_account_type  text        check (bank_account_type in ('checking', 'savings')),
  masked_email       text,
  metadata           jsonb       not null default '{}',
  record             text,
  dek_version        int         not null,
  number_fingerprint bytea       check (octet_length(number_fingerprint) = 32),
  full_fingerprint   bytea       check (octet_length(full_fingerprint) = 32),
  idempotency_hmac   bytea       not null check (octet_length(idempotency_hmac) = 32),
  request_hmac       bytea       check (octet_length(request_hmac) = 32),
  version            int         not null default 1,
  created_at         timestamptz not null,
  deleted_at         timestamptz,
  primary key (bucket, id),
  foreign key (bucket, account_id) references data_subject (bucket, id),
  check (subject_id = coalesce(account_id, id)),
  -- Deleted means destroyed: nothing of the instrument stays on the row.
  check ((state = 'active' and record is not null and number_fingerprint is not null and full_fingerprint is not null)
      or (state = 'deleted' and record is null and number_fingerprint is null and full_fingerprint is null
          and request_hmac is null and num_nulls(brand, bin, last_four, expiry_month, expiry_year, bank_country,
              routing_number, bank_account_type, masked_email) = 9 and metadata = '{}' and deleted_at is not null)),
  -- Each type has its own columns and none of another's.
  check (state = 'deleted'
      or (type = 'card' and num_nulls(brand, last_four, expiry_month, expiry_year) = 0
          and num_nonnulls(bank_country, routing_number, bank_account_type, masked_email) = 0)
      or (type = 'bank_account' and num_nulls(bank_country, last_four) = 0
          and num_nonnulls(brand, bin, expiry_month, expiry_year, masked_email) = 0
          and num_nonnulls(routing_number, bank_account_type) in (0, 2))
      or (type = 'paypal_account' and masked_email is not null
          and num_nonnulls(brand, bin, last_four, expiry_month, expiry_year, bank_country, routing_number, bank_account_type) = 0))
);
create unique index token_idempotency on token (bucket, idempotency_hmac);
create index token_account on token (bucket, account_id, id) where account_id is not null;

comment on column token.brand is 'show the customer which card is charged; contract, GDPR 6(1)(b); until the token is deleted';
comment on column token.bin is 'choose a processor, show the kind of card; contract, GDPR 6(1)(b); until the token is deleted';
comment on column token.last_four is 'show the customer which instrument is charged; contract, GDPR 6(1)(b); until the token is deleted';
comment on column token.expiry_month is 'see before a charge that a card has expired; contract, GDPR 6(1)(b); until the token is deleted';
comment on column token.expiry_year is 'see before a charge that a card has expired; contract, GDPR 6(1)(b); until the token is deleted';
comment on column token.bank_country is 'show the customer which account is charged; contract, GDPR 6(1)(b); until the token is deleted';
comment on column token.routing_number is 'name the bank that is charged; contract, GDPR 6(1)(b); until the token is deleted';
comment on column token.bank_account_type is 'charge a US account as its kind demands; contract, GDPR 6(1)(b); until the token is deleted';
comment on column token.masked_email is 'show the customer which PayPal account is charged; contract, GDPR 6(1)(b); until the token is deleted';
comment on column token.metadata is 'the tenant''s own references, documented as not for personal data; contract, GDPR 6(1)(b); until the token is deleted';
comment on column token.record is 'the sealed instrument and its holder''s name, to charge it; contract, GDPR 6(1)(b); until the token is deleted';
comment on column token.number_fingerprint is 'recognise an instrument again, keyed HMAC; legitimate interest in preventing fraud, GDPR 6(1)(f); until the token is deleted';
comment on column token.full_fingerprint is 'recognise an instrument again, keyed HMAC; legitimate interest in preventing fraud, GDPR 6(1)(f); until the token is deleted';

-- Events, which are the audit as well: what happened, to what, by which key and why; never the data itself.
create table event (
  bucket         smallint    not null check (bucket between 0 and 4095),
  id             uuid        not null,
  tenant_id      uuid        not null references tenant (id),
  mode           text        not null check (mode in ('test', 'live')),
  type           text        not null,
  subject_id     uuid        not null,
  object_id      uuid        not null,
  object_version int         not null,
  actor_key_id   uuid        not null,
  purpose        text,
  request_id     text        not null,
  at             timestamptz not null,
  mac            bytea       not null check (octet_length(mac) = 32),
  -- Commit order is not id order: readers only take rows whose transaction is below every running one.
  tx             xid8        not null default pg_current_xact_id(),
  primary key (bucket, id)
);
create index event_tenant on event (tenant_id, id);

grant select, insert on data_subject, event to kontor_vault_service;
-- Locking a subject's row needs the right to update a column of it.
grant update (state, version) on data_subject to kontor_vault_service;
grant select, insert on token to kontor_vault_service;
grant update (state, brand, bin, last_four, expiry_month, expiry_year, bank_country, routing_number, bank_account_type,
  masked_email, metadata, record, number_fingerprint, full_fingerprint, request_hmac, version, deleted_at)
  on token to kontor_vault_service;
