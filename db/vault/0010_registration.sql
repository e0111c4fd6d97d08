-- Attempts to make a processor keep an instrument, and what came of them. The row is committed before anything is sent, so that whatever
-- is killed, what may have reached the processor is known, and is repeated under the name that it had. It lives as long as the token.
create table registration (
  bucket           smallint    not null check (bucket between 0 and 4095),
  id               uuid        not null,
  tenant_id        uuid        not null references tenant (id),
  mode             text        not null check (mode in ('test', 'live')),
  token_id         uuid        not null,
  processor        text        not null check (processor in ('stripe', 'paypal', 'test')),
  -- Counts the attempts of the token, whatever the clocks say.
  ord              int         not null check (ord > 0),
  state            text        not null check (state in ('sending', 'unknown', 'not_sent', 'requires_action', 'pending', 'registered', 'declined', 'superseded')),
  idempotency_hmac bytea       not null check (octet_length(idempotency_hmac) = 32),
  request_hmac     bytea       not null check (octet_length(request_hmac) = 32),
  -- When a request whose outcome nobody knows was sent first: a processor does not remember its key for ever.
  sent_at          timestamptz,
  -- Which request is at work on it. A process that was killed holds it for some seconds more.
  lease_owner      uuid,
  lease_until      timestamptz,
  -- The processor's own name of a registration that waits for the payer.
  waiting_as       text,
  reference_type   text        check (reference_type in ('card', 'sepa_debit', 'paypal')),
  instrument       text,
  customer         text,
  mandate          text,
  decline_reason   text,
  -- Over whose it is and what it says: a reference in the row of another token would charge somebody else.
  mac              bytea       check (octet_length(mac) = 32),
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  primary key (bucket, id),
  unique (bucket, idempotency_hmac),
  foreign key (bucket, token_id) references token (bucket, id),
  check ((lease_owner is null) = (lease_until is null)),
  check ((state in ('requires_action', 'pending')) = (waiting_as is not null)),
  check ((state = 'registered') = (instrument is not null) and (instrument is null) = (reference_type is null)),
  check (instrument is not null or num_nonnulls(customer, mandate) = 0),
  check ((state = 'declined') = (decline_reason is not null)),
  check ((state in ('requires_action', 'pending', 'registered', 'declined')) = (mac is not null))
);
create unique index registration_token on registration (bucket, token_id, ord);
comment on column registration.waiting_as is 'finish a registration when the payer has agreed; contract, GDPR 6(1)(b); until it is finished or the token ends';
comment on column registration.reference_type is 'charge the instrument at the processor that keeps it; contract, GDPR 6(1)(b); until the token ends';
comment on column registration.instrument is 'charge the instrument at the processor that keeps it; contract, GDPR 6(1)(b); until the token ends';
comment on column registration.customer is 'charge the instrument at the processor that keeps it; contract, GDPR 6(1)(b); until the token ends';
comment on column registration.mandate is 'charge a bank account under the permission that was given; contract, GDPR 6(1)(b); until the token ends';
comment on column registration.decline_reason is 'tell why a processor does not keep the instrument, and bound how often codes are tried; legitimate interest in preventing fraud, GDPR 6(1)(f); until the token ends';

grant select, insert, delete on registration to kontor_vault_service;
grant update (state, sent_at, lease_owner, lease_until, waiting_as, reference_type, instrument, customer, mandate, decline_reason, mac, updated_at)
  on registration to kontor_vault_service;
