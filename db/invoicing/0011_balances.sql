-- What lowers an open amount besides money, and money that goes back. Balances stay derived: nothing here stores a sum.
-- Expand step: the release before goes on allocating, and the checks below hold for it as well.

-- Money that went out again, from a payment or a credit note: sent back, or taken back by the payer's bank.
create table refund (
  bucket         smallint    not null check (bucket between 0 and 4095),
  id             uuid        not null,
  tenant_id      uuid        not null references tenant (id),
  mode           text        not null check (mode in ('test', 'live')),
  account_id     uuid        not null,
  kind           text        not null check (kind in ('refund', 'chargeback')),
  payment_id     uuid,
  credit_note_id uuid,
  currency       text        not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor   bigint      not null check (amount_minor > 0),
  refunded_on    date        not null,
  reference      text,
  created_at     timestamptz not null,
  primary key (bucket, id),
  foreign key (bucket, account_id) references account (bucket, id),
  foreign key (bucket, payment_id) references payment (bucket, id),
  foreign key (bucket, credit_note_id) references document (bucket, id),
  constraint refund_one_source check (num_nonnulls(payment_id, credit_note_id) = 1),
  constraint refund_chargeback_of_payment check (kind = 'refund' or payment_id is not null)
);
create index refund_account on refund (bucket, account_id, id);
create index refund_payment on refund (bucket, payment_id) where payment_id is not null;
create index refund_credit_note on refund (bucket, credit_note_id) where credit_note_id is not null;
comment on column refund.reference is 'match the refund with the bank''s record; legal obligation to keep records, GDPR 6(1)(c); ten years';

-- What the issuer lets go of an invoice, with what that takes off each VAT group. A row is taken back by a negative one.
create table adjustment (
  bucket         smallint    not null check (bucket between 0 and 4095),
  id             uuid        not null,
  tenant_id      uuid        not null references tenant (id),
  mode           text        not null check (mode in ('test', 'live')),
  account_id     uuid        not null,
  invoice_id     uuid        not null,
  kind           text        not null check (kind in ('write_off', 'cash_discount', 'small_difference')),
  amount_minor   bigint      not null check (amount_minor <> 0),
  vat            jsonb       not null,
  reason         text,
  -- Whose allocation it came with, and is taken back with.
  payment_id     uuid,
  credit_note_id uuid,
  reverses_id    uuid,
  adjusted_on    date        not null,
  created_at     timestamptz not null,
  primary key (bucket, id),
  foreign key (bucket, account_id) references account (bucket, id),
  foreign key (bucket, invoice_id) references document (bucket, id),
  foreign key (bucket, payment_id) references payment (bucket, id),
  foreign key (bucket, credit_note_id) references document (bucket, id),
  foreign key (bucket, reverses_id) references adjustment (bucket, id),
  -- Taken back once at the most.
  unique (bucket, reverses_id),
  constraint adjustment_reversal_is_negative check ((amount_minor < 0) = (reverses_id is not null))
);
create index adjustment_account on adjustment (bucket, account_id, id);
create index adjustment_invoice on adjustment (bucket, invoice_id);
create index adjustment_payment on adjustment (bucket, payment_id) where payment_id is not null;
create index adjustment_credit_note on adjustment (bucket, credit_note_id) where credit_note_id is not null;
comment on column adjustment.reason is 'say why a claim was given up; legal obligation to keep records, GDPR 6(1)(c); ten years';
comment on column adjustment.vat is 'correct the VAT of an invoice; legal obligation to keep records, GDPR 6(1)(c); ten years';

-- Up to which amount a remainder is not worth asking for.
alter table issuer add column small_difference_minor bigint not null default 0
  check (small_difference_minor between 0 and 1000000);

create or replace function open_minor(of_bucket smallint, of_id uuid) returns bigint language sql stable as $$
  select document.payable_minor - coalesce((
           select sum(allocation.amount_minor) from allocation
            where allocation.bucket = document.bucket and allocation.invoice_id = document.id), 0)::bigint - coalesce((
           select sum(adjustment.amount_minor) from adjustment
            where adjustment.bucket = document.bucket and adjustment.invoice_id = document.id), 0)::bigint
    from document where document.bucket = of_bucket and document.id = of_id
$$;

-- What is left of a payment or of an issued credit note: the account's credit. Null for anything else.
create function credit_minor(of_bucket smallint, of_id uuid) returns bigint language sql stable as $$
  select coalesce(
           (select payment.amount_minor from payment where payment.bucket = of_bucket and payment.id = of_id),
           (select document.payable_minor from document
             where document.bucket = of_bucket and document.id = of_id
               and document.document_type = 'credit_note' and document.state = 'issued'))
       - coalesce((select sum(allocation.amount_minor) from allocation
                    where allocation.bucket = of_bucket and allocation.payment_id = of_id), 0)::bigint
       - coalesce((select sum(allocation.amount_minor) from allocation
                    where allocation.bucket = of_bucket and allocation.credit_note_id = of_id), 0)::bigint
       - coalesce((select sum(refund.amount_minor) from refund
                    where refund.bucket = of_bucket and refund.payment_id = of_id), 0)::bigint
       - coalesce((select sum(refund.amount_minor) from refund
                    where refund.bucket = of_bucket and refund.credit_note_id = of_id), 0)::bigint
$$;

-- Holds what an amount is taken from until the end of the transaction. Documents are always held before: whoever keeps that order
-- never waits in a circle. A payment is held by its id alone, because nobody may change its row, and so nobody may lock it.
create function hold_source(of_bucket smallint, of_payment uuid, of_credit_note uuid) returns void language plpgsql as $$
begin
  if of_payment is not null then
    perform pg_advisory_xact_lock(uuid_hash_extended(of_payment, 0));
  else
    perform 1 from document where document.bucket = of_bucket and document.id = of_credit_note for update;
  end if;
end
$$;

-- Whoever inserts: an invoice never gets more than is open on it, a payment or credit note never gives more than is left of it, and
-- only what was allocated is taken back. Each statement below sees what was committed while the locks were waited for.
create function refuse_over_allocation() returns trigger language plpgsql as $$
declare
  allocated bigint;
  fits boolean;
begin
  perform 1 from document where document.bucket = new.bucket and document.id = new.invoice_id for update;
  perform hold_source(new.bucket, new.payment_id, new.credit_note_id);
  if new.amount_minor > 0 then
    fits := new.amount_minor <= open_minor(new.bucket, new.invoice_id)
      and new.amount_minor <= credit_minor(new.bucket, coalesce(new.payment_id, new.credit_note_id));
  else
    select sum(allocation.amount_minor) into allocated from allocation
     where allocation.bucket = new.bucket and allocation.invoice_id = new.invoice_id
       and allocation.payment_id is not distinct from new.payment_id
       and allocation.credit_note_id is not distinct from new.credit_note_id;
    fits := -new.amount_minor <= allocated;
  end if;
  if fits is not true then
    raise exception 'more is allocated than there is' using errcode = 'check_violation', constraint = 'allocation_fits';
  end if;
  -- What meets belongs to one account, in one currency.
  if not exists (
    select from document as invoice
      left join payment on payment.bucket = new.bucket and payment.id = new.payment_id
      left join document as credit_note on credit_note.bucket = new.bucket and credit_note.id = new.credit_note_id
     where invoice.bucket = new.bucket and invoice.id = new.invoice_id
       and invoice.document_type in ('invoice', 'proforma') and invoice.state = 'issued'
       and (invoice.tenant_id, invoice.mode, invoice.account_id, invoice.currency)
         = (new.tenant_id, coalesce(payment.mode, credit_note.mode), coalesce(payment.account_id, credit_note.account_id),
            coalesce(payment.currency, credit_note.currency))
  ) then
    raise exception 'an allocation is of one account and currency' using errcode = 'check_violation', constraint = 'allocation_fits';
  end if;
  return new;
end
$$;
create trigger allocation_fits before insert on allocation for each row execute function refuse_over_allocation();

create function refuse_over_refund() returns trigger language plpgsql as $$
begin
  perform hold_source(new.bucket, new.payment_id, new.credit_note_id);
  if (new.amount_minor <= credit_minor(new.bucket, coalesce(new.payment_id, new.credit_note_id))) is not true then
    raise exception 'more is refunded than is left' using errcode = 'check_violation', constraint = 'refund_fits';
  end if;
  return new;
end
$$;
create trigger refund_fits before insert on refund for each row execute function refuse_over_refund();

create function refuse_over_adjustment() returns trigger language plpgsql as $$
declare
  corrected bigint;
  fits boolean;
begin
  perform 1 from document where document.bucket = new.bucket and document.id = new.invoice_id for update;
  if new.amount_minor > 0 then
    select new.amount_minor <= open_minor(document.bucket, document.id) into fits from document
     where document.bucket = new.bucket and document.id = new.invoice_id and document.document_type = 'invoice'
       and document.state = 'issued' and document.account_id = new.account_id and document.tenant_id = new.tenant_id;
  else
    select -new.amount_minor = reversed.amount_minor into fits from adjustment as reversed
     where reversed.bucket = new.bucket and reversed.id = new.reverses_id and reversed.invoice_id = new.invoice_id
       and reversed.kind = new.kind and reversed.account_id = new.account_id and reversed.tenant_id = new.tenant_id;
  end if;
  select coalesce(sum(part.base_minor + part.tax_minor), new.amount_minor) into corrected
    from jsonb_to_recordset(new.vat) as part(base_minor bigint, tax_minor bigint);
  if (fits and corrected = new.amount_minor) is not true then
    raise exception 'an adjustment is of what is open, and its VAT adds up' using errcode = 'check_violation', constraint = 'adjustment_fits';
  end if;
  return new;
end
$$;
create trigger adjustment_fits before insert on adjustment for each row execute function refuse_over_adjustment();

create trigger refund_immutable before update or delete on refund for each row execute function refuse_change();
create trigger refund_kept before truncate on refund for each statement execute function refuse_change();
create trigger adjustment_immutable before update or delete on adjustment for each row execute function refuse_change();
create trigger adjustment_kept before truncate on adjustment for each statement execute function refuse_change();

grant select, insert on refund, adjustment to kontor_invoicing_service;
grant update (small_difference_minor) on issuer to kontor_invoicing_service;
