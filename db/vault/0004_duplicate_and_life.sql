-- Which instrument of a subject is known already, and the end of a token's life by time or by moving.

-- One row for each number that a subject has: who creates, deletes or changes a token of that number holds it, so that of any
-- number of requests at once one decides. It names the first token of the number. Its bucket is that of the fingerprint, so
-- that the subjects of a tenant that have the same number are found in one place. A row whose subject is nil is a lock on
-- the number across subjects, and never outlives its transaction.
create table instrument_claim (
  bucket      smallint not null check (bucket between 0 and 4095),
  fingerprint bytea    not null check (octet_length(fingerprint) = 32),
  subject_id  uuid     not null,
  tenant_id   uuid     not null,
  mode        text     not null check (mode in ('test', 'live')),
  token_id    uuid     not null,
  primary key (bucket, fingerprint, subject_id)
);
comment on column instrument_claim.fingerprint is 'recognise an instrument again, keyed HMAC; legitimate interest in preventing fraud, GDPR 6(1)(f); until the last token of the instrument is deleted';

insert into instrument_claim (bucket, fingerprint, subject_id, tenant_id, mode, token_id)
select distinct on (number_fingerprint, subject_id)
  (get_byte(number_fingerprint, 0) << 4) | (get_byte(number_fingerprint, 1) >> 4),
  number_fingerprint, subject_id, tenant_id, mode, id
from token
where state = 'active'
order by number_fingerprint, subject_id, id;

-- What an intent was answered, where the row of its own token does not say so: it was answered with a token that was there
-- before, or its token has changed since. The token's row alone is enough for all others.
create table intent_answer (
  bucket           smallint    not null check (bucket between 0 and 4095),
  idempotency_hmac bytea       not null check (octet_length(idempotency_hmac) = 32),
  tenant_id        uuid        not null references tenant (id),
  mode             text        not null check (mode in ('test', 'live')),
  token_id         uuid        not null,
  request_hmac     bytea       check (octet_length(request_hmac) = 32),
  status           smallint    not null check (status in (200, 201)),
  answer           text,
  created_at       timestamptz not null,
  primary key (bucket, idempotency_hmac),
  foreign key (bucket, token_id) references token (bucket, id),
  -- Both go when the token is destroyed; the key of the intent stays, so that a late retry is told so.
  check ((answer is null) = (request_hmac is null))
);
create index intent_answer_token on intent_answer (bucket, token_id);
comment on column intent_answer.answer is 'answer a retry as the first request was, masked; contract, GDPR 6(1)(b); until the token is deleted';

-- The last transaction that answered an intent with a token that was there before. Such an answer and a token that is made claim
-- an intent in different tables; who makes a token learns by this column, under the lock of the row, that its statement began
-- too early to see such an answer.
alter table data_subject add column answered_tx xid8;

alter table token
  add column expires_at timestamptz,
  add column moved_to uuid,
  -- The row of a guest's token is destroyed and its key perhaps not yet.
  add column key_pending boolean not null default false;

alter table token drop constraint token_state_check;
alter table token drop constraint token_check1;
alter table token drop constraint token_check2;
alter table token add constraint token_state_check check (state in ('active', 'deleted', 'expired', 'moved'));
-- An ended token is destroyed, whatever ended it: nothing of the instrument stays on the row.
alter table token add constraint token_ended_check check (
  (state = 'active' and record is not null and number_fingerprint is not null and full_fingerprint is not null)
  or (state <> 'active' and record is null and number_fingerprint is null and full_fingerprint is null
      and request_hmac is null and num_nulls(brand, bin, last_four, expiry_month, expiry_year, bank_country,
          routing_number, bank_account_type, masked_email, expires_at) = 10 and metadata = '{}' and deleted_at is not null));
alter table token add constraint token_moved_check check ((state = 'moved') = (moved_to is not null));
alter table token add constraint token_key_pending_check check (not key_pending or (state <> 'active' and account_id is null));
-- Each type has its own columns and none of another's.
alter table token add constraint token_type_columns_check check (
  state <> 'active'
  or (type = 'card' and num_nulls(brand, last_four, expiry_month, expiry_year) = 0
      and num_nonnulls(bank_country, routing_number, bank_account_type, masked_email) = 0)
  or (type = 'bank_account' and num_nulls(bank_country, last_four) = 0
      and num_nonnulls(brand, bin, expiry_month, expiry_year, masked_email) = 0
      and num_nonnulls(routing_number, bank_account_type) in (0, 2))
  or (type = 'paypal_account' and masked_email is not null
      and num_nonnulls(brand, bin, last_four, expiry_month, expiry_year, bank_country, routing_number, bank_account_type) = 0));
-- For the sweep, which looks across buckets; few tokens end by time, and fewer wait for their key to be destroyed.
create index token_expiring on token (expires_at) where expires_at is not null;
create index token_key_pending on token (deleted_at) where key_pending;

-- How often a key revealed, and how often it was refused, in a minute.
create table reveal_count (
  bucket     smallint    not null check (bucket between 0 and 4095),
  key_id     uuid        not null,
  minute_at  timestamptz not null,
  kind       text        not null check (kind in ('token.revealed', 'token.reveal_refused')),
  tenant_id  uuid        not null,
  count      int         not null,
  primary key (bucket, key_id, minute_at, kind)
);

grant select, insert, update (token_id), delete on instrument_claim to kontor_vault_service;
grant select, insert, update (request_hmac, answer) on intent_answer to kontor_vault_service;
grant select, insert, update (count), delete on reveal_count to kontor_vault_service;
grant update (dek_version, expires_at, moved_to, key_pending) on token to kontor_vault_service;
grant update (answered_tx) on data_subject to kontor_vault_service;
