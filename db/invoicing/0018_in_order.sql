-- What happens at one instant gets an order: the allocations of a payment or credit note, and the credit notes of one invoice that are
-- issued together. Expand step: the release before allocates as it did, and the trigger below gives its rows their position too.

-- The how-manieth allocation of its payment or credit note it is, what was taken back included. Null for what was allocated before.
alter table allocation add column position int check (position >= 1);
create unique index allocation_payment_position on allocation (bucket, payment_id, position) where payment_id is not null;
create unique index allocation_credit_note_position on allocation (bucket, credit_note_id, position) where credit_note_id is not null;

-- Runs after `allocation_fits`, which holds the source until commit: nobody counts at the same time.
create function place_allocation() returns trigger language plpgsql as $$
begin
  select coalesce(max(allocation.position), 0) + 1 into strict new.position from allocation
   where allocation.bucket = new.bucket
     and (allocation.payment_id = new.payment_id or allocation.credit_note_id = new.credit_note_id);
  return new;
end
$$;
create trigger allocation_placed before insert on allocation for each row execute function place_allocation();

-- As before, but of several credit notes that one statement issues, only the last one credits their invoice as a whole.
create or replace function apply_credit_note() returns trigger language plpgsql as $$
declare
  invoice    record;
  credited   numeric;
  open_now   bigint;
  author     uuid;
  lowered_by bigint;
  is_whole   boolean;
begin
  -- Held until commit. What is computed below stands in statements of its own, which see what was committed while this one waited.
  select document.gross_minor, document.account_id, document.version into strict invoice from document
   where document.bucket = new.bucket and document.id = new.corrects_id for update;
  -- The last line behind the service, which judges each line and each VAT group.
  select sum(document.gross_minor) into strict credited from document
   where document.bucket = new.bucket and document.corrects_id = new.corrects_id
     and document.document_type = 'credit_note' and document.state = 'issued';
  if abs(credited) > abs(invoice.gross_minor) or sign(credited) * sign(invoice.gross_minor) < 0 then
    raise exception 'the credit notes of an invoice exceed it' using errcode = 'integrity_constraint_violation';
  end if;
  select open_minor(new.bucket, new.corrects_id) into strict open_now;
  lowered_by := least(open_now, new.payable_minor);
  if lowered_by > 0 then
    insert into allocation (bucket, id, tenant_id, credit_note_id, invoice_id, amount_minor, created_at)
    values (new.bucket, new_bucketed_id(new.bucket, new.issued_at), new.tenant_id, new.id, new.corrects_id, lowered_by, new.issued_at);
  end if;
  -- The draw writes it in the same statement, before this runs.
  select event.actor_key_id into strict author from event
   where event.bucket = new.bucket and event.object_id = new.id and event.type = 'credit_note.issued';
  is_whole := credited = invoice.gross_minor;
  if is_whole then
    -- All of them are issued already when this runs for the first; each that it ran for has left its event.
    select count(*) = 1 + (
             select count(*) from event
              where event.bucket = new.bucket and event.object_id = new.corrects_id and event.type = 'invoice.partially_credited'
                and event.type not like '%.created' and event.type not like '%.issued' and event.tx = pg_current_xact_id())
      into strict is_whole
      from document join event on event.bucket = document.bucket and event.object_id = document.id
     where document.bucket = new.bucket and document.corrects_id = new.corrects_id and document.document_type = 'credit_note'
       and document.state = 'issued' and event.type = 'credit_note.issued' and event.tx = pg_current_xact_id();
  end if;
  insert into event (bucket, id, tenant_id, mode, type, account_id, object_id, object_version, actor_key_id, at)
  values (new.bucket, new_bucketed_id(new.bucket, new.issued_at), new.tenant_id, new.mode,
    case when is_whole then 'invoice.credited' else 'invoice.partially_credited' end,
    invoice.account_id, new.corrects_id, invoice.version, author, new.issued_at);
  return null;
end
$$;
