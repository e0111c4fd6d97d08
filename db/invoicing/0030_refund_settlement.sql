-- That a person has looked at a refund of which more went back than the payment had, and what came of it. The money stays as it is. Expand
-- step: the release before shows such refunds as waiting for somebody.

create table charge_refund_settlement (
  bucket           smallint    not null check (bucket between 0 and 4095),
  charge_refund_id uuid        not null,
  tenant_id        uuid        not null references tenant (id),
  note             text        not null check (length(note) between 1 and 200),
  actor_key_id     uuid        not null,
  settled_at       timestamptz not null,
  primary key (bucket, charge_refund_id),
  foreign key (bucket, charge_refund_id) references charge_refund (bucket, id)
);
comment on column charge_refund_settlement.note is 'say why money that no account explains has gone; legal obligation to keep records, GDPR 6(1)(c); ten years';

create trigger charge_refund_settlement_immutable before update or delete on charge_refund_settlement
  for each row execute function refuse_change();
create trigger charge_refund_settlement_kept before truncate on charge_refund_settlement
  for each statement execute function refuse_change();

grant select, insert on charge_refund_settlement to kontor_invoicing_service;
