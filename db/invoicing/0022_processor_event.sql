-- What processors have told, each event once however often it is delivered, and what became of it. The body of a delivery is not kept:
-- it may hold names and addresses, and whatever follows from an event is asked for by id.

create table processor_event (
  bucket           smallint    not null check (bucket between 0 and 4095),
  id               uuid        not null,
  tenant_id        uuid        not null references tenant (id),
  mode             text        not null check (mode in ('test', 'live')),
  processor        text        not null check (processor in ('stripe', 'paypal')),
  -- The processor's own id of the event; the bucket follows from it, so that one shard knows whether it came before.
  event_reference  text        not null check (length(event_reference) between 1 and 255),
  type             text        not null check (length(type) between 1 and 100),
  kind             text        not null check (kind in ('charge', 'refund', 'dispute', 'registration', 'other')),
  -- The processor's id of what the event is about, and of the charge of a refund or dispute.
  reference        text        check (length(reference) between 1 and 255),
  charge_reference text        check (length(charge_reference) between 1 and 255),
  -- A processor is not asked about disputes, so of these the event itself is what is known.
  dispute_state    text        check (dispute_state in ('needs_response', 'under_review', 'won', 'lost', 'closed')),
  amount_minor     bigint,
  currency         text        check (currency ~ '^[A-Z]{3}$'),
  dispute_reason   text        check (length(dispute_reason) between 1 and 100),
  -- By the processor's clock. It says nothing about the order in which events arrive.
  occurred_at      timestamptz not null,
  received_at      timestamptz not null,
  state            text        not null default 'received' check (state in ('received', 'handled', 'ignored')),
  -- How often handling it failed, and the code of the last time.
  failures         int         not null default 0,
  failure          text,
  settled_at       timestamptz,
  primary key (bucket, id),
  unique (bucket, tenant_id, mode, processor, event_reference),
  check ((state = 'received') = (settled_at is null)),
  check ((kind = 'dispute') = (dispute_state is not null)),
  check ((amount_minor is null) = (currency is null))
);
create index processor_event_tenant on processor_event (tenant_id, mode, id);
create index processor_event_dispute on processor_event (tenant_id, mode, processor, reference) where kind = 'dispute';
comment on column processor_event.event_reference is 'recognise an event that is delivered again; contract, GDPR 6(1)(b); ten years';
comment on column processor_event.reference is 'find the charge, refund or dispute that the processor told about; contract, GDPR 6(1)(b); ten years';
comment on column processor_event.charge_reference is 'find the charge of a refund or dispute; contract, GDPR 6(1)(b); ten years';
comment on column processor_event.dispute_reason is 'tell why a payer objects to a charge; contract, GDPR 6(1)(b); ten years';

create trigger processor_event_immutable before update or delete on processor_event
  for each row when (old.state <> 'received') execute function refuse_change();
create trigger processor_event_kept before truncate on processor_event
  for each statement execute function refuse_change();

grant select, insert on processor_event to kontor_invoicing_service;
grant update (state, failures, failure, settled_at) on processor_event to kontor_invoicing_service;
