-- What becomes of an issued invoice without a document of its own: it left the house, or it is void. Both append-only; the invoice stays
-- as it is. Which exports were taken, because what bookkeeping has claimed is not void any more. Expand step.

create table document_delivery (
  bucket       smallint    not null check (bucket between 0 and 4095),
  id           uuid        not null,
  document_id  uuid        not null,
  tenant_id    uuid        not null references tenant (id),
  channel      text        not null check (channel in ('email', 'post', 'portal', 'other')),
  sent_on      date        not null,
  actor_key_id uuid        not null,
  recorded_at  timestamptz not null,
  primary key (bucket, id),
  foreign key (bucket, document_id) references document (bucket, id)
);
create index document_delivery_document on document_delivery (bucket, document_id, id);

-- At most one for each document.
create table document_void (
  bucket       smallint    not null check (bucket between 0 and 4095),
  document_id  uuid        not null,
  tenant_id    uuid        not null references tenant (id),
  reason       text        not null,
  actor_key_id uuid        not null,
  voided_at    timestamptz not null,
  primary key (bucket, document_id),
  foreign key (bucket, document_id) references document (bucket, id)
);
comment on column document_void.reason is 'say why an invoice is void; legal obligation to keep records, GDPR 6(1)(c); ten years';

-- The range of an export is half-open, of issue dates. In the bucket of its tenant's name.
create table export_run (
  bucket       smallint    not null check (bucket between 0 and 4095),
  id           uuid        not null,
  tenant_id    uuid        not null references tenant (id),
  mode         text        not null check (mode in ('test', 'live')),
  from_on      date        not null,
  until_on     date        not null,
  actor_key_id uuid        not null,
  taken_at     timestamptz not null,
  primary key (bucket, id)
);
create index export_run_tenant on export_run (bucket, tenant_id, mode, taken_at);

create trigger document_delivery_immutable before update or delete on document_delivery
  for each row execute function refuse_change();
create trigger document_delivery_kept before truncate on document_delivery for each statement execute function refuse_change();
create trigger document_void_immutable before update or delete on document_void for each row execute function refuse_change();
create trigger document_void_kept before truncate on document_void for each statement execute function refuse_change();
create trigger export_run_immutable before update or delete on export_run for each row execute function refuse_change();
create trigger export_run_kept before truncate on export_run for each statement execute function refuse_change();

-- Nothing is open on what is void. The other terms are those of before.
create or replace function open_minor(of_bucket smallint, of_id uuid) returns bigint language sql stable as $$
  select case when exists (select from document_void
                            where document_void.bucket = document.bucket and document_void.document_id = document.id) then 0
         else document.payable_minor - coalesce((
           select sum(allocation.amount_minor) from allocation
            where allocation.bucket = document.bucket and allocation.invoice_id = document.id), 0)::bigint - coalesce((
           select sum(adjustment.amount_minor) from adjustment
            where adjustment.bucket = document.bucket and adjustment.invoice_id = document.id), 0)::bigint end
    from document where document.bucket = of_bucket and document.id = of_id
$$;

grant select, insert on document_delivery, document_void, export_run to kontor_invoicing_service;
