-- A credit note takes effect when it is issued: in the statement that draws its number, it lowers what is open on its invoice, and
-- never takes back more than the invoice asked for. Expand step: the release before issues no credit notes.

-- The key by which a credit note was issued, for the event of its invoice.
create index event_credit_note_issued on event (bucket, object_id) where type = 'credit_note.issued';

-- An id of ours that names no person: milliseconds, the bucket in the 12 bits behind the version, 62 random bits.
create function new_bucketed_id(of_bucket smallint, at timestamptz) returns uuid language sql volatile as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(of_bucket::int), 3, '0')
    || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid
$$;

create function apply_credit_note() returns trigger language plpgsql as $$
declare
  invoice    record;
  credited   numeric;
  open_now   bigint;
  author     uuid;
  lowered_by bigint;
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
  insert into event (bucket, id, tenant_id, mode, type, account_id, object_id, object_version, actor_key_id, at)
  values (new.bucket, new_bucketed_id(new.bucket, new.issued_at), new.tenant_id, new.mode,
    case when credited = invoice.gross_minor then 'invoice.credited' else 'invoice.partially_credited' end,
    invoice.account_id, new.corrects_id, invoice.version, author, new.issued_at);
  return null;
end
$$;

create trigger document_credit_applied after update on document for each row
  when (old.state = 'draft' and new.state = 'issued' and new.document_type = 'credit_note' and new.corrects_id is not null)
  execute function apply_credit_note();
