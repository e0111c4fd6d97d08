-- Money that is taken through a processor. A charge is an intent, with the state that its ledger has led to; `charge_step` is that ledger:
-- what was asked and answered, each row committed before the next request leaves. Expand step: the release before makes no charges.

create table charge (
  bucket           smallint    not null check (bucket between 0 and 4095),
  id               uuid        not null,
  tenant_id        uuid        not null references tenant (id),
  mode             text        not null check (mode in ('test', 'live')),
  account_id       uuid        not null,
  -- An invoice or a proforma.
  invoice_id       uuid        not null,
  document_type    text        not null check (document_type in ('invoice', 'proforma')),
  -- The API key that asked for it; what follows later is done in its name.
  key_id           uuid        not null,
  -- The caller's name for this one intent: a retry finds this row, whatever became of the answer.
  idempotency_hmac bytea       not null,
  request_hmac     bytea       not null,
  token_id         uuid        not null,
  method           text        not null check (method in ('card', 'bank_account', 'paypal_account')),
  instrument       text        not null,
  processor        text        not null check (processor in ('stripe', 'paypal', 'test')),
  -- The instrument as the processor knows it. Kept, because a request that is repeated has to be the same to the byte.
  registration     jsonb       not null,
  currency         text        not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor     bigint      not null check (amount_minor > 0),
  capture          text        not null check (capture in ('automatic', 'manual')),
  off_session      boolean     not null,
  return_url       text,
  state            text        not null check (state in ('processing', 'unknown', 'requires_action', 'pending', 'authorized',
                                                         'succeeded', 'declined', 'cancelled', 'not_sent')),
  -- The processor's ids of the charge, and of the movement of money in it.
  reference        text,
  movement         text,
  decline_reason   text,
  decline_soft     boolean,
  decline_code     text,
  -- When the processor is asked next. Null: never again by itself; what has not ended by then is for a person.
  check_at         timestamptz,
  version          int         not null default 1,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  primary key (bucket, id),
  unique (bucket, idempotency_hmac),
  foreign key (bucket, account_id) references account (bucket, id),
  foreign key (bucket, invoice_id) references document (bucket, id),
  constraint charge_test_is_no_money check (processor <> 'test' or mode = 'test'),
  constraint charge_decline_has_reason check ((state = 'declined') = (decline_reason is not null)),
  constraint charge_known_by_reference check (reference is not null or state in ('processing', 'unknown', 'declined', 'cancelled', 'not_sent'))
);
create index charge_tenant on charge (tenant_id, mode, id);
create index charge_account on charge (bucket, account_id, id);
create index charge_invoice on charge (bucket, invoice_id, id);
-- By the processor's names for it, which name no bucket.
create index charge_reference on charge (tenant_id, mode, processor, reference) where reference is not null;
create index charge_movement on charge (tenant_id, mode, processor, movement) where movement is not null;
comment on column charge.instrument is 'show with which masked instrument was charged; contract, GDPR 6(1)(b); ten years';
comment on column charge.registration is 'name the instrument to the processor again; contract, GDPR 6(1)(b); ten years';
comment on column charge.return_url is 'send the payer back to the shop; contract, GDPR 6(1)(b); ten years';
comment on column charge.reference is 'find the charge at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';
comment on column charge.movement is 'find the movement of money at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';

create table charge_step (
  bucket     smallint    not null check (bucket between 0 and 4095),
  charge_id  uuid        not null,
  seq        int         not null check (seq >= 1),
  tenant_id  uuid        not null references tenant (id),
  -- claimed; then for each request sent, and what came of it: created, answered or unknown. A `sent` that nothing follows is a process
  -- that ended in between, and counts as unknown.
  kind       text        not null check (kind in ('claimed', 'sent', 'created', 'answered', 'unknown')),
  -- Which request it is about; `told` is what nobody asked for, such as a webhook.
  request    text        check (request in ('create', 'confirm', 'retrieve', 'capture', 'cancel', 'told')),
  request_no int         not null default 1 check (request_no >= 1),
  outcome    text        check (outcome in ('created', 'succeeded', 'pending', 'authorized', 'requires_action', 'cancelled', 'declined',
                                            'not_sent', 'unknown')),
  -- Why it was declined, not sent, or is unknown, and the processor's own code.
  because    text,
  code       text,
  reference  text,
  movement   text,
  learned_by text        not null check (learned_by in ('request', 'job', 'webhook')),
  at         timestamptz not null,
  primary key (bucket, charge_id, seq),
  foreign key (bucket, charge_id) references charge (bucket, id),
  constraint charge_step_says_what check ((kind = 'claimed') = (request is null) and (kind in ('claimed', 'sent')) = (outcome is null))
);
comment on column charge_step.reference is 'find the charge at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';
comment on column charge_step.movement is 'find the movement of money at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';

-- One charge, one payment.
alter table payment add column charge_id uuid;
alter table payment add constraint payment_bucket_charge_id_fkey foreign key (bucket, charge_id) references charge (bucket, id);
create unique index payment_charge on payment (bucket, charge_id) where charge_id is not null;

create function charge_is_live(state text) returns boolean language sql immutable as $$
  select state in ('processing', 'unknown', 'requires_action', 'pending', 'authorized')
$$;
create index charge_live on charge (bucket, invoice_id) where charge_is_live(state);

-- What charges that have not ended may still take of an invoice or proforma.
create function charging_minor(of_bucket smallint, of_id uuid) returns bigint language sql stable as $$
  select coalesce(sum(charge.amount_minor), 0)::bigint from charge
   where charge.bucket = of_bucket and charge.invoice_id = of_id and charge_is_live(charge.state)
$$;

-- Whoever inserts: charges that have not ended never take more than is open. The document is held first, so that two cannot both fit.
create function refuse_over_charge() returns trigger language plpgsql as $$
begin
  perform 1 from document where document.bucket = new.bucket and document.id = new.invoice_id for update;
  if (new.amount_minor <= open_minor(new.bucket, new.invoice_id) - charging_minor(new.bucket, new.invoice_id)) is not true then
    raise exception 'more is charged than is open' using errcode = 'check_violation', constraint = 'charge_fits';
  end if;
  if not exists (
    select from document
     where document.bucket = new.bucket and document.id = new.invoice_id and document.state = 'issued'
       and (document.tenant_id, document.mode, document.account_id, document.currency, document.document_type)
         = (new.tenant_id, new.mode, new.account_id, new.currency, new.document_type)
  ) then
    raise exception 'a charge is of one account and currency' using errcode = 'check_violation', constraint = 'charge_fits';
  end if;
  return new;
end
$$;
create trigger charge_fits before insert on charge for each row execute function refuse_over_charge();
create trigger charge_fits_again before update on charge for each row
  when (not charge_is_live(old.state) and charge_is_live(new.state)) execute function refuse_over_charge();

-- What has ended stays ended, except that money which the processor has taken after all is taken. The processor's id never changes.
create function refuse_charge_change() returns trigger language plpgsql as $$
begin
  if old.state = 'succeeded' or (old.state in ('declined', 'cancelled') and new.state <> 'succeeded')
     or (old.reference is not null and new.reference is distinct from old.reference)
     or new.version <> old.version + (new.state <> old.state)::int then
    raise exception 'a charge that has ended does not change' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$$;
create trigger charge_ends_once before update on charge for each row execute function refuse_charge_change();

-- No charge that took money without its payment, and no payment of a charge that took none: looked at when the transaction commits.
create function require_payment_of_charge() returns trigger language plpgsql as $$
begin
  if not exists (select from payment where payment.bucket = new.bucket and payment.charge_id = new.id) then
    raise exception 'a charge that succeeded is a payment' using errcode = 'check_violation', constraint = 'charge_is_paid';
  end if;
  return null;
end
$$;
create constraint trigger charge_is_paid after insert or update on charge deferrable initially deferred for each row
  when (new.state = 'succeeded') execute function require_payment_of_charge();

create function require_charge_of_payment() returns trigger language plpgsql as $$
begin
  if not exists (select from charge where charge.bucket = new.bucket and charge.id = new.charge_id and charge.state = 'succeeded'
       and (charge.tenant_id, charge.mode, charge.account_id, charge.currency) = (new.tenant_id, new.mode, new.account_id, new.currency)
       and new.amount_minor <= charge.amount_minor) then
    raise exception 'a payment of a charge is what the charge took' using errcode = 'check_violation', constraint = 'payment_is_charged';
  end if;
  return null;
end
$$;
create constraint trigger payment_is_charged after insert on payment deferrable initially deferred for each row
  when (new.charge_id is not null) execute function require_charge_of_payment();

create trigger charge_kept before delete on charge for each row execute function refuse_change();
create trigger charge_all_kept before truncate on charge for each statement execute function refuse_change();
create trigger charge_step_immutable before update or delete on charge_step for each row execute function refuse_change();
create trigger charge_step_kept before truncate on charge_step for each statement execute function refuse_change();

-- What the test processor remembers, so that another process can ask it. Its own ids begin with test_.
create table test_processor_record (
  bucket    smallint not null check (bucket between 0 and 4095),
  tenant_id uuid     not null references tenant (id),
  reference text     not null,
  record    jsonb    not null,
  primary key (bucket, tenant_id, reference)
);
comment on column test_processor_record.reference is 'play a processor without money; legitimate interest in tests, GDPR 6(1)(f); as long as test data is kept';
comment on column test_processor_record.record is 'play a processor without money; legitimate interest in tests, GDPR 6(1)(f); as long as test data is kept';

grant select, insert on charge, charge_step to kontor_invoicing_service;
grant update (state, reference, movement, decline_reason, decline_soft, decline_code, check_at, version, updated_at)
  on charge to kontor_invoicing_service;
grant select, insert, update (record) on test_processor_record to kontor_invoicing_service;
