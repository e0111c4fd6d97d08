-- An invoice draft that was made from a quote changes together with what it takes of the quote: its part is taken anew, and what is
-- issued is what was counted. Expand step: the release before changes such a draft without its part, which is then refused when it is issued.

-- A conversion goes while its invoice is a draft or gone, so that it can be written anew; a part goes with its conversion alone.
create or replace function refuse_loose_part() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'quote_conversion' and exists (
       select from document
        where document.bucket = old.bucket and document.id = old.invoice_id and document.state <> 'draft') then
    raise exception 'what an issued invoice took of a quote stays' using errcode = 'integrity_constraint_violation';
  end if;
  if tg_table_name = 'quote_part' and exists (
       select from quote_conversion
        where quote_conversion.bucket = old.bucket and quote_conversion.invoice_id = old.invoice_id) then
    raise exception 'a part goes with its conversion' using errcode = 'integrity_constraint_violation';
  end if;
  return old;
end
$$;

-- The last line behind the service: line by line, an invoice has the quantities that it took of its quote.
create function refuse_other_than_taken() returns trigger language plpgsql as $$
begin
  if (select array_agg(quote_part.quantity order by quote_part.line_no) from quote_part
       where quote_part.bucket = new.bucket and quote_part.invoice_id = new.id)
     is distinct from
     (select array_agg((line.form ->> 'quantity')::numeric order by line.place)
        from jsonb_array_elements(new.content -> 'lines') with ordinality as line (form, place)) then
    raise exception 'the invoice is not what it took of its quote'
      using errcode = 'integrity_constraint_violation', constraint = 'invoice_as_taken';
  end if;
  return new;
end
$$;
create trigger document_as_taken before update on document for each row
  when (old.state = 'draft' and new.state = 'issued' and new.document_type = 'invoice' and new.quote_id is not null)
  execute function refuse_other_than_taken();

grant delete on quote_conversion to kontor_invoicing_service;
