-- Printed from the migrations beside this file; do not edit.

grant usage, create on schema public to kontor_vault_owner;
grant usage on schema public to kontor_vault_service;

create table api_key (
  id          uuid        not null,
  lookup_id   text        not null,
  secret_hash bytea       not null,
  tenant_id   uuid,
  mode        text        not null,
  name        text        not null,
  role        text        not null,
  scopes      text[]      not null,
  purposes    text[]      not null default '{}'::text[],
  expires_at  timestamptz,
  revoked_at  timestamptz,
  created_at  timestamptz not null default now(),
  constraint api_key_pkey primary key (id),
  constraint api_key_lookup_id_key unique (lookup_id),
  constraint api_key_check check (tenant_id is not null or role = 'invoicing'),
  constraint api_key_check1 check (tenant_id is not null or not ('token.reveal' = any (scopes))),
  constraint api_key_check2 check (not ('token.reveal' = any (scopes)) or cardinality(purposes) > 0),
  constraint api_key_mode_check check (mode = any (array['test', 'live'])),
  constraint api_key_role_check check (role = any (array['checkout', 'invoicing', 'accounting', 'admin'])),
  constraint api_key_secret_hash_check check (octet_length(secret_hash) = 32),
  constraint api_key_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index api_key_tenant on api_key using btree (tenant_id);
grant select on api_key to kontor_vault_service;

create table data_subject (
  bucket     smallint    not null,
  id         uuid        not null,
  tenant_id  uuid        not null,
  mode       text        not null,
  state      text        not null default 'active',
  version    integer     not null default 1,
  created_at timestamptz not null default now(),
  constraint data_subject_pkey primary key (bucket, id),
  constraint data_subject_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint data_subject_mode_check check (mode = any (array['test', 'live'])),
  constraint data_subject_state_check check (state = any (array['active', 'erased'])),
  constraint data_subject_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index data_subject_tenant on data_subject using btree (tenant_id, id);
grant select, insert on data_subject to kontor_vault_service;
grant update (state, version) on data_subject to kontor_vault_service;

create table event (
  bucket         smallint    not null,
  id             uuid        not null,
  tenant_id      uuid        not null,
  mode           text        not null,
  type           text        not null,
  subject_id     uuid        not null,
  object_id      uuid        not null,
  object_version integer     not null,
  actor_key_id   uuid        not null,
  purpose        text,
  request_id     text        not null,
  at             timestamptz not null,
  mac            bytea       not null,
  tx             xid8        not null default pg_current_xact_id(),
  constraint event_pkey primary key (bucket, id),
  constraint event_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint event_mac_check check (octet_length(mac) = 32),
  constraint event_mode_check check (mode = any (array['test', 'live'])),
  constraint event_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index event_tenant on event using btree (tenant_id, id);
grant select, insert on event to kontor_vault_service;

create table tenant (
  id         uuid        not null,
  slug       text        not null,
  name       text        not null,
  created_at timestamptz not null default now(),
  constraint tenant_pkey primary key (id),
  constraint tenant_slug_key unique (slug),
  constraint tenant_slug_check check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$')
);
grant select on tenant to kontor_vault_service;

create table token (
  bucket             smallint    not null,
  id                 uuid        not null,
  tenant_id          uuid        not null,
  mode               text        not null,
  account_id         uuid,
  subject_id         uuid        not null,
  type               text        not null,
  state              text        not null default 'active',
  brand              text,
  bin                text,
  last_four          text,
  expiry_month       smallint,
  expiry_year        smallint,
  bank_country       text,
  routing_number     text,
  bank_account_type  text,
  masked_email       text,
  metadata           jsonb       not null default '{}'::jsonb,
  record             text,
  dek_version        integer     not null,
  number_fingerprint bytea,
  full_fingerprint   bytea,
  idempotency_hmac   bytea       not null,
  request_hmac       bytea,
  version            integer     not null default 1,
  created_at         timestamptz not null,
  deleted_at         timestamptz,
  constraint token_pkey primary key (bucket, id),
  constraint token_bank_account_type_check check (bank_account_type = any (array['checking', 'savings'])),
  constraint token_bank_country_check check (bank_country ~ '^[A-Z]{2}$'),
  constraint token_bin_check check (bin ~ '^([0-9]{6}|[0-9]{8})$'),
  constraint token_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint token_check check (subject_id = coalesce(account_id, id)),
  constraint token_check1 check (state = 'active' and record is not null and number_fingerprint is not null and full_fingerprint is not null or state = 'deleted' and record is null and number_fingerprint is null and full_fingerprint is null and request_hmac is null and num_nulls(brand, bin, last_four, expiry_month, expiry_year, bank_country, routing_number, bank_account_type, masked_email) = 9 and metadata = '{}'::jsonb and deleted_at is not null),
  constraint token_check2 check (state = 'deleted' or type = 'card' and num_nulls(brand, last_four, expiry_month, expiry_year) = 0 and num_nonnulls(bank_country, routing_number, bank_account_type, masked_email) = 0 or type = 'bank_account' and num_nulls(bank_country, last_four) = 0 and num_nonnulls(brand, bin, expiry_month, expiry_year, masked_email) = 0 and (num_nonnulls(routing_number, bank_account_type) = any (array[0, 2])) or type = 'paypal_account' and masked_email is not null and num_nonnulls(brand, bin, last_four, expiry_month, expiry_year, bank_country, routing_number, bank_account_type) = 0),
  constraint token_expiry_month_check check (expiry_month >= 1 and expiry_month <= 12),
  constraint token_expiry_year_check check (expiry_year >= 2000 and expiry_year <= 2199),
  constraint token_full_fingerprint_check check (octet_length(full_fingerprint) = 32),
  constraint token_idempotency_hmac_check check (octet_length(idempotency_hmac) = 32),
  constraint token_last_four_check check (last_four ~ '^[0-9A-Z]{2,4}$'),
  constraint token_mode_check check (mode = any (array['test', 'live'])),
  constraint token_number_fingerprint_check check (octet_length(number_fingerprint) = 32),
  constraint token_request_hmac_check check (octet_length(request_hmac) = 32),
  constraint token_routing_number_check check (routing_number ~ '^[0-9]{9}$'),
  constraint token_state_check check (state = any (array['active', 'deleted'])),
  constraint token_type_check check (type = any (array['card', 'bank_account', 'paypal_account'])),
  constraint token_bucket_account_id_fkey foreign key (bucket, account_id) references data_subject(bucket, id),
  constraint token_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index token_account on token using btree (bucket, account_id, id) where account_id is not null;
create unique index token_idempotency on token using btree (bucket, idempotency_hmac);
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
grant select, insert on token to kontor_vault_service;
grant update (bank_account_type, bank_country, bin, brand, deleted_at, expiry_month, expiry_year, full_fingerprint, last_four, masked_email, metadata, number_fingerprint, record, request_hmac, routing_number, state, version) on token to kontor_vault_service;
