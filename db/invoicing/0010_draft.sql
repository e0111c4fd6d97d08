-- A draft can be dropped: its row goes, its events stay, and its external id is free again. What was issued stays, by the trigger of
-- before; a name goes only after the draft that had it. Expand step: the release before never deletes.

create function bucket_of(id uuid) returns smallint language sql immutable as $$
  select ('x' || substr(replace(id::text, '-', ''), 14, 3))::bit(12)::int::smallint
$$;

create function refuse_name_in_use() returns trigger language plpgsql as $$
begin
  if old.kind in ('quote', 'proforma', 'invoice', 'credit_note') and not exists (
    select from document where document.bucket = bucket_of(old.target_id) and document.id = old.target_id) then
    return old;
  end if;
  raise exception 'a name of % is in use', old.kind using errcode = 'integrity_constraint_violation';
end
$$;
create trigger unique_name_kept before delete on unique_name for each row execute function refuse_name_in_use();

grant delete on document, unique_name to kontor_invoicing_service;
