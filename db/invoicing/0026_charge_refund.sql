-- Money that is sent back through the processor that took it. A refund of a charge is an intent, with the state that its ledger has led
-- to; `charge_refund_step` is that ledger, each row committed before the next request leaves. What was made at the processor itself is
-- one as well. Expand step: the release before refunds by hand alone, and the checks below hold for it too.

create table charge_refund (
  bucket           smallint    not null check (bucket between 0 and 4095),
  id               uuid        not null,
  tenant_id        uuid        not null references tenant (id),
  mode             text        not null check (mode in ('test', 'live')),
  account_id       uuid        not null,
  charge_id        uuid        not null,
  payment_id       uuid        not null,
  -- The invoice or proforma whose allocation goes back first, where somebody said so.
  invoice_id       uuid,
  document_type    text        check (document_type in ('invoice', 'proforma')),
  -- The API key that asked for it, or for the charge; what follows later is done in its name.
  key_id           uuid        not null,
  -- Whether it was asked for here, or made at the processor and told.
  origin           text        not null check (origin in ('request', 'processor')),
  -- The caller's name for this one intent; what was made elsewhere has none.
  idempotency_hmac bytea,
  request_hmac     bytea,
  processor        text        not null check (processor in ('stripe', 'paypal', 'test')),
  currency         text        not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor     bigint      not null check (amount_minor > 0),
  -- What the processor has sent back, and the payment did not have any more: it is in no balance, and for a person.
  unbooked_minor   bigint      not null default 0,
  reason           text        check (length(reason) between 1 and 200),
  state            text        not null check (state in ('processing', 'unknown', 'pending', 'succeeded', 'declined', 'cancelled',
                                                         'not_sent', 'failed')),
  -- The processor's id of it.
  reference        text,
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
  foreign key (bucket, charge_id) references charge (bucket, id),
  foreign key (bucket, payment_id) references payment (bucket, id),
  foreign key (bucket, invoice_id) references document (bucket, id),
  constraint charge_refund_unbooked check (unbooked_minor between 0 and amount_minor),
  constraint charge_refund_is_of_somebody check (num_nonnulls(idempotency_hmac, request_hmac) = case origin when 'request' then 2 else 0 end),
  constraint charge_refund_document check ((invoice_id is null) = (document_type is null)),
  constraint charge_refund_decline_has_reason check ((state in ('declined', 'failed')) = (decline_reason is not null)),
  constraint charge_refund_known_by_reference
    check (reference is not null or (origin = 'request' and state in ('processing', 'unknown', 'declined', 'not_sent')))
);
create index charge_refund_charge on charge_refund (bucket, charge_id, id);
create index charge_refund_payment on charge_refund (bucket, payment_id);
create index charge_refund_account on charge_refund (bucket, account_id);
create index charge_refund_invoice on charge_refund (bucket, invoice_id) where invoice_id is not null;
-- What a processor tells is one refund, however often and by how many it is told: it is in the bucket of its charge.
create unique index charge_refund_reference on charge_refund (bucket, tenant_id, mode, processor, reference) where reference is not null;
comment on column charge_refund.reason is 'know why money was sent back; legal obligation to keep records, GDPR 6(1)(c); ten years';
comment on column charge_refund.reference is 'find the refund at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';

create table charge_refund_step (
  bucket           smallint    not null check (bucket between 0 and 4095),
  charge_refund_id uuid        not null,
  seq              int         not null check (seq >= 1),
  tenant_id        uuid        not null references tenant (id),
  -- claimed; then for each request sent, and what came of it. A `sent` that nothing follows is a process that ended in between, and
  -- counts as unknown.
  kind             text        not null check (kind in ('claimed', 'sent', 'answered', 'unknown')),
  request          text        check (request in ('refund', 'retrieve', 'told')),
  outcome          text        check (outcome in ('succeeded', 'pending', 'cancelled', 'declined', 'not_sent', 'unknown')),
  because          text,
  code             text,
  reference        text,
  learned_by       text        not null check (learned_by in ('request', 'job', 'webhook')),
  at               timestamptz not null,
  primary key (bucket, charge_refund_id, seq),
  foreign key (bucket, charge_refund_id) references charge_refund (bucket, id),
  constraint charge_refund_step_says_what check ((kind = 'claimed') = (request is null) and (kind in ('claimed', 'sent')) = (outcome is null))
);
comment on column charge_refund_step.reference is 'find the refund at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';

-- The movement of money of such a refund, and the row that takes it back when the processor could not carry it out after all.
alter table refund add column charge_refund_id uuid;
alter table refund add column reverses_id uuid;
alter table refund add constraint refund_bucket_charge_refund_id_fkey
  foreign key (bucket, charge_refund_id) references charge_refund (bucket, id);
alter table refund add constraint refund_bucket_reverses_id_fkey foreign key (bucket, reverses_id) references refund (bucket, id);
alter table refund add constraint refund_bucket_reverses_id_key unique (bucket, reverses_id);
alter table refund drop constraint refund_amount_minor_check;
alter table refund add constraint refund_reversal_is_negative
  check (amount_minor <> 0 and (amount_minor < 0) = (reverses_id is not null));
create unique index refund_charge_refund on refund (bucket, charge_refund_id) where charge_refund_id is not null and reverses_id is null;
create index refund_of_charge_refund on refund (bucket, charge_refund_id) where charge_refund_id is not null;

create function charge_refund_is_live(state text) returns boolean language sql immutable as $$
  select state in ('processing', 'unknown', 'pending')
$$;

-- What of a payment is kept for refunds: of those that have not ended, and of those whose money has gone without having been left here.
create function refunding_minor(of_bucket smallint, of_payment uuid) returns bigint language sql stable as $$
  select coalesce(sum(case when charge_refund_is_live(charge_refund.state) then charge_refund.amount_minor
                           when charge_refund.state = 'succeeded' then charge_refund.unbooked_minor else 0 end), 0)::bigint
    from charge_refund where charge_refund.bucket = of_bucket and charge_refund.payment_id = of_payment
$$;

-- What may still be sent back of a payment.
create function refundable_minor(of_bucket smallint, of_payment uuid) returns bigint language sql stable as $$
  select payment.amount_minor - refunding_minor(of_bucket, of_payment) - coalesce((
           select sum(refund.amount_minor) from refund
            where refund.bucket = of_bucket and refund.payment_id = of_payment), 0)::bigint
    from payment where payment.bucket = of_bucket and payment.id = of_payment
$$;

-- Whoever inserts: what is asked for here never sends back more than was taken and is not kept for another. The payment is held first. What
-- a processor tells has happened, and is never refused.
create function refuse_over_charge_refund() returns trigger language plpgsql as $$
begin
  perform hold_source(new.bucket, new.payment_id, null);
  if new.origin = 'request' and charge_refund_is_live(new.state)
     and (new.amount_minor <= refundable_minor(new.bucket, new.payment_id)) is not true then
    raise exception 'more is refunded than was taken' using errcode = 'check_violation', constraint = 'charge_refund_fits';
  end if;
  if not exists (
    select from charge join payment on payment.bucket = charge.bucket and payment.charge_id = charge.id
     where charge.bucket = new.bucket and charge.id = new.charge_id and payment.id = new.payment_id and charge.state = 'succeeded'
       and (charge.tenant_id, charge.mode, charge.account_id, charge.currency, charge.processor)
         = (new.tenant_id, new.mode, new.account_id, new.currency, new.processor)
  ) then
    raise exception 'a refund is of a charge that took money' using errcode = 'check_violation', constraint = 'charge_refund_fits';
  end if;
  return new;
end
$$;
create trigger charge_refund_fits before insert on charge_refund for each row execute function refuse_over_charge_refund();
create trigger charge_refund_fits_again before update on charge_refund for each row
  when (not charge_refund_is_live(old.state) and charge_refund_is_live(new.state)) execute function refuse_over_charge_refund();

-- What has ended stays ended, except that a processor may fail at what it has said is done, and that money which went after all has gone.
create function refuse_charge_refund_change() returns trigger language plpgsql as $$
begin
  if old.state in ('cancelled', 'failed') or (old.state = 'succeeded' and new.state <> 'failed')
     or (old.state = 'declined' and (new.state <> 'succeeded' or old.reference is not null))
     or (old.reference is not null and new.reference is distinct from old.reference)
     or (new.unbooked_minor <> old.unbooked_minor and (old.state = 'succeeded' or new.state <> 'succeeded'))
     or new.version <> old.version + (new.state <> old.state)::int then
    raise exception 'a refund that has ended does not change' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$$;
create trigger charge_refund_ends_once before update on charge_refund for each row execute function refuse_charge_refund_change();

create or replace function refuse_over_refund() returns trigger language plpgsql as $$
begin
  perform hold_source(new.bucket, new.payment_id, new.credit_note_id);
  if new.reverses_id is not null then
    if not exists (
      select from refund as reversed
       where reversed.bucket = new.bucket and reversed.id = new.reverses_id and reversed.reverses_id is null
         and reversed.charge_refund_id is not distinct from new.charge_refund_id and reversed.payment_id = new.payment_id
         and (reversed.tenant_id, reversed.mode, reversed.account_id, reversed.kind, reversed.currency, reversed.amount_minor)
           = (new.tenant_id, new.mode, new.account_id, new.kind, new.currency, -new.amount_minor)
    ) then
      raise exception 'a refund is taken back as a whole' using errcode = 'check_violation', constraint = 'refund_fits';
    end if;
    return new;
  end if;
  if (new.amount_minor <= credit_minor(new.bucket, coalesce(new.payment_id, new.credit_note_id))) is not true then
    raise exception 'more is refunded than is left' using errcode = 'check_violation', constraint = 'refund_fits';
  end if;
  -- What is under way through the processor is kept for it. A chargeback has happened, whatever is under way.
  if new.kind = 'refund' and new.payment_id is not null and new.charge_refund_id is null
     and new.amount_minor > refundable_minor(new.bucket, new.payment_id) then
    raise exception 'it is being refunded' using errcode = 'check_violation', constraint = 'refund_fits';
  end if;
  return new;
end
$$;

-- No refund of a charge that went without its movement of money, and no movement without a refund that went; and one that failed
-- afterwards is taken back. Looked at when the transaction commits.
create function require_booked_refund(of_bucket smallint, of_id uuid) returns void language plpgsql as $$
begin
  if not exists (
    select from charge_refund cross join lateral (
           select coalesce(sum(refund.amount_minor) filter (where refund.reverses_id is null), 0) as sent,
                  coalesce(sum(refund.amount_minor), 0) as gone,
                  coalesce(bool_and((refund.tenant_id, refund.mode, refund.account_id, refund.payment_id, refund.currency, refund.kind)
                    = (charge_refund.tenant_id, charge_refund.mode, charge_refund.account_id, charge_refund.payment_id,
                       charge_refund.currency, 'refund')), true) as same
             from refund where refund.bucket = charge_refund.bucket and refund.charge_refund_id = charge_refund.id) as moved
     where charge_refund.bucket = of_bucket and charge_refund.id = of_id and moved.same
       and moved.sent = case when charge_refund.state in ('succeeded', 'failed')
                             then charge_refund.amount_minor - charge_refund.unbooked_minor else 0 end
       and moved.gone = case when charge_refund.state = 'failed' then 0 else moved.sent end
  ) then
    raise exception 'a refund of a charge and its movement of money are one' using errcode = 'check_violation', constraint = 'charge_refund_is_booked';
  end if;
end
$$;
create function require_booked_charge_refund() returns trigger language plpgsql as $$
begin
  perform require_booked_refund(new.bucket, new.id);
  return null;
end
$$;
create function require_charge_refund_of_refund() returns trigger language plpgsql as $$
begin
  perform require_booked_refund(new.bucket, new.charge_refund_id);
  return null;
end
$$;
create constraint trigger charge_refund_is_booked after insert or update on charge_refund deferrable initially deferred for each row
  when (new.state in ('succeeded', 'failed')) execute function require_booked_charge_refund();
create constraint trigger refund_is_charge_refund after insert on refund deferrable initially deferred for each row
  when (new.charge_refund_id is not null) execute function require_charge_refund_of_refund();

create trigger charge_refund_kept before delete on charge_refund for each row execute function refuse_change();
create trigger charge_refund_all_kept before truncate on charge_refund for each statement execute function refuse_change();
create trigger charge_refund_step_immutable before update or delete on charge_refund_step for each row execute function refuse_change();
create trigger charge_refund_step_kept before truncate on charge_refund_step for each statement execute function refuse_change();

grant select, insert on charge_refund, charge_refund_step to kontor_invoicing_service;
grant update (state, reference, unbooked_minor, decline_reason, decline_soft, decline_code, check_at, version, updated_at)
  on charge_refund to kontor_invoicing_service;
