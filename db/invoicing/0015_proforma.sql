-- A proforma asks for money before there is an invoice. Paid, it becomes the invoice, once; unpaid, it can be cancelled.
-- Expand step: the release before issues no proformas.

alter table document add column proforma_id uuid;
alter table document
  add constraint document_bucket_proforma_id_fkey foreign key (bucket, proforma_id) references document (bucket, id);
-- A proforma becomes one invoice at the most.
create unique index document_proforma on document (bucket, proforma_id) where proforma_id is not null;

create table proforma_cancellation (
  bucket       smallint    not null check (bucket between 0 and 4095),
  proforma_id  uuid        not null,
  tenant_id    uuid        not null references tenant (id),
  actor_key_id uuid        not null,
  cancelled_at timestamptz not null,
  primary key (bucket, proforma_id),
  foreign key (bucket, proforma_id) references document (bucket, id)
);
create trigger proforma_cancellation_immutable before update or delete on proforma_cancellation
  for each row execute function refuse_change();
create trigger proforma_cancellation_kept before truncate on proforma_cancellation
  for each statement execute function refuse_change();

-- What a proforma asks for, it asks for until it was cancelled or became an invoice, which then asks.
create or replace function open_minor(of_bucket smallint, of_id uuid) returns bigint language sql stable as $$
  select case when exists (select from document_void
                            where document_void.bucket = document.bucket and document_void.document_id = document.id) then 0
         when document.document_type = 'proforma' and (
           exists (select from document as invoice where invoice.bucket = document.bucket and invoice.proforma_id = document.id)
           or exists (select from proforma_cancellation as ended where ended.bucket = document.bucket and ended.proforma_id = document.id))
         then 0 else document.payable_minor - coalesce((
           select sum(allocation.amount_minor) from allocation
            where allocation.bucket = document.bucket and allocation.invoice_id = document.id), 0)::bigint - coalesce((
           select sum(adjustment.amount_minor) from adjustment
            where adjustment.bucket = document.bucket and adjustment.invoice_id = document.id), 0)::bigint end
    from document where document.bucket = of_bucket and document.id = of_id
$$;

grant select, insert on proforma_cancellation to kontor_invoicing_service;
