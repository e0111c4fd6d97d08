-- What a charge may still take money for is not ended under it: an invoice is made void, and a proforma cancelled, once nothing is under way
-- any more. Expand step: what was ended before stays so.

create function refuse_end_of_charged() returns trigger language plpgsql as $$
declare
  ended constant uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
begin
  -- Whoever charges it holds it as well, so that of two at once one sees the other.
  perform 1 from document where document.bucket = new.bucket and document.id = ended for update;
  if exists (select from charge
              where charge.bucket = new.bucket and charge.invoice_id = ended and charge_is_live(charge.state)) then
    raise exception 'a charge of it may still take money' using errcode = 'check_violation', constraint = 'ended_is_not_charged';
  end if;
  return new;
end
$$;
create trigger void_is_not_charged before insert on document_void
  for each row execute function refuse_end_of_charged('document_id');
create trigger cancelled_is_not_charged before insert on proforma_cancellation
  for each row execute function refuse_end_of_charged('proforma_id');
