-- Money that came in, and what it was used for. Both append-only: balances are derived from allocations, never stored.
create table payment (
  bucket       smallint    not null check (bucket between 0 and 4095),
  id           uuid        not null,
  tenant_id    uuid        not null references tenant (id),
  mode         text        not null check (mode in ('test', 'live')),
  account_id   uuid        not null,
  method       text        not null check (method in ('card', 'bank_account', 'paypal_account', 'bank_transfer', 'cash', 'other')),
  token_id     uuid,
  instrument   text,
  currency     text        not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint      not null check (amount_minor > 0),
  received_on  date        not null,
  reference    text,
  created_at   timestamptz not null,
  primary key (bucket, id),
  foreign key (bucket, account_id) references account (bucket, id)
);
create index payment_tenant on payment (tenant_id, mode, id);
create index payment_account on payment (bucket, account_id, id);
comment on column payment.instrument is 'show with which masked instrument was paid; contract, GDPR 6(1)(b); ten years';
comment on column payment.reference is 'match the payment with the bank''s record; legal obligation to keep records, GDPR 6(1)(c); ten years';

create table allocation (
  bucket       smallint    not null check (bucket between 0 and 4095),
  id           uuid        not null,
  tenant_id    uuid        not null references tenant (id),
  payment_id   uuid        not null,
  invoice_id   uuid        not null,
  amount_minor bigint      not null check (amount_minor <> 0),
  created_at   timestamptz not null,
  primary key (bucket, id),
  foreign key (bucket, payment_id) references payment (bucket, id),
  foreign key (bucket, invoice_id) references document (bucket, id)
);
create index allocation_invoice on allocation (bucket, invoice_id);
create index allocation_payment on allocation (bucket, payment_id);

create trigger payment_immutable before update or delete on payment for each row execute function refuse_change();
create trigger payment_kept before truncate on payment for each statement execute function refuse_change();
create trigger allocation_immutable before update or delete on allocation for each row execute function refuse_change();
create trigger allocation_kept before truncate on allocation for each statement execute function refuse_change();

grant select, insert on payment, allocation to kontor_invoicing_service;
