-- Printed from the migrations beside this file; do not edit.

grant usage, create on schema public to kontor_vault_owner;
grant usage on schema public to kontor_vault_service;

create table api_key (
  id                  uuid        not null,
  lookup_id           text        not null,
  secret_hash         bytea       not null,
  tenant_id           uuid,
  mode                text        not null,
  name                text        not null,
  role                text        not null,
  scopes              text[]      not null,
  purposes            text[]      not null default '{}'::text[],
  expires_at          timestamptz,
  revoked_at          timestamptz,
  created_at          timestamptz not null default now(),
  requests_per_minute integer,
  reveals_per_minute  integer,
  networks            cidr[],
  replaced_by         uuid,
  constraint api_key_pkey primary key (id),
  constraint api_key_lookup_id_key unique (lookup_id),
  constraint api_key_check check (tenant_id is not null or role = 'invoicing'),
  constraint api_key_mode_check check (mode = any (array['test', 'live'])),
  constraint api_key_networks_check check (cardinality(networks) > 0),
  constraint api_key_requests_per_minute_check check (requests_per_minute > 0),
  constraint api_key_reveal_by_field check (not ('token.reveal' = any (scopes))),
  constraint api_key_reveal_for_a_purpose check (array_to_string(scopes, ' ') !~~ '%token.reveal:%' or cardinality(purposes) > 0),
  constraint api_key_reveals_per_minute_check check (reveals_per_minute > 0),
  constraint api_key_role_check check (role = any (array['checkout', 'invoicing', 'accounting', 'privacy', 'custodian', 'auditor', 'admin'])),
  constraint api_key_secret_hash_check check (octet_length(secret_hash) = 32),
  constraint api_key_service_reveals_nothing check (tenant_id is not null or array_to_string(scopes, ' ') !~~ '%token.reveal:%'),
  constraint api_key_replaced_by_fkey foreign key (replaced_by) references api_key(id),
  constraint api_key_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index api_key_tenant on api_key using btree (tenant_id);
grant select on api_key to kontor_vault_service;

create table audit_leaf (
  bucket    smallint not null,
  tenant_id uuid     not null,
  mode      text     not null,
  seq       bigint   not null,
  event_id  uuid     not null,
  leaf_hash bytea    not null,
  constraint audit_leaf_pkey primary key (bucket, tenant_id, mode, seq),
  constraint audit_leaf_bucket_event_id_key unique (bucket, event_id),
  constraint audit_leaf_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint audit_leaf_leaf_hash_check check (octet_length(leaf_hash) = 32),
  constraint audit_leaf_mode_check check (mode = any (array['test', 'live'])),
  constraint audit_leaf_seq_check check (seq >= 0),
  constraint audit_leaf_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
grant select, insert on audit_leaf to kontor_vault_service;

create table audit_log (
  bucket          smallint not null,
  tenant_id       uuid     not null,
  mode            text     not null,
  size            bigint   not null,
  frontier        bytea    not null,
  checkpoint_size bigint   not null default 0,
  checkpoint      text,
  constraint audit_log_pkey primary key (bucket, tenant_id, mode),
  constraint audit_log_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint audit_log_checkpoint_size_check check (checkpoint_size >= 0),
  constraint audit_log_frontier_check check ((octet_length(frontier) % 32) = 0),
  constraint audit_log_mode_check check (mode = any (array['test', 'live'])),
  constraint audit_log_size_check check (size >= 0),
  constraint audit_log_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
grant select, insert on audit_log to kontor_vault_service;
grant update (checkpoint, checkpoint_size, frontier, size) on audit_log to kontor_vault_service;

create table audit_position (
  only_row          boolean     not null default true,
  sealed_below      xid8        not null default '0'::xid8,
  cluster           text        not null default '',
  complete_until_at timestamptz not null default now(),
  sink_failing_at   timestamptz,
  halted            text,
  forged            bigint      not null default 0,
  constraint audit_position_pkey primary key (only_row),
  constraint audit_position_halted_check check (halted = any (array['fork', 'sink'])),
  constraint audit_position_only_row_check check (only_row)
);
grant select on audit_position to kontor_vault_service;
grant update (cluster, complete_until_at, forged, halted, sealed_below, sink_failing_at) on audit_position to kontor_vault_service;

create table audit_tile (
  bucket    smallint not null,
  tenant_id uuid     not null,
  mode      text     not null,
  level     smallint not null,
  index     bigint   not null,
  tile_hash bytea    not null,
  constraint audit_tile_pkey primary key (bucket, tenant_id, mode, level, index),
  constraint audit_tile_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint audit_tile_index_check check (index >= 0),
  constraint audit_tile_level_check check (level > 0 and (level::integer % 8) = 0),
  constraint audit_tile_mode_check check (mode = any (array['test', 'live'])),
  constraint audit_tile_tile_hash_check check (octet_length(tile_hash) = 32),
  constraint audit_tile_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
grant select, insert on audit_tile to kontor_vault_service;

create table data_subject (
  bucket          smallint    not null,
  id              uuid        not null,
  tenant_id       uuid        not null,
  mode            text        not null,
  state           text        not null default 'active',
  version         integer     not null default 1,
  created_at      timestamptz not null default now(),
  account_id      uuid        not null,
  answered_tx     xid8,
  hold_reason     text,
  hold_until      timestamptz,
  hold_placed_at  timestamptz,
  dek_version_min integer     not null default 1,
  constraint data_subject_pkey primary key (bucket, id),
  constraint data_subject_bucket_tenant_id_mode_account_id_key unique (bucket, tenant_id, mode, account_id),
  constraint data_subject_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint data_subject_check check ((hold_reason is null) = (hold_placed_at is null) and (hold_until is null or hold_reason is not null)),
  constraint data_subject_check1 check (state = 'active' or hold_reason is null),
  constraint data_subject_dek_version_min_check check (dek_version_min > 0),
  constraint data_subject_hold_reason_check check (hold_reason ~ '^[a-z0-9_]{1,63}$'),
  constraint data_subject_mode_check check (mode = any (array['test', 'live'])),
  constraint data_subject_state_check check (state = any (array['active', 'erased'])),
  constraint data_subject_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index data_subject_tenant on data_subject using btree (tenant_id, id);
comment on column data_subject.account_id is 'know whose payment data is kept; contract, GDPR 6(1)(b); until erasure, then as proof of it, GDPR 17 and 5(2)';
comment on column data_subject.hold_reason is 'know which duty keeps the data from being erased, a code of the tenant; legal obligation, GDPR 17(3)(b) and (e); until the hold is released';
grant select, insert on data_subject to kontor_vault_service;
grant update (answered_tx, dek_version_min, hold_placed_at, hold_reason, hold_until, state, version) on data_subject to kontor_vault_service;

create table erasure (
  bucket            smallint    not null,
  subject_id        uuid        not null,
  tenant_id         uuid        not null,
  mode              text        not null,
  account_id        uuid        not null,
  erased_at         timestamptz not null,
  tokens_destroyed  integer     not null,
  keys_destroyed_at timestamptz,
  final_at          timestamptz,
  receipt           text,
  constraint erasure_pkey primary key (bucket, subject_id),
  constraint erasure_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint erasure_check check (num_nulls(keys_destroyed_at, final_at, receipt) = any (array[0, 3])),
  constraint erasure_mode_check check (mode = any (array['test', 'live'])),
  constraint erasure_tokens_destroyed_check check (tokens_destroyed >= 0),
  constraint erasure_bucket_subject_id_fkey foreign key (bucket, subject_id) references data_subject(bucket, id),
  constraint erasure_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index erasure_newest on erasure using btree (erased_at);
create index erasure_unfinished on erasure using btree (bucket, subject_id) where receipt is null;
comment on column erasure.receipt is 'prove that the customer was erased; legal obligation, GDPR 5(2) and 17(1); as long as the tenant must be able to prove it';
grant select, insert on erasure to kontor_vault_service;
grant update (final_at, keys_destroyed_at, receipt) on erasure to kontor_vault_service;

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
  data           text,
  constraint event_pkey primary key (bucket, id),
  constraint event_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint event_data_check check (octet_length(data) <= 4000),
  constraint event_mac_check check (octet_length(mac) = 32),
  constraint event_mode_check check (mode = any (array['test', 'live'])),
  constraint event_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index event_tenant on event using btree (tenant_id, id);
create index event_tx on event using btree (tx, id);
grant select, insert on event to kontor_vault_service;

create table instrument_claim (
  bucket      smallint not null,
  fingerprint bytea    not null,
  subject_id  uuid     not null,
  tenant_id   uuid     not null,
  mode        text     not null,
  token_id    uuid     not null,
  constraint instrument_claim_pkey primary key (bucket, fingerprint, subject_id),
  constraint instrument_claim_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint instrument_claim_fingerprint_check check (octet_length(fingerprint) = 32),
  constraint instrument_claim_mode_check check (mode = any (array['test', 'live']))
);
comment on column instrument_claim.fingerprint is 'recognise an instrument again, keyed HMAC; legitimate interest in preventing fraud, GDPR 6(1)(f); until the last token of the instrument is deleted';
grant select, insert, delete on instrument_claim to kontor_vault_service;
grant update (token_id) on instrument_claim to kontor_vault_service;

create table intent_answer (
  bucket           smallint    not null,
  idempotency_hmac bytea       not null,
  tenant_id        uuid        not null,
  mode             text        not null,
  token_id         uuid        not null,
  request_hmac     bytea,
  status           smallint    not null,
  answer           text,
  created_at       timestamptz not null,
  constraint intent_answer_pkey primary key (bucket, idempotency_hmac),
  constraint intent_answer_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint intent_answer_check check ((answer is null) = (request_hmac is null)),
  constraint intent_answer_idempotency_hmac_check check (octet_length(idempotency_hmac) = 32),
  constraint intent_answer_mode_check check (mode = any (array['test', 'live'])),
  constraint intent_answer_request_hmac_check check (octet_length(request_hmac) = 32),
  constraint intent_answer_status_check check (status = any (array[200, 201])),
  constraint intent_answer_bucket_token_id_fkey foreign key (bucket, token_id) references token(bucket, id),
  constraint intent_answer_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index intent_answer_token on intent_answer using btree (bucket, token_id);
comment on column intent_answer.answer is 'answer a retry as the first request was, masked; contract, GDPR 6(1)(b); until the token is deleted';
grant select, insert on intent_answer to kontor_vault_service;
grant update (answer, request_hmac) on intent_answer to kontor_vault_service;

create table processor_credential (
  bucket     smallint    not null,
  tenant_id  uuid        not null,
  mode       text        not null,
  processor  text        not null,
  version    integer     not null,
  record     text,
  updated_at timestamptz not null,
  constraint processor_credential_pkey primary key (bucket, tenant_id, mode, processor),
  constraint processor_credential_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint processor_credential_mode_check check (mode = any (array['test', 'live'])),
  constraint processor_credential_processor_check check (processor = any (array['stripe', 'paypal'])),
  constraint processor_credential_version_check check (version > 0),
  constraint processor_credential_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
grant select, insert on processor_credential to kontor_vault_service;
grant update (record, updated_at, version) on processor_credential to kontor_vault_service;

create table registration (
  bucket           smallint    not null,
  id               uuid        not null,
  tenant_id        uuid        not null,
  mode             text        not null,
  token_id         uuid        not null,
  processor        text        not null,
  ord              integer     not null,
  state            text        not null,
  idempotency_hmac bytea       not null,
  request_hmac     bytea       not null,
  sent_at          timestamptz,
  lease_owner      uuid,
  lease_until      timestamptz,
  waiting_as       text,
  reference_type   text,
  instrument       text,
  customer         text,
  mandate          text,
  decline_reason   text,
  mac              bytea,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  expiry           text,
  constraint registration_pkey primary key (bucket, id),
  constraint registration_bucket_idempotency_hmac_key unique (bucket, idempotency_hmac),
  constraint registration_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint registration_check check ((lease_owner is null) = (lease_until is null)),
  constraint registration_check1 check ((state = any (array['requires_action', 'pending'])) = (waiting_as is not null)),
  constraint registration_check2 check ((state = 'registered') = (instrument is not null) and (instrument is null) = (reference_type is null)),
  constraint registration_check3 check (instrument is not null or num_nonnulls(customer, mandate) = 0),
  constraint registration_check4 check ((state = 'declined') = (decline_reason is not null)),
  constraint registration_check5 check ((state = any (array['requires_action', 'pending', 'registered', 'declined'])) = (mac is not null)),
  constraint registration_expiry_check check (expiry ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
  constraint registration_idempotency_hmac_check check (octet_length(idempotency_hmac) = 32),
  constraint registration_mac_check check (octet_length(mac) = 32),
  constraint registration_mode_check check (mode = any (array['test', 'live'])),
  constraint registration_ord_check check (ord > 0),
  constraint registration_processor_check check (processor = any (array['stripe', 'paypal', 'test'])),
  constraint registration_reference_type_check check (reference_type = any (array['card', 'sepa_debit', 'paypal'])),
  constraint registration_request_hmac_check check (octet_length(request_hmac) = 32),
  constraint registration_state_check check (state = any (array['sending', 'unknown', 'not_sent', 'requires_action', 'pending', 'registered', 'declined', 'superseded'])),
  constraint registration_bucket_token_id_fkey foreign key (bucket, token_id) references token(bucket, id),
  constraint registration_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create unique index registration_token on registration using btree (bucket, token_id, ord);
comment on column registration.waiting_as is 'finish a registration when the payer has agreed; contract, GDPR 6(1)(b); until it is finished or the token ends';
comment on column registration.reference_type is 'charge the instrument at the processor that keeps it; contract, GDPR 6(1)(b); until the token ends';
comment on column registration.instrument is 'charge the instrument at the processor that keeps it; contract, GDPR 6(1)(b); until the token ends';
comment on column registration.customer is 'charge the instrument at the processor that keeps it; contract, GDPR 6(1)(b); until the token ends';
comment on column registration.mandate is 'charge a bank account under the permission that was given; contract, GDPR 6(1)(b); until the token ends';
comment on column registration.decline_reason is 'tell why a processor does not keep the instrument, and bound how often codes are tried; legitimate interest in preventing fraud, GDPR 6(1)(f); until the token ends';
comment on column registration.expiry is 'register a card anew whose expiry was changed; contract, GDPR 6(1)(b); until the token ends';
grant select, insert, delete on registration to kontor_vault_service;
grant update (customer, decline_reason, instrument, lease_owner, lease_until, mac, mandate, reference_type, sent_at, state, updated_at, waiting_as) on registration to kontor_vault_service;

create table reveal_count (
  bucket    smallint    not null,
  key_id    uuid        not null,
  minute_at timestamptz not null,
  kind      text        not null,
  tenant_id uuid        not null,
  count     integer     not null,
  constraint reveal_count_pkey primary key (bucket, key_id, minute_at, kind),
  constraint reveal_count_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint reveal_count_kind_check check (kind = any (array['token.revealed', 'token.reveal_refused']))
);
grant select, insert, delete on reveal_count to kontor_vault_service;
grant update (count) on reveal_count to kontor_vault_service;

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
  expires_at         timestamptz,
  moved_to           uuid,
  key_pending        boolean     not null default false,
  constraint token_pkey primary key (bucket, id),
  constraint token_bank_account_type_check check (bank_account_type = any (array['checking', 'savings'])),
  constraint token_bank_country_check check (bank_country ~ '^[A-Z]{2}$'),
  constraint token_bin_check check (bin ~ '^([0-9]{6}|[0-9]{8})$'),
  constraint token_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint token_check check (account_id is not null or subject_id = id),
  constraint token_ended_check check (state = 'active' and record is not null and number_fingerprint is not null and full_fingerprint is not null or state <> 'active' and record is null and number_fingerprint is null and full_fingerprint is null and request_hmac is null and num_nulls(brand, bin, last_four, expiry_month, expiry_year, bank_country, routing_number, bank_account_type, masked_email, expires_at) = 10 and metadata = '{}'::jsonb and deleted_at is not null),
  constraint token_expiry_month_check check (expiry_month >= 1 and expiry_month <= 12),
  constraint token_expiry_year_check check (expiry_year >= 2000 and expiry_year <= 2199),
  constraint token_full_fingerprint_check check (octet_length(full_fingerprint) = 32),
  constraint token_idempotency_hmac_check check (octet_length(idempotency_hmac) = 32),
  constraint token_key_pending_check check (not key_pending or state <> 'active' and account_id is null),
  constraint token_last_four_check check (last_four ~ '^[0-9A-Z]{2,4}$'),
  constraint token_mode_check check (mode = any (array['test', 'live'])),
  constraint token_moved_check check ((state = 'moved') = (moved_to is not null)),
  constraint token_number_fingerprint_check check (octet_length(number_fingerprint) = 32),
  constraint token_request_hmac_check check (octet_length(request_hmac) = 32),
  constraint token_routing_number_check check (routing_number ~ '^[0-9]{9}$'),
  constraint token_state_check check (state = any (array['active', 'deleted', 'expired', 'moved'])),
  constraint token_type_check check (type = any (array['card', 'bank_account', 'paypal_account'])),
  constraint token_type_columns_check check (state <> 'active' or type = 'card' and num_nulls(brand, last_four, expiry_month, expiry_year) = 0 and num_nonnulls(bank_country, routing_number, bank_account_type, masked_email) = 0 or type = 'bank_account' and num_nulls(bank_country, last_four) = 0 and num_nonnulls(brand, bin, expiry_month, expiry_year, masked_email) = 0 and (num_nonnulls(routing_number, bank_account_type) = any (array[0, 2])) or type = 'paypal_account' and masked_email is not null and num_nonnulls(brand, bin, last_four, expiry_month, expiry_year, bank_country, routing_number, bank_account_type) = 0),
  constraint token_bucket_tenant_id_mode_account_id_fkey foreign key (bucket, tenant_id, mode, account_id) references data_subject(bucket, tenant_id, mode, account_id),
  constraint token_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index token_expiring on token using btree (expires_at) where expires_at is not null;
create unique index token_idempotency on token using btree (bucket, idempotency_hmac);
create index token_key_pending on token using btree (deleted_at) where key_pending;
create index token_subject on token using btree (bucket, subject_id, id) where account_id is not null;
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
grant update (bank_account_type, bank_country, bin, brand, dek_version, deleted_at, expires_at, expiry_month, expiry_year, full_fingerprint, key_pending, last_four, masked_email, metadata, moved_to, number_fingerprint, record, request_hmac, routing_number, state, version) on token to kontor_vault_service;
