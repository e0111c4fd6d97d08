-- What payers object to at their bank or PayPal. A dispute is what the processor told last by its own clock; `dispute_step` is how it came
-- to that, with the money that moved. Expand step: the release before marks such events as ignored.

create table dispute (
  bucket          smallint    not null check (bucket between 0 and 4095),
  id              uuid        not null,
  tenant_id       uuid        not null references tenant (id),
  mode            text        not null check (mode in ('test', 'live')),
  account_id      uuid        not null,
  charge_id       uuid        not null,
  processor       text        not null check (processor in ('stripe', 'paypal')),
  -- The processor's id of the dispute.
  reference       text        not null check (length(reference) between 1 and 255),
  state           text        not null check (state in ('inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed')),
  amount_minor    bigint,
  currency        text        check (currency ~ '^[A-Z]{3}$'),
  reason          text        check (length(reason) between 1 and 100),
  -- By the processor's clock: what is older says nothing new.
  occurred_at     timestamptz not null,
  -- What the processor took and the payment had not left any more.
  missing_minor   bigint      not null default 0 check (missing_minor >= 0),
  needs_attention boolean     not null,
  version         int         not null check (version >= 1),
  created_at      timestamptz not null,
  updated_at      timestamptz not null,
  primary key (bucket, id),
  unique (bucket, tenant_id, mode, processor, reference),
  foreign key (bucket, account_id) references account (bucket, id),
  foreign key (bucket, charge_id) references charge (bucket, id),
  check ((amount_minor is null) = (currency is null)),
  check (missing_minor = 0 or needs_attention)
);
create index dispute_tenant on dispute (tenant_id, mode, id);
create index dispute_charge on dispute (bucket, charge_id);
create index dispute_account on dispute (bucket, account_id);
comment on column dispute.reference is 'find the dispute at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';
comment on column dispute.reason is 'tell why a payer objects to a charge; contract, GDPR 6(1)(b); ten years';

create table dispute_step (
  bucket       smallint    not null check (bucket between 0 and 4095),
  dispute_id   uuid        not null,
  seq          int         not null check (seq >= 1),
  tenant_id    uuid        not null references tenant (id),
  state        text        not null check (state in ('inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed')),
  occurred_at  timestamptz not null,
  -- The chargeback that was recorded, or the payment by which the money came back; and how much.
  refund_id    uuid,
  payment_id   uuid,
  amount_minor bigint      check (amount_minor > 0),
  -- What each invoice lost by the chargeback, and gets again if the money comes back.
  reopened     jsonb       not null,
  at           timestamptz not null,
  primary key (bucket, dispute_id, seq),
  foreign key (bucket, dispute_id) references dispute (bucket, id),
  foreign key (bucket, refund_id) references refund (bucket, id),
  foreign key (bucket, payment_id) references payment (bucket, id),
  check (num_nonnulls(refund_id, payment_id) <= 1),
  check ((amount_minor is null) = (num_nonnulls(refund_id, payment_id) = 0))
);
-- The last line: a dispute takes money once, gives it back once, and nothing is of two disputes.
create unique index dispute_charged_back_once on dispute_step (bucket, dispute_id) where refund_id is not null;
create unique index dispute_returned_once on dispute_step (bucket, dispute_id) where payment_id is not null;
create unique index dispute_chargeback on dispute_step (bucket, refund_id) where refund_id is not null;
create unique index dispute_return on dispute_step (bucket, payment_id) where payment_id is not null;
comment on column dispute_step.reopened is 'give invoices back what a dispute took from them; legal obligation to keep records, GDPR 6(1)(c); ten years';

create trigger dispute_kept before truncate on dispute for each statement execute function refuse_change();
create trigger dispute_stays before delete on dispute for each row execute function refuse_change();
create trigger dispute_step_immutable before update or delete on dispute_step for each row execute function refuse_change();
create trigger dispute_step_kept before truncate on dispute_step for each statement execute function refuse_change();

grant select, insert on dispute, dispute_step to kontor_invoicing_service;
grant update (state, amount_minor, currency, reason, occurred_at, missing_minor, needs_attention, version, updated_at)
  on dispute to kontor_invoicing_service;

-- An inquiry moves no money, so that it is told from a dispute that waits for an answer.
alter table processor_event drop constraint processor_event_dispute_state_check;
alter table processor_event add constraint processor_event_dispute_state_check
  check (dispute_state in ('inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed'));

-- Disputes of our charges that were told while nothing followed from them are taken up again. What Stripe told before its inquiries were
-- told apart is taken up where it says itself that money moved or that it is decided; the rest waits for its next word.
create function take_up(event uuid) returns timestamptz language plpgsql as $$
begin
  perform graphile_worker.add_job('processor_event', json_build_object('id', event));
  return null;
end
$$;
alter table processor_event disable trigger processor_event_immutable;
update processor_event set state = 'received', settled_at = take_up(id)
 where kind = 'dispute' and state = 'ignored' and reference is not null
   and (processor = 'paypal' or dispute_state in ('won', 'lost')
        or type in ('charge.dispute.funds_withdrawn', 'charge.dispute.funds_reinstated'))
   and exists (select from charge
                where charge.tenant_id = processor_event.tenant_id and charge.mode = processor_event.mode
                  and charge.processor = processor_event.processor
                  and processor_event.charge_reference in (charge.reference, charge.movement));
alter table processor_event enable trigger processor_event_immutable;
drop function take_up(uuid);
