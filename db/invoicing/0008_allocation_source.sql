-- What lowers an open amount is a payment or a credit note; a credit note and a corrected invoice name what they correct (BT-25).

alter table allocation alter column payment_id drop not null;
alter table allocation add column credit_note_id uuid;
alter table allocation add constraint allocation_one_source check (num_nonnulls(payment_id, credit_note_id) = 1);
alter table allocation
  add constraint allocation_bucket_credit_note_id_fkey foreign key (bucket, credit_note_id) references document (bucket, id);
create index allocation_credit_note on allocation (bucket, credit_note_id) where credit_note_id is not null;

alter table document add column corrects_id uuid;
alter table document
  add constraint document_bucket_corrects_id_fkey foreign key (bucket, corrects_id) references document (bucket, id);
create index document_corrects on document (bucket, corrects_id) where corrects_id is not null;

-- The one formula of what is open on a document. Whoever decides by it holds the document's row, and calls it in a statement of its own
-- after that: the statement that waited for the lock still sees the allocations of before.
create function open_minor(of_bucket smallint, of_id uuid) returns bigint language sql stable as $$
  select document.payable_minor - coalesce((
           select sum(allocation.amount_minor) from allocation
            where allocation.bucket = document.bucket and allocation.invoice_id = document.id), 0)::bigint
    from document where document.bucket = of_bucket and document.id = of_id
$$;
