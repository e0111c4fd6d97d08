-- Printed from the migrations beside this file; do not edit.

grant usage, create on schema public to kontor_invoicing_owner;
grant usage on schema public to kontor_invoicing_service;

CREATE OR REPLACE FUNCTION public.apply_credit_note()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.bucket_of(id uuid)
 RETURNS smallint
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select ('x' || substr(replace(id::text, '-', ''), 14, 3))::bit(12)::int::smallint
$function$;

CREATE OR REPLACE FUNCTION public.charge_is_live(state text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select state in ('processing', 'unknown', 'requires_action', 'pending', 'authorized')
$function$;

CREATE OR REPLACE FUNCTION public.charge_refund_is_live(state text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select state in ('processing', 'unknown', 'pending')
$function$;

CREATE OR REPLACE FUNCTION public.charging_minor(of_bucket smallint, of_id uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(sum(charge.amount_minor), 0)::bigint from charge
   where charge.bucket = of_bucket and charge.invoice_id = of_id and charge_is_live(charge.state)
$function$;

CREATE OR REPLACE FUNCTION public.credit_minor(of_bucket smallint, of_id uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.follow_quote_part()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    update quote_line set converted = converted + new.quantity
     where quote_line.bucket = new.bucket and quote_line.quote_id = new.quote_id and quote_line.line_no = new.line_no;
  else
    update quote_line set converted = converted - old.quantity
     where quote_line.bucket = old.bucket and quote_line.quote_id = old.quote_id and quote_line.line_no = old.line_no;
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.hold_source(of_bucket smallint, of_payment uuid, of_credit_note uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if of_payment is not null then
    perform pg_advisory_xact_lock(uuid_hash_extended(of_payment, 0));
  else
    perform 1 from document where document.bucket = of_bucket and document.id = of_credit_note for update;
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION public.new_bucketed_id(of_bucket smallint, at timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
AS $function$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(of_bucket::int), 3, '0')
    || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid
$function$;

CREATE OR REPLACE FUNCTION public.open_minor(of_bucket smallint, of_id uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.place_allocation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  select coalesce(max(allocation.position), 0) + 1 into strict new.position from allocation
   where allocation.bucket = new.bucket
     and (allocation.payment_id = new.payment_id or allocation.credit_note_id = new.credit_note_id);
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.refundable_minor(of_bucket smallint, of_payment uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  select payment.amount_minor - refunding_minor(of_bucket, of_payment) - coalesce((
           select sum(refund.amount_minor) from refund
            where refund.bucket = of_bucket and refund.payment_id = of_payment), 0)::bigint
    from payment where payment.bucket = of_bucket and payment.id = of_payment
$function$;

CREATE OR REPLACE FUNCTION public.refunding_minor(of_bucket smallint, of_payment uuid)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$
  select coalesce(sum(case when charge_refund_is_live(charge_refund.state) then charge_refund.amount_minor
                           when charge_refund.state = 'succeeded' then charge_refund.unbooked_minor else 0 end), 0)::bigint
    from charge_refund where charge_refund.bucket = of_bucket and charge_refund.payment_id = of_payment
$function$;

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% rows are immutable', tg_table_name using errcode = 'integrity_constraint_violation';
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_charge_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.state = 'succeeded' or (old.state in ('declined', 'cancelled') and new.state <> 'succeeded')
     or (old.reference is not null and new.reference is distinct from old.reference)
     or new.version <> old.version + (new.state <> old.state)::int then
    raise exception 'a charge that has ended does not change' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_charge_refund_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.state in ('cancelled', 'failed') or (old.state = 'succeeded' and new.state <> 'failed')
     or (old.state = 'declined' and (new.state <> 'succeeded' or old.reference is not null))
     or (old.reference is not null and new.reference is distinct from old.reference)
     or (new.unbooked_minor <> old.unbooked_minor and (old.state = 'succeeded' or new.state <> 'succeeded'))
     or new.version <> old.version + (new.state <> old.state)::int then
    raise exception 'a refund that has ended does not change' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_end_of_charged()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.refuse_loose_attempt()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  before record;
begin
  select charge.id, charge.tenant_id, charge.mode, charge.account_id, charge.invoice_id, charge.token_id, charge.currency, charge.attempt,
         charge.first_id, charge.state, charge.decline_soft
    into before from charge where charge.bucket = new.bucket and charge.id = new.retry_of for update;
  if (before.tenant_id, before.mode, before.account_id, before.invoice_id, before.token_id, before.currency)
       is distinct from (new.tenant_id, new.mode, new.account_id, new.invoice_id, new.token_id, new.currency)
     or new.attempt <> before.attempt + 1 or new.first_id <> coalesce(before.first_id, before.id)
     or new.amount_minor > (select charge.amount_minor from charge where charge.bucket = new.bucket and charge.id = new.first_id) then
    raise exception 'a further attempt is of the same charge' using errcode = 'check_violation', constraint = 'charge_follows';
  end if;
  if not (before.state = 'not_sent' or (before.state = 'declined' and before.decline_soft and exists (
       select from charge_retry
        where charge_retry.bucket = new.bucket and charge_retry.charge_id = new.retry_of and charge_retry.state = 'waiting'))) then
    raise exception 'the attempt before may take the money, or is not to be tried again'
      using errcode = 'check_violation', constraint = 'charge_follows';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_loose_part()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.refuse_name_in_use()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.kind in ('quote', 'proforma', 'invoice', 'credit_note') and not exists (
    select from document where document.bucket = bucket_of(old.target_id) and document.id = old.target_id) then
    return old;
  end if;
  raise exception 'a name of % is in use', old.kind using errcode = 'integrity_constraint_violation';
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_other_than_taken()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.refuse_over_adjustment()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.refuse_over_allocation()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.refuse_over_charge()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform 1 from document where document.bucket = new.bucket and document.id = new.invoice_id for update;
  if (new.amount_minor <= open_minor(new.bucket, new.invoice_id) - charging_minor(new.bucket, new.invoice_id)) is not true then
    raise exception 'more is charged than is open' using errcode = 'check_violation', constraint = 'charge_fits';
  end if;
  if not exists (
    select from document
     where document.bucket = new.bucket and document.id = new.invoice_id and document.state = 'issued'
       and (document.tenant_id, document.mode, document.account_id, document.currency, document.document_type)
         = (new.tenant_id, new.mode, new.account_id, new.currency, new.document_type)
  ) then
    raise exception 'a charge is of one account and currency' using errcode = 'check_violation', constraint = 'charge_fits';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_over_charge_refund()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform hold_source(new.bucket, new.payment_id, null);
  if new.origin = 'request' and charge_refund_is_live(new.state)
     and (new.amount_minor <= refundable_minor(new.bucket, new.payment_id)) is not true then
    raise exception 'more is refunded than was taken' using errcode = 'check_violation', constraint = 'charge_refund_fits';
  end if;
  if not exists (
    select from charge join payment on payment.bucket = charge.bucket and payment.charge_id = charge.id
     where charge.bucket = new.bucket and charge.id = new.charge_id and payment.id = new.payment_id and charge.state = 'succeeded'
       and (charge.tenant_id, charge.mode, charge.account_id, charge.currency, charge.processor)
         = (new.tenant_id, new.mode, new.account_id, new.currency, new.processor)
  ) then
    raise exception 'a refund is of a charge that took money' using errcode = 'check_violation', constraint = 'charge_refund_fits';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_over_refund()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform hold_source(new.bucket, new.payment_id, new.credit_note_id);
  if new.reverses_id is not null then
    if not exists (
      select from refund as reversed
       where reversed.bucket = new.bucket and reversed.id = new.reverses_id and reversed.reverses_id is null
         and reversed.charge_refund_id is not distinct from new.charge_refund_id and reversed.payment_id = new.payment_id
         and (reversed.tenant_id, reversed.mode, reversed.account_id, reversed.kind, reversed.currency, reversed.amount_minor)
           = (new.tenant_id, new.mode, new.account_id, new.kind, new.currency, -new.amount_minor)
    ) then
      raise exception 'a refund is taken back as a whole' using errcode = 'check_violation', constraint = 'refund_fits';
    end if;
    return new;
  end if;
  if (new.amount_minor <= credit_minor(new.bucket, coalesce(new.payment_id, new.credit_note_id))) is not true then
    raise exception 'more is refunded than is left' using errcode = 'check_violation', constraint = 'refund_fits';
  end if;
  -- What is under way through the processor is kept for it. A chargeback has happened, whatever is under way.
  if new.kind = 'refund' and new.payment_id is not null and new.charge_refund_id is null
     and new.amount_minor > refundable_minor(new.bucket, new.payment_id) then
    raise exception 'it is being refunded' using errcode = 'check_violation', constraint = 'refund_fits';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_retry_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.state <> 'waiting' or (new.bucket, new.charge_id, new.tenant_id) is distinct from (old.bucket, old.charge_id, old.tenant_id)
     or (new.state = 'made'
         and not exists (select from charge where charge.bucket = new.bucket and charge.retry_of = new.charge_id)) then
    raise exception 'what became of a retry does not change' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.refuse_taking_up()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from charge where charge.bucket = new.bucket and charge.retry_of = new.id) then
    raise exception 'another attempt has followed' using errcode = 'check_violation', constraint = 'charge_follows';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.require_booked_charge_refund()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform require_booked_refund(new.bucket, new.id);
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.require_booked_refund(of_bucket smallint, of_id uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (
    select from charge_refund cross join lateral (
           select coalesce(sum(refund.amount_minor) filter (where refund.reverses_id is null), 0) as sent,
                  coalesce(sum(refund.amount_minor), 0) as gone,
                  coalesce(bool_and((refund.tenant_id, refund.mode, refund.account_id, refund.payment_id, refund.currency, refund.kind)
                    = (charge_refund.tenant_id, charge_refund.mode, charge_refund.account_id, charge_refund.payment_id,
                       charge_refund.currency, 'refund')), true) as same
             from refund where refund.bucket = charge_refund.bucket and refund.charge_refund_id = charge_refund.id) as moved
     where charge_refund.bucket = of_bucket and charge_refund.id = of_id and moved.same
       and moved.sent = case when charge_refund.state in ('succeeded', 'failed')
                             then charge_refund.amount_minor - charge_refund.unbooked_minor else 0 end
       and moved.gone = case when charge_refund.state = 'failed' then 0 else moved.sent end
  ) then
    raise exception 'a refund of a charge and its movement of money are one' using errcode = 'check_violation', constraint = 'charge_refund_is_booked';
  end if;
end
$function$;

CREATE OR REPLACE FUNCTION public.require_charge_of_payment()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (select from charge where charge.bucket = new.bucket and charge.id = new.charge_id and charge.state = 'succeeded'
       and (charge.tenant_id, charge.mode, charge.account_id, charge.currency) = (new.tenant_id, new.mode, new.account_id, new.currency)
       and new.amount_minor <= charge.amount_minor) then
    raise exception 'a payment of a charge is what the charge took' using errcode = 'check_violation', constraint = 'payment_is_charged';
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.require_charge_refund_of_refund()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform require_booked_refund(new.bucket, new.charge_refund_id);
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.require_payment_of_charge()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (select from payment where payment.bucket = new.bucket and payment.charge_id = new.id) then
    raise exception 'a charge that succeeded is a payment' using errcode = 'check_violation', constraint = 'charge_is_paid';
  end if;
  return null;
end
$function$;

CREATE OR REPLACE FUNCTION public.supersede_revised()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  revised_id uuid;
begin
  select quote_revision.revises_id into revised_id from quote_revision
   where quote_revision.bucket = new.bucket and quote_revision.quote_id = new.object_id;
  if not found then
    return null;
  end if;
  insert into quote_step (bucket, quote_id, tenant_id, step, actor_key_id, at, superseded_by)
  values (new.bucket, revised_id, new.tenant_id, 'superseded', new.actor_key_id, new.at, new.object_id)
  on conflict (bucket, quote_id) do nothing;
  if found then
    insert into event (bucket, id, tenant_id, mode, type, account_id, object_id, object_version, actor_key_id, at)
    select new.bucket, new_bucketed_id(new.bucket, new.at), new.tenant_id, new.mode, 'quote.superseded', new.account_id, document.id, document.version, new.actor_key_id, new.at
      from document where document.bucket = new.bucket and document.id = revised_id;
  elsif exists (select from quote_step where quote_step.bucket = new.bucket and quote_step.quote_id = revised_id
                   and quote_step.step = 'accepted') then
    raise exception 'the quote that it revises was accepted'
      using errcode = 'integrity_constraint_violation', constraint = 'quote_revised_not_accepted';
  end if;
  return null;
end
$function$;

create table account (
  bucket           smallint    not null,
  id               uuid        not null,
  tenant_id        uuid        not null,
  mode             text        not null,
  external_id      text,
  customer_number  text        not null,
  kind             text        not null,
  name             text        not null,
  trading_name     text,
  contact_name     text,
  legal_id         text,
  vat_id           text,
  email            text,
  phone            text,
  language         text        not null,
  billing_address  jsonb       not null,
  delivery_address jsonb,
  endpoint         jsonb,
  version          integer     not null default 1,
  created_at       timestamptz not null,
  constraint account_pkey primary key (bucket, id),
  constraint account_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint account_customer_number_check check (customer_number ~ '^[1-9][0-9]{8}$'),
  constraint account_kind_check check (kind = any (array['person', 'company'])),
  constraint account_language_check check (language = any (array['de', 'en'])),
  constraint account_mode_check check (mode = any (array['test', 'live'])),
  constraint account_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index account_tenant on account using btree (tenant_id, mode, id);
comment on column account.external_id is 'find the account from the tenant''s own system; contract, GDPR 6(1)(b); as long as the account';
comment on column account.customer_number is 'name the account on documents; contract, GDPR 6(1)(b); as long as the account';
comment on column account.name is 'address documents; legal obligation, GDPR 6(1)(c); as long as the account';
comment on column account.trading_name is 'address documents; contract, GDPR 6(1)(b); as long as the account';
comment on column account.contact_name is 'address documents to a person in a company; contract, GDPR 6(1)(b); until it is changed';
comment on column account.legal_id is 'name the register entry of a company; contract, GDPR 6(1)(b); as long as the account';
comment on column account.vat_id is 'state the customer''s VAT id on documents; legal obligation, GDPR 6(1)(c); as long as the account';
comment on column account.email is 'send documents and answers; contract, GDPR 6(1)(b); until it is changed';
comment on column account.phone is 'ask about an order; contract, GDPR 6(1)(b); until it is changed';
comment on column account.language is 'write in the customer''s language; contract, GDPR 6(1)(b); until it is changed';
comment on column account.billing_address is 'address documents; legal obligation, GDPR 6(1)(c); as long as the account';
comment on column account.delivery_address is 'say where goods went, which decides the VAT; legal obligation, GDPR 6(1)(c); until it is changed';
comment on column account.endpoint is 'send e-invoices; contract, GDPR 6(1)(b); until it is changed';
grant select, insert on account to kontor_invoicing_service;
grant update (billing_address, contact_name, delivery_address, email, endpoint, kind, language, legal_id, name, phone, trading_name, vat_id, version) on account to kontor_invoicing_service;

create table adjustment (
  bucket         smallint    not null,
  id             uuid        not null,
  tenant_id      uuid        not null,
  mode           text        not null,
  account_id     uuid        not null,
  invoice_id     uuid        not null,
  kind           text        not null,
  amount_minor   bigint      not null,
  vat            jsonb       not null,
  reason         text,
  payment_id     uuid,
  credit_note_id uuid,
  reverses_id    uuid,
  adjusted_on    date        not null,
  created_at     timestamptz not null,
  constraint adjustment_pkey primary key (bucket, id),
  constraint adjustment_bucket_reverses_id_key unique (bucket, reverses_id),
  constraint adjustment_amount_minor_check check (amount_minor <> 0),
  constraint adjustment_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint adjustment_kind_check check (kind = any (array['write_off', 'cash_discount', 'small_difference'])),
  constraint adjustment_mode_check check (mode = any (array['test', 'live'])),
  constraint adjustment_reversal_is_negative check ((amount_minor < 0) = (reverses_id is not null)),
  constraint adjustment_bucket_account_id_fkey foreign key (bucket, account_id) references account(bucket, id),
  constraint adjustment_bucket_credit_note_id_fkey foreign key (bucket, credit_note_id) references document(bucket, id),
  constraint adjustment_bucket_invoice_id_fkey foreign key (bucket, invoice_id) references document(bucket, id),
  constraint adjustment_bucket_payment_id_fkey foreign key (bucket, payment_id) references payment(bucket, id),
  constraint adjustment_bucket_reverses_id_fkey foreign key (bucket, reverses_id) references adjustment(bucket, id),
  constraint adjustment_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index adjustment_account on adjustment using btree (bucket, account_id, id);
create index adjustment_credit_note on adjustment using btree (bucket, credit_note_id) where credit_note_id is not null;
create index adjustment_invoice on adjustment using btree (bucket, invoice_id);
create index adjustment_payment on adjustment using btree (bucket, payment_id) where payment_id is not null;
create trigger adjustment_fits before insert on adjustment for each row execute function refuse_over_adjustment();
create trigger adjustment_immutable before delete or update on adjustment for each row execute function refuse_change();
create trigger adjustment_kept before truncate on adjustment for each statement execute function refuse_change();
comment on column adjustment.vat is 'correct the VAT of an invoice; legal obligation to keep records, GDPR 6(1)(c); ten years';
comment on column adjustment.reason is 'say why a claim was given up; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert on adjustment to kontor_invoicing_service;

create table allocation (
  bucket         smallint    not null,
  id             uuid        not null,
  tenant_id      uuid        not null,
  payment_id     uuid,
  invoice_id     uuid        not null,
  amount_minor   bigint      not null,
  created_at     timestamptz not null,
  credit_note_id uuid,
  "position"     integer,
  constraint allocation_pkey primary key (bucket, id),
  constraint allocation_amount_minor_check check (amount_minor <> 0),
  constraint allocation_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint allocation_one_source check (num_nonnulls(payment_id, credit_note_id) = 1),
  constraint allocation_position_check check ("position" >= 1),
  constraint allocation_bucket_credit_note_id_fkey foreign key (bucket, credit_note_id) references document(bucket, id),
  constraint allocation_bucket_invoice_id_fkey foreign key (bucket, invoice_id) references document(bucket, id),
  constraint allocation_bucket_payment_id_fkey foreign key (bucket, payment_id) references payment(bucket, id),
  constraint allocation_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index allocation_credit_note on allocation using btree (bucket, credit_note_id) where credit_note_id is not null;
create unique index allocation_credit_note_position on allocation using btree (bucket, credit_note_id, "position") where credit_note_id is not null;
create index allocation_invoice on allocation using btree (bucket, invoice_id);
create index allocation_payment on allocation using btree (bucket, payment_id);
create unique index allocation_payment_position on allocation using btree (bucket, payment_id, "position") where payment_id is not null;
create trigger allocation_fits before insert on allocation for each row execute function refuse_over_allocation();
create trigger allocation_immutable before delete or update on allocation for each row execute function refuse_change();
create trigger allocation_kept before truncate on allocation for each statement execute function refuse_change();
create trigger allocation_placed before insert on allocation for each row execute function place_allocation();
grant select, insert on allocation to kontor_invoicing_service;

create table api_key (
  id                  uuid        not null,
  lookup_id           text        not null,
  secret_hash         bytea       not null,
  tenant_id           uuid        not null,
  mode                text        not null,
  name                text        not null,
  role                text        not null,
  scopes              text[]      not null,
  purposes            text[]      not null default '{}'::text[],
  expires_at          timestamptz,
  revoked_at          timestamptz,
  created_at          timestamptz not null default now(),
  requests_per_minute integer,
  networks            cidr[],
  replaced_by         uuid,
  constraint api_key_pkey primary key (id),
  constraint api_key_lookup_id_key unique (lookup_id),
  constraint api_key_mode_check check (mode = any (array['test', 'live'])),
  constraint api_key_networks_check check (cardinality(networks) > 0),
  constraint api_key_requests_per_minute_check check (requests_per_minute > 0),
  constraint api_key_role_check check (role = any (array['checkout', 'invoicing', 'accounting', 'admin'])),
  constraint api_key_secret_hash_check check (octet_length(secret_hash) = 32),
  constraint api_key_replaced_by_fkey foreign key (replaced_by) references api_key(id),
  constraint api_key_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index api_key_tenant on api_key using btree (tenant_id);
grant select on api_key to kontor_invoicing_service;

create table charge (
  bucket           smallint    not null,
  id               uuid        not null,
  tenant_id        uuid        not null,
  mode             text        not null,
  account_id       uuid        not null,
  invoice_id       uuid        not null,
  document_type    text        not null,
  key_id           uuid        not null,
  idempotency_hmac bytea       not null,
  request_hmac     bytea       not null,
  token_id         uuid        not null,
  method           text        not null,
  instrument       text        not null,
  processor        text        not null,
  registration     jsonb       not null,
  currency         text        not null,
  amount_minor     bigint      not null,
  capture          text        not null,
  off_session      boolean     not null,
  return_url       text,
  state            text        not null,
  reference        text,
  movement         text,
  decline_reason   text,
  decline_soft     boolean,
  decline_code     text,
  check_at         timestamptz,
  version          integer     not null default 1,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  chosen_by        text        not null default 'default',
  fallback         text,
  retry_of         uuid,
  first_id         uuid,
  attempt          integer     not null default 1,
  constraint charge_pkey primary key (bucket, id),
  constraint charge_bucket_idempotency_hmac_key unique (bucket, idempotency_hmac),
  constraint charge_amount_minor_check check (amount_minor > 0),
  constraint charge_attempt_check check (attempt >= 1),
  constraint charge_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint charge_capture_check check (capture = any (array['automatic', 'manual'])),
  constraint charge_check check ((fallback = any (array['stripe', 'paypal', 'test'])) and fallback <> processor),
  constraint charge_chosen_by_check check (chosen_by = any (array['request', 'rule', 'default'])),
  constraint charge_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint charge_decline_has_reason check ((state = 'declined') = (decline_reason is not null)),
  constraint charge_document_type_check check (document_type = any (array['invoice', 'proforma'])),
  constraint charge_fallback_once check (fallback is null or attempt = 1 and chosen_by = 'rule'),
  constraint charge_is_an_attempt check ((retry_of is null) = (attempt = 1) and (first_id is null) = (attempt = 1)),
  constraint charge_known_by_reference check (reference is not null or (state = any (array['processing', 'unknown', 'declined', 'cancelled', 'not_sent']))),
  constraint charge_method_check check (method = any (array['card', 'bank_account', 'paypal_account'])),
  constraint charge_mode_check check (mode = any (array['test', 'live'])),
  constraint charge_processor_check check (processor = any (array['stripe', 'paypal', 'test'])),
  constraint charge_state_check check (state = any (array['processing', 'unknown', 'requires_action', 'pending', 'authorized', 'succeeded', 'declined', 'cancelled', 'not_sent'])),
  constraint charge_test_is_no_money check (processor <> 'test' or mode = 'test'),
  constraint charge_bucket_account_id_fkey foreign key (bucket, account_id) references account(bucket, id),
  constraint charge_bucket_first_id_fkey foreign key (bucket, first_id) references charge(bucket, id),
  constraint charge_bucket_invoice_id_fkey foreign key (bucket, invoice_id) references document(bucket, id),
  constraint charge_bucket_retry_of_fkey foreign key (bucket, retry_of) references charge(bucket, id),
  constraint charge_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index charge_account on charge using btree (bucket, account_id, id);
create index charge_first on charge using btree (bucket, first_id) where first_id is not null;
create index charge_invoice on charge using btree (bucket, invoice_id, id);
create index charge_live on charge using btree (bucket, invoice_id) where charge_is_live(state);
create index charge_movement on charge using btree (tenant_id, mode, processor, movement) where movement is not null;
create index charge_reference on charge using btree (tenant_id, mode, processor, reference) where reference is not null;
create unique index charge_retry_of on charge using btree (bucket, retry_of) where retry_of is not null;
create index charge_tenant on charge using btree (tenant_id, mode, id);
create trigger charge_all_kept before truncate on charge for each statement execute function refuse_change();
create trigger charge_ends_once before update on charge for each row execute function refuse_charge_change();
create trigger charge_fits before insert on charge for each row execute function refuse_over_charge();
create trigger charge_fits_again before update on charge for each row when (not charge_is_live(old.state) and charge_is_live(new.state)) execute function refuse_over_charge();
create trigger charge_follows before insert on charge for each row when (new.retry_of is not null) execute function refuse_loose_attempt();
create constraint trigger charge_is_paid after insert or update on charge deferrable initially deferred for each row when (new.state = 'succeeded') execute function require_payment_of_charge();
create trigger charge_kept before delete on charge for each row execute function refuse_change();
create trigger charge_was_followed before update on charge for each row when (not charge_is_live(old.state) and charge_is_live(new.state)) execute function refuse_taking_up();
comment on column charge.instrument is 'show with which masked instrument was charged; contract, GDPR 6(1)(b); ten years';
comment on column charge.registration is 'name the instrument to the processor again; contract, GDPR 6(1)(b); ten years';
comment on column charge.return_url is 'send the payer back to the shop; contract, GDPR 6(1)(b); ten years';
comment on column charge.reference is 'find the charge at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';
comment on column charge.movement is 'find the movement of money at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert on charge to kontor_invoicing_service;
grant update (check_at, decline_code, decline_reason, decline_soft, movement, reference, state, updated_at, version) on charge to kontor_invoicing_service;

create table charge_refund (
  bucket           smallint    not null,
  id               uuid        not null,
  tenant_id        uuid        not null,
  mode             text        not null,
  account_id       uuid        not null,
  charge_id        uuid        not null,
  payment_id       uuid        not null,
  invoice_id       uuid,
  document_type    text,
  key_id           uuid        not null,
  origin           text        not null,
  idempotency_hmac bytea,
  request_hmac     bytea,
  processor        text        not null,
  currency         text        not null,
  amount_minor     bigint      not null,
  unbooked_minor   bigint      not null default 0,
  reason           text,
  state            text        not null,
  reference        text,
  decline_reason   text,
  decline_soft     boolean,
  decline_code     text,
  check_at         timestamptz,
  version          integer     not null default 1,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  constraint charge_refund_pkey primary key (bucket, id),
  constraint charge_refund_bucket_idempotency_hmac_key unique (bucket, idempotency_hmac),
  constraint charge_refund_amount_minor_check check (amount_minor > 0),
  constraint charge_refund_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint charge_refund_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint charge_refund_decline_has_reason check ((state = any (array['declined', 'failed'])) = (decline_reason is not null)),
  constraint charge_refund_document check ((invoice_id is null) = (document_type is null)),
  constraint charge_refund_document_type_check check (document_type = any (array['invoice', 'proforma'])),
  constraint charge_refund_is_of_somebody check (num_nonnulls(idempotency_hmac, request_hmac) =
case origin
    when 'request' then 2
    else 0
end),
  constraint charge_refund_known_by_reference check (reference is not null or origin = 'request' and (state = any (array['processing', 'unknown', 'declined', 'not_sent']))),
  constraint charge_refund_mode_check check (mode = any (array['test', 'live'])),
  constraint charge_refund_origin_check check (origin = any (array['request', 'processor'])),
  constraint charge_refund_processor_check check (processor = any (array['stripe', 'paypal', 'test'])),
  constraint charge_refund_reason_check check (length(reason) >= 1 and length(reason) <= 200),
  constraint charge_refund_state_check check (state = any (array['processing', 'unknown', 'pending', 'succeeded', 'declined', 'cancelled', 'not_sent', 'failed'])),
  constraint charge_refund_unbooked check (unbooked_minor >= 0 and unbooked_minor <= amount_minor),
  constraint charge_refund_bucket_account_id_fkey foreign key (bucket, account_id) references account(bucket, id),
  constraint charge_refund_bucket_charge_id_fkey foreign key (bucket, charge_id) references charge(bucket, id),
  constraint charge_refund_bucket_invoice_id_fkey foreign key (bucket, invoice_id) references document(bucket, id),
  constraint charge_refund_bucket_payment_id_fkey foreign key (bucket, payment_id) references payment(bucket, id),
  constraint charge_refund_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index charge_refund_account on charge_refund using btree (bucket, account_id);
create index charge_refund_charge on charge_refund using btree (bucket, charge_id, id);
create index charge_refund_invoice on charge_refund using btree (bucket, invoice_id) where invoice_id is not null;
create index charge_refund_payment on charge_refund using btree (bucket, payment_id);
create unique index charge_refund_reference on charge_refund using btree (bucket, tenant_id, mode, processor, reference) where reference is not null;
create trigger charge_refund_all_kept before truncate on charge_refund for each statement execute function refuse_change();
create trigger charge_refund_ends_once before update on charge_refund for each row execute function refuse_charge_refund_change();
create trigger charge_refund_fits before insert on charge_refund for each row execute function refuse_over_charge_refund();
create trigger charge_refund_fits_again before update on charge_refund for each row when (not charge_refund_is_live(old.state) and charge_refund_is_live(new.state)) execute function refuse_over_charge_refund();
create constraint trigger charge_refund_is_booked after insert or update on charge_refund deferrable initially deferred for each row when (new.state = any (array['succeeded', 'failed'])) execute function require_booked_charge_refund();
create trigger charge_refund_kept before delete on charge_refund for each row execute function refuse_change();
comment on column charge_refund.reason is 'know why money was sent back; legal obligation to keep records, GDPR 6(1)(c); ten years';
comment on column charge_refund.reference is 'find the refund at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert on charge_refund to kontor_invoicing_service;
grant update (check_at, decline_code, decline_reason, decline_soft, reference, state, unbooked_minor, updated_at, version) on charge_refund to kontor_invoicing_service;

create table charge_refund_settlement (
  bucket           smallint    not null,
  charge_refund_id uuid        not null,
  tenant_id        uuid        not null,
  note             text        not null,
  actor_key_id     uuid        not null,
  settled_at       timestamptz not null,
  constraint charge_refund_settlement_pkey primary key (bucket, charge_refund_id),
  constraint charge_refund_settlement_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint charge_refund_settlement_note_check check (length(note) >= 1 and length(note) <= 200),
  constraint charge_refund_settlement_bucket_charge_refund_id_fkey foreign key (bucket, charge_refund_id) references charge_refund(bucket, id),
  constraint charge_refund_settlement_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger charge_refund_settlement_immutable before delete or update on charge_refund_settlement for each row execute function refuse_change();
create trigger charge_refund_settlement_kept before truncate on charge_refund_settlement for each statement execute function refuse_change();
comment on column charge_refund_settlement.note is 'say why money that no account explains has gone; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert on charge_refund_settlement to kontor_invoicing_service;

create table charge_refund_step (
  bucket           smallint    not null,
  charge_refund_id uuid        not null,
  seq              integer     not null,
  tenant_id        uuid        not null,
  kind             text        not null,
  request          text,
  outcome          text,
  because          text,
  code             text,
  reference        text,
  learned_by       text        not null,
  at               timestamptz not null,
  constraint charge_refund_step_pkey primary key (bucket, charge_refund_id, seq),
  constraint charge_refund_step_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint charge_refund_step_kind_check check (kind = any (array['claimed', 'sent', 'answered', 'unknown'])),
  constraint charge_refund_step_learned_by_check check (learned_by = any (array['request', 'job', 'webhook'])),
  constraint charge_refund_step_outcome_check check (outcome = any (array['succeeded', 'pending', 'cancelled', 'declined', 'not_sent', 'unknown'])),
  constraint charge_refund_step_request_check check (request = any (array['refund', 'retrieve', 'told'])),
  constraint charge_refund_step_says_what check ((kind = 'claimed') = (request is null) and (kind = any (array['claimed', 'sent'])) = (outcome is null)),
  constraint charge_refund_step_seq_check check (seq >= 1),
  constraint charge_refund_step_bucket_charge_refund_id_fkey foreign key (bucket, charge_refund_id) references charge_refund(bucket, id),
  constraint charge_refund_step_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger charge_refund_step_immutable before delete or update on charge_refund_step for each row execute function refuse_change();
create trigger charge_refund_step_kept before truncate on charge_refund_step for each statement execute function refuse_change();
comment on column charge_refund_step.reference is 'find the refund at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert on charge_refund_step to kontor_invoicing_service;

create table charge_retry (
  bucket     smallint    not null,
  charge_id  uuid        not null,
  tenant_id  uuid        not null,
  kind       text        not null,
  state      text        not null default 'waiting',
  due_at     timestamptz not null,
  because    text,
  created_at timestamptz not null,
  ended_at   timestamptz,
  constraint charge_retry_pkey primary key (bucket, charge_id),
  constraint charge_retry_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint charge_retry_dropped_because check ((state = 'dropped') = (because is not null)),
  constraint charge_retry_ended check ((state = 'waiting') = (ended_at is null)),
  constraint charge_retry_kind_check check (kind = any (array['fallback', 'schedule'])),
  constraint charge_retry_state_check check (state = any (array['waiting', 'made', 'dropped'])),
  constraint charge_retry_bucket_charge_id_fkey foreign key (bucket, charge_id) references charge(bucket, id),
  constraint charge_retry_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger charge_retry_all_kept before truncate on charge_retry for each statement execute function refuse_change();
create trigger charge_retry_ends_once before update on charge_retry for each row execute function refuse_retry_change();
create trigger charge_retry_kept before delete on charge_retry for each row execute function refuse_change();
grant select, insert on charge_retry to kontor_invoicing_service;
grant update (because, due_at, ended_at, kind, state) on charge_retry to kontor_invoicing_service;

create table charge_rules (
  bucket            smallint    not null,
  tenant_id         uuid        not null,
  mode              text        not null,
  version           integer     not null,
  rules             jsonb       not null,
  retry_after_hours jsonb       not null,
  updated_at        timestamptz not null,
  constraint charge_rules_pkey primary key (bucket, tenant_id, mode),
  constraint charge_rules_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint charge_rules_mode_check check (mode = any (array['test', 'live'])),
  constraint charge_rules_retry_after_hours_check check (jsonb_typeof(retry_after_hours) = 'array' and jsonb_array_length(retry_after_hours) <= 8),
  constraint charge_rules_rules_check check (jsonb_typeof(rules) = 'array'),
  constraint charge_rules_version_check check (version >= 2),
  constraint charge_rules_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
grant select, insert on charge_rules to kontor_invoicing_service;
grant update (retry_after_hours, rules, updated_at, version) on charge_rules to kontor_invoicing_service;

create table charge_step (
  bucket       smallint    not null,
  charge_id    uuid        not null,
  seq          integer     not null,
  tenant_id    uuid        not null,
  kind         text        not null,
  request      text,
  request_no   integer     not null default 1,
  outcome      text,
  because      text,
  code         text,
  reference    text,
  movement     text,
  learned_by   text        not null,
  at           timestamptz not null,
  amount_minor bigint,
  constraint charge_step_pkey primary key (bucket, charge_id, seq),
  constraint charge_step_amount_minor_check check (amount_minor > 0),
  constraint charge_step_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint charge_step_kind_check check (kind = any (array['claimed', 'sent', 'created', 'answered', 'unknown'])),
  constraint charge_step_learned_by_check check (learned_by = any (array['request', 'job', 'webhook'])),
  constraint charge_step_outcome_check check (outcome = any (array['created', 'succeeded', 'pending', 'authorized', 'requires_action', 'cancelled', 'declined', 'not_sent', 'unknown'])),
  constraint charge_step_request_check check (request = any (array['create', 'confirm', 'retrieve', 'capture', 'cancel', 'told'])),
  constraint charge_step_request_no_check check (request_no >= 1),
  constraint charge_step_says_what check ((kind = 'claimed') = (request is null) and (kind = any (array['claimed', 'sent'])) = (outcome is null)),
  constraint charge_step_seq_check check (seq >= 1),
  constraint charge_step_bucket_charge_id_fkey foreign key (bucket, charge_id) references charge(bucket, id),
  constraint charge_step_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger charge_step_immutable before delete or update on charge_step for each row execute function refuse_change();
create trigger charge_step_kept before truncate on charge_step for each statement execute function refuse_change();
comment on column charge_step.reference is 'find the charge at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';
comment on column charge_step.movement is 'find the movement of money at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert on charge_step to kontor_invoicing_service;

create table dispute (
  bucket          smallint    not null,
  id              uuid        not null,
  tenant_id       uuid        not null,
  mode            text        not null,
  account_id      uuid        not null,
  charge_id       uuid        not null,
  processor       text        not null,
  reference       text        not null,
  state           text        not null,
  amount_minor    bigint,
  currency        text,
  reason          text,
  occurred_at     timestamptz not null,
  missing_minor   bigint      not null default 0,
  needs_attention boolean     not null,
  version         integer     not null,
  created_at      timestamptz not null,
  updated_at      timestamptz not null,
  refunded_minor  bigint      not null default 0,
  constraint dispute_pkey primary key (bucket, id),
  constraint dispute_bucket_tenant_id_mode_processor_reference_key unique (bucket, tenant_id, mode, processor, reference),
  constraint dispute_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint dispute_check check ((amount_minor is null) = (currency is null)),
  constraint dispute_check1 check (missing_minor = 0 or needs_attention),
  constraint dispute_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint dispute_missing_minor_check check (missing_minor >= 0),
  constraint dispute_mode_check check (mode = any (array['test', 'live'])),
  constraint dispute_processor_check check (processor = any (array['stripe', 'paypal'])),
  constraint dispute_reason_check check (length(reason) >= 1 and length(reason) <= 100),
  constraint dispute_reference_check check (length(reference) >= 1 and length(reference) <= 255),
  constraint dispute_refunded_minor_check check (refunded_minor >= 0),
  constraint dispute_state_check check (state = any (array['inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed'])),
  constraint dispute_version_check check (version >= 1),
  constraint dispute_bucket_account_id_fkey foreign key (bucket, account_id) references account(bucket, id),
  constraint dispute_bucket_charge_id_fkey foreign key (bucket, charge_id) references charge(bucket, id),
  constraint dispute_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index dispute_account on dispute using btree (bucket, account_id);
create index dispute_charge on dispute using btree (bucket, charge_id);
create index dispute_tenant on dispute using btree (tenant_id, mode, id);
create trigger dispute_kept before truncate on dispute for each statement execute function refuse_change();
create trigger dispute_stays before delete on dispute for each row execute function refuse_change();
comment on column dispute.reference is 'find the dispute at the processor; legal obligation to keep records, GDPR 6(1)(c); ten years';
comment on column dispute.reason is 'tell why a payer objects to a charge; contract, GDPR 6(1)(b); ten years';
grant select, insert on dispute to kontor_invoicing_service;
grant update (amount_minor, currency, missing_minor, needs_attention, occurred_at, reason, refunded_minor, state, updated_at, version) on dispute to kontor_invoicing_service;

create table dispute_step (
  bucket       smallint    not null,
  dispute_id   uuid        not null,
  seq          integer     not null,
  tenant_id    uuid        not null,
  state        text        not null,
  occurred_at  timestamptz not null,
  refund_id    uuid,
  payment_id   uuid,
  amount_minor bigint,
  reopened     jsonb       not null,
  at           timestamptz not null,
  constraint dispute_step_pkey primary key (bucket, dispute_id, seq),
  constraint dispute_step_amount_minor_check check (amount_minor > 0),
  constraint dispute_step_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint dispute_step_check check (num_nonnulls(refund_id, payment_id) <= 1),
  constraint dispute_step_check1 check ((amount_minor is null) = (num_nonnulls(refund_id, payment_id) = 0)),
  constraint dispute_step_seq_check check (seq >= 1),
  constraint dispute_step_state_check check (state = any (array['inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed'])),
  constraint dispute_step_bucket_dispute_id_fkey foreign key (bucket, dispute_id) references dispute(bucket, id),
  constraint dispute_step_bucket_payment_id_fkey foreign key (bucket, payment_id) references payment(bucket, id),
  constraint dispute_step_bucket_refund_id_fkey foreign key (bucket, refund_id) references refund(bucket, id),
  constraint dispute_step_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create unique index dispute_chargeback on dispute_step using btree (bucket, refund_id) where refund_id is not null;
create unique index dispute_charged_back_once on dispute_step using btree (bucket, dispute_id) where refund_id is not null;
create unique index dispute_return on dispute_step using btree (bucket, payment_id) where payment_id is not null;
create unique index dispute_returned_once on dispute_step using btree (bucket, dispute_id) where payment_id is not null;
create trigger dispute_step_immutable before delete or update on dispute_step for each row execute function refuse_change();
create trigger dispute_step_kept before truncate on dispute_step for each statement execute function refuse_change();
comment on column dispute_step.reopened is 'give invoices back what a dispute took from them; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert on dispute_step to kontor_invoicing_service;

create table document (
  bucket        smallint    not null,
  id            uuid        not null,
  tenant_id     uuid        not null,
  mode          text        not null,
  document_type text        not null,
  type_code     text        not null,
  state         text        not null,
  issuer_id     uuid        not null,
  account_id    uuid        not null,
  series_id     uuid,
  external_id   text,
  quote_id      uuid,
  token_id      uuid,
  currency      text        not null,
  net_minor     bigint      not null,
  vat_minor     bigint      not null,
  gross_minor   bigint      not null,
  payable_minor bigint      not null,
  issue_on      date,
  due_on        date,
  content       jsonb       not null,
  seq           bigint,
  number        text,
  snapshot      text,
  snapshot_hash bytea,
  issued_at     timestamptz,
  version       integer     not null default 1,
  created_at    timestamptz not null,
  corrects_id   uuid,
  proforma_id   uuid,
  constraint document_pkey primary key (bucket, id),
  constraint document_adds_up check (gross_minor = (net_minor + vat_minor)),
  constraint document_amounts_exact check (greatest(abs(net_minor), abs(vat_minor), abs(gross_minor), abs(payable_minor)) <= '9007199254740991'::bigint),
  constraint document_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint document_check check (num_nulls(seq, number, snapshot, snapshot_hash, issued_at) =
case state
    when 'draft' then 5
    else 0
end),
  constraint document_check1 check (state = 'draft' or issue_on is not null),
  constraint document_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint document_document_type_check check (document_type = any (array['quote', 'proforma', 'invoice', 'credit_note', 'receipt'])),
  constraint document_has_series check (state = 'draft' or series_id is not null),
  constraint document_mode_check check (mode = any (array['test', 'live'])),
  constraint document_seq_check check (seq >= 1),
  constraint document_snapshot_hash_check check (octet_length(snapshot_hash) = 32),
  constraint document_state_check check (state = any (array['draft', 'issued'])),
  constraint document_type_code_check check (type_code ~ '^[0-9]{1,3}$'),
  constraint document_bucket_account_id_fkey foreign key (bucket, account_id) references account(bucket, id),
  constraint document_bucket_corrects_id_fkey foreign key (bucket, corrects_id) references document(bucket, id),
  constraint document_bucket_proforma_id_fkey foreign key (bucket, proforma_id) references document(bucket, id),
  constraint document_bucket_quote_id_fkey foreign key (bucket, quote_id) references document(bucket, id),
  constraint document_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index document_account on document using btree (bucket, account_id, id);
create index document_corrects on document using btree (bucket, corrects_id) where corrects_id is not null;
create index document_draft on document using btree (tenant_id, mode, document_type, id) where state = 'draft';
create index document_issued on document using btree (tenant_id, mode, document_type, issue_on, id) where state = 'issued';
create unique index document_proforma on document using btree (bucket, proforma_id) where proforma_id is not null;
create index document_quote on document using btree (bucket, quote_id) where quote_id is not null;
create index document_tenant on document using btree (tenant_id, mode, document_type, id);
create trigger document_as_taken before update on document for each row when (old.state = 'draft' and new.state = 'issued' and new.document_type = 'invoice' and new.quote_id is not null) execute function refuse_other_than_taken();
create trigger document_credit_applied after update on document for each row when (old.state = 'draft' and new.state = 'issued' and new.document_type = 'credit_note' and new.corrects_id is not null) execute function apply_credit_note();
create trigger document_immutable before delete or update on document for each row when (old.state = 'issued') execute function refuse_change();
create trigger document_kept before truncate on document for each statement execute function refuse_change();
comment on column document.external_id is 'find the document from the tenant''s own system; contract, GDPR 6(1)(b); as long as the document';
comment on column document.content is 'what the customer ordered, as it was given; contract, GDPR 6(1)(b); a draft until it is issued or dropped, an issued document ten years';
comment on column document.number is 'name the document, with the customer number in it; legal obligation to keep records, GDPR 6(1)(c); ten years';
comment on column document.snapshot is 'the document as issued, with names and addresses; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert, delete on document to kontor_invoicing_service;
grant update (content, currency, due_on, external_id, gross_minor, issue_on, issued_at, net_minor, number, payable_minor, seq, series_id, snapshot, snapshot_hash, state, token_id, type_code, vat_minor, version) on document to kontor_invoicing_service;

create table document_delivery (
  bucket       smallint    not null,
  id           uuid        not null,
  document_id  uuid        not null,
  tenant_id    uuid        not null,
  channel      text        not null,
  sent_on      date        not null,
  actor_key_id uuid        not null,
  recorded_at  timestamptz not null,
  constraint document_delivery_pkey primary key (bucket, id),
  constraint document_delivery_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint document_delivery_channel_check check (channel = any (array['email', 'post', 'portal', 'other'])),
  constraint document_delivery_bucket_document_id_fkey foreign key (bucket, document_id) references document(bucket, id),
  constraint document_delivery_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index document_delivery_document on document_delivery using btree (bucket, document_id, id);
create trigger document_delivery_immutable before delete or update on document_delivery for each row execute function refuse_change();
create trigger document_delivery_kept before truncate on document_delivery for each statement execute function refuse_change();
grant select, insert on document_delivery to kontor_invoicing_service;

create table document_file (
  bucket           smallint    not null,
  document_id      uuid        not null,
  kind             text        not null,
  tenant_id        uuid        not null,
  sha256           bytea       not null,
  template_version text        not null,
  bytes            bytea       not null,
  created_at       timestamptz not null default now(),
  constraint document_file_pkey primary key (bucket, document_id, kind),
  constraint document_file_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint document_file_kind_check check (kind = 'pdf'),
  constraint document_file_sha256_check check (octet_length(sha256) = 32),
  constraint document_file_bucket_document_id_fkey foreign key (bucket, document_id) references document(bucket, id),
  constraint document_file_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger document_file_immutable before delete or update on document_file for each row execute function refuse_change();
create trigger document_file_kept before truncate on document_file for each statement execute function refuse_change();
comment on column document_file.bytes is 'the document as it was sent, with names and addresses; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert on document_file to kontor_invoicing_service;

create table document_void (
  bucket       smallint    not null,
  document_id  uuid        not null,
  tenant_id    uuid        not null,
  reason       text        not null,
  actor_key_id uuid        not null,
  voided_at    timestamptz not null,
  constraint document_void_pkey primary key (bucket, document_id),
  constraint document_void_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint document_void_bucket_document_id_fkey foreign key (bucket, document_id) references document(bucket, id),
  constraint document_void_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index document_void_tenant on document_void using btree (tenant_id, document_id);
create trigger document_void_immutable before delete or update on document_void for each row execute function refuse_change();
create trigger document_void_kept before truncate on document_void for each statement execute function refuse_change();
create trigger void_is_not_charged before insert on document_void for each row execute function refuse_end_of_charged('document_id');
comment on column document_void.reason is 'say why an invoice is void; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert on document_void to kontor_invoicing_service;

create table event (
  bucket         smallint    not null,
  id             uuid        not null,
  tenant_id      uuid        not null,
  mode           text        not null,
  type           text        not null,
  account_id     uuid,
  object_id      uuid        not null,
  object_version integer     not null,
  actor_key_id   uuid        not null,
  at             timestamptz not null,
  tx             xid8        not null default pg_current_xact_id(),
  constraint event_pkey primary key (bucket, id),
  constraint event_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint event_mode_check check (mode = any (array['test', 'live'])),
  constraint event_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index event_credit_note_issued on event using btree (bucket, object_id) where type = 'credit_note.issued';
create index event_fate on event using btree (bucket, object_id) where type !~~ '%.created' and type !~~ '%.issued';
create index event_feed on event using btree (tenant_id, mode, tx, id);
create trigger event_supersedes after insert on event for each row when (new.type = 'quote.issued') execute function supersede_revised();
grant select, insert on event to kontor_invoicing_service;

create table export_run (
  bucket       smallint    not null,
  id           uuid        not null,
  tenant_id    uuid        not null,
  mode         text        not null,
  from_on      date        not null,
  until_on     date        not null,
  actor_key_id uuid        not null,
  taken_at     timestamptz not null,
  constraint export_run_pkey primary key (bucket, id),
  constraint export_run_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint export_run_mode_check check (mode = any (array['test', 'live'])),
  constraint export_run_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index export_run_tenant on export_run using btree (bucket, tenant_id, mode, taken_at);
create trigger export_run_immutable before delete or update on export_run for each row execute function refuse_change();
create trigger export_run_kept before truncate on export_run for each statement execute function refuse_change();
grant select, insert on export_run to kontor_invoicing_service;

create table export_snapshot (
  bucket    smallint    not null,
  export_id uuid        not null,
  tenant_id uuid        not null,
  saw       pg_snapshot not null,
  constraint export_snapshot_pkey primary key (bucket, export_id),
  constraint export_snapshot_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint export_snapshot_bucket_export_id_fkey foreign key (bucket, export_id) references export_run(bucket, id),
  constraint export_snapshot_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger export_snapshot_immutable before delete or update on export_snapshot for each row execute function refuse_change();
create trigger export_snapshot_kept before truncate on export_snapshot for each statement execute function refuse_change();
grant select, insert on export_snapshot to kontor_invoicing_service;

create table idempotency (
  bucket       smallint    not null,
  key_hmac     bytea       not null,
  tenant_id    uuid        not null,
  request_hmac bytea       not null,
  status       smallint    not null,
  answer       text        not null,
  created_at   timestamptz not null default now(),
  constraint idempotency_pkey primary key (bucket, key_hmac),
  constraint idempotency_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint idempotency_key_hmac_check check (octet_length(key_hmac) = 32),
  constraint idempotency_request_hmac_check check (octet_length(request_hmac) = 32),
  constraint idempotency_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
comment on column idempotency.answer is 'answer a repeated request as it was answered first; contract, GDPR 6(1)(b); as long as what the request made, at least 30 days';
grant select, insert on idempotency to kontor_invoicing_service;
grant update (answer, status) on idempotency to kontor_invoicing_service;

create table invoice_run (
  bucket      smallint    not null,
  id          uuid        not null,
  tenant_id   uuid        not null,
  mode        text        not null,
  key_id      uuid        not null,
  dry_run     boolean     not null,
  issue_on    date,
  total       integer     not null,
  wave        integer     not null default 0,
  version     integer     not null default 1,
  created_at  timestamptz not null,
  started_at  timestamptz,
  finished_at timestamptz,
  constraint invoice_run_pkey primary key (bucket, id),
  constraint invoice_run_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint invoice_run_mode_check check (mode = any (array['test', 'live'])),
  constraint invoice_run_total_check check (total >= 0),
  constraint invoice_run_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger invoice_run_immutable before delete or update on invoice_run for each row when (old.finished_at is not null) execute function refuse_change();
create trigger invoice_run_kept before truncate on invoice_run for each statement execute function refuse_change();
grant select, insert on invoice_run to kontor_invoicing_service;
grant update (finished_at, started_at, total, version, wave) on invoice_run to kontor_invoicing_service;

create table invoice_run_item (
  bucket      smallint    not null,
  run_id      uuid        not null,
  ord         integer     not null,
  tenant_id   uuid        not null,
  wave        integer     not null,
  document_id uuid        not null,
  state       text        not null default 'queued',
  code        text,
  path        text,
  settled_at  timestamptz,
  constraint invoice_run_item_pkey primary key (bucket, run_id, ord),
  constraint invoice_run_item_bucket_run_id_document_id_key unique (bucket, run_id, document_id),
  constraint invoice_run_item_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint invoice_run_item_check check ((state = 'queued') = (settled_at is null)),
  constraint invoice_run_item_check1 check ((code is not null) = (state = any (array['refused', 'skipped']))),
  constraint invoice_run_item_ord_check check (ord >= 1),
  constraint invoice_run_item_state_check check (state = any (array['queued', 'issued', 'issuable', 'refused', 'skipped'])),
  constraint invoice_run_item_wave_check check (wave >= 1),
  constraint invoice_run_item_bucket_run_id_fkey foreign key (bucket, run_id) references invoice_run(bucket, id),
  constraint invoice_run_item_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index invoice_run_item_queued on invoice_run_item using btree (bucket, run_id, wave, ord) where state = 'queued';
create trigger invoice_run_item_immutable before delete or update on invoice_run_item for each row when (old.state <> 'queued') execute function refuse_change();
create trigger invoice_run_item_kept before truncate on invoice_run_item for each statement execute function refuse_change();
grant select, insert on invoice_run_item to kontor_invoicing_service;
grant update (code, path, settled_at, state) on invoice_run_item to kontor_invoicing_service;

create table issuer (
  bucket                 smallint    not null,
  id                     uuid        not null,
  tenant_id              uuid        not null,
  mode                   text        not null,
  external_id            text,
  name                   text        not null,
  trading_name           text,
  legal_id               text,
  vat_id                 text,
  tax_number             text,
  address                jsonb       not null,
  contact_name           text,
  phone                  text,
  email                  text,
  endpoint               jsonb,
  payee_accounts         jsonb       not null,
  time_zone              text        not null,
  currency               text        not null,
  language               text        not null,
  logo_sha256            bytea,
  version                integer     not null default 1,
  created_at             timestamptz not null,
  small_difference_minor bigint      not null default 0,
  constraint issuer_pkey primary key (bucket, id),
  constraint issuer_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint issuer_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint issuer_language_check check (language = any (array['de', 'en'])),
  constraint issuer_logo_sha256_check check (octet_length(logo_sha256) = 32),
  constraint issuer_mode_check check (mode = any (array['test', 'live'])),
  constraint issuer_small_difference_minor_check check (small_difference_minor >= 0 and small_difference_minor <= 1000000),
  constraint issuer_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index issuer_tenant on issuer using btree (tenant_id, mode, id);
comment on column issuer.name is 'name who issues the document, a person where the issuer is a sole trader; legal obligation, GDPR 6(1)(c); ten years after the last document';
comment on column issuer.trading_name is 'name who issues the document; legal obligation, GDPR 6(1)(c); ten years after the last document';
comment on column issuer.legal_id is 'name the register entry of who issues the document; legal obligation, GDPR 6(1)(c); ten years after the last document';
comment on column issuer.vat_id is 'state the VAT id on documents; legal obligation, GDPR 6(1)(c); ten years after the last document';
comment on column issuer.tax_number is 'state the tax number on documents; legal obligation, GDPR 6(1)(c); ten years after the last document';
comment on column issuer.address is 'state where the issuer is; legal obligation, GDPR 6(1)(c); ten years after the last document';
comment on column issuer.contact_name is 'name whom the customer can ask; legitimate interest, GDPR 6(1)(f); until it is changed';
comment on column issuer.phone is 'say where the customer can ask; legitimate interest, GDPR 6(1)(f); until it is changed';
comment on column issuer.email is 'say where the customer can ask; legitimate interest, GDPR 6(1)(f); until it is changed';
comment on column issuer.endpoint is 'send and receive e-invoices; contract, GDPR 6(1)(b); until it is changed';
comment on column issuer.payee_accounts is 'say where the customer pays to; contract, GDPR 6(1)(b); until it is changed';
grant select, insert on issuer to kontor_invoicing_service;
grant update (address, contact_name, currency, email, endpoint, language, legal_id, logo_sha256, name, payee_accounts, phone, small_difference_minor, tax_number, time_zone, trading_name, vat_id, version) on issuer to kontor_invoicing_service;

create table issuer_logo (
  bucket    smallint not null,
  issuer_id uuid     not null,
  sha256    bytea    not null,
  tenant_id uuid     not null,
  bytes     bytea    not null,
  constraint issuer_logo_pkey primary key (bucket, issuer_id, sha256),
  constraint issuer_logo_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint issuer_logo_bytes_check check (octet_length(bytes) <= 262144),
  constraint issuer_logo_sha256_check1 check (octet_length(sha256) = 32),
  constraint issuer_logo_bucket_issuer_id_fkey foreign key (bucket, issuer_id) references issuer(bucket, id),
  constraint issuer_logo_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
grant select, insert on issuer_logo to kontor_invoicing_service;

create table issuer_numbering (
  bucket    smallint not null,
  issuer_id uuid     not null,
  tenant_id uuid     not null,
  version   integer  not null,
  formats   jsonb    not null,
  constraint issuer_numbering_pkey primary key (bucket, issuer_id),
  constraint issuer_numbering_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint issuer_numbering_version_check check (version >= 1),
  constraint issuer_numbering_bucket_issuer_id_fkey foreign key (bucket, issuer_id) references issuer(bucket, id),
  constraint issuer_numbering_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
grant select, insert, update on issuer_numbering to kontor_invoicing_service;

create table number_format (
  bucket        smallint    not null,
  issuer_id     uuid        not null,
  document_type text        not null,
  scope         text        not null,
  period        text        not null,
  format        text        not null,
  tenant_id     uuid        not null,
  created_at    timestamptz not null default now(),
  constraint number_format_pkey primary key (bucket, issuer_id, document_type, scope, period, format),
  constraint number_format_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint number_format_document_type_check check (document_type = any (array['quote', 'proforma', 'invoice', 'credit_note', 'receipt'])),
  constraint number_format_format_check check (length(format) >= 1 and length(format) <= 100),
  constraint number_format_period_check check (period = any (array['none', 'year', 'month'])),
  constraint number_format_scope_check check (scope = any (array['account', 'issuer'])),
  constraint number_format_bucket_issuer_id_fkey foreign key (bucket, issuer_id) references issuer(bucket, id),
  constraint number_format_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger number_format_immutable before delete or update on number_format for each row execute function refuse_change();
create trigger number_format_kept before truncate on number_format for each statement execute function refuse_change();
grant select, insert on number_format to kontor_invoicing_service;

create table number_ledger (
  bucket          smallint    not null,
  series_id       uuid        not null,
  seq             bigint      not null,
  tenant_id       uuid        not null,
  document_bucket smallint    not null,
  document_id     uuid        not null,
  number          text        not null,
  snapshot_hash   bytea       not null,
  issue_on        date        not null,
  issued_at       timestamptz not null,
  constraint number_ledger_pkey primary key (bucket, series_id, seq),
  constraint number_ledger_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint number_ledger_document_bucket_check check (document_bucket >= 0 and document_bucket <= 4095),
  constraint number_ledger_seq_check check (seq >= 1),
  constraint number_ledger_snapshot_hash_check check (octet_length(snapshot_hash) = 32),
  constraint number_ledger_bucket_series_id_fkey foreign key (bucket, series_id) references series(bucket, id),
  constraint number_ledger_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger number_ledger_immutable before delete or update on number_ledger for each row execute function refuse_change();
create trigger number_ledger_kept before truncate on number_ledger for each statement execute function refuse_change();
comment on column number_ledger.number is 'prove which numbers were drawn, with the customer number in them; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert on number_ledger to kontor_invoicing_service;

create table payment (
  bucket       smallint    not null,
  id           uuid        not null,
  tenant_id    uuid        not null,
  mode         text        not null,
  account_id   uuid        not null,
  method       text        not null,
  token_id     uuid,
  instrument   text,
  currency     text        not null,
  amount_minor bigint      not null,
  received_on  date        not null,
  reference    text,
  created_at   timestamptz not null,
  charge_id    uuid,
  constraint payment_pkey primary key (bucket, id),
  constraint payment_amount_minor_check check (amount_minor > 0),
  constraint payment_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint payment_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint payment_method_check check (method = any (array['card', 'bank_account', 'paypal_account', 'bank_transfer', 'cash', 'other'])),
  constraint payment_mode_check check (mode = any (array['test', 'live'])),
  constraint payment_bucket_account_id_fkey foreign key (bucket, account_id) references account(bucket, id),
  constraint payment_bucket_charge_id_fkey foreign key (bucket, charge_id) references charge(bucket, id),
  constraint payment_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index payment_account on payment using btree (bucket, account_id, id);
create unique index payment_charge on payment using btree (bucket, charge_id) where charge_id is not null;
create index payment_tenant on payment using btree (tenant_id, mode, id);
create trigger payment_immutable before delete or update on payment for each row execute function refuse_change();
create constraint trigger payment_is_charged after insert on payment deferrable initially deferred for each row when (new.charge_id is not null) execute function require_charge_of_payment();
create trigger payment_kept before truncate on payment for each statement execute function refuse_change();
comment on column payment.instrument is 'show with which masked instrument was paid; contract, GDPR 6(1)(b); ten years';
comment on column payment.reference is 'match the payment with the bank''s record; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert on payment to kontor_invoicing_service;

create table processor_event (
  bucket           smallint    not null,
  id               uuid        not null,
  tenant_id        uuid        not null,
  mode             text        not null,
  processor        text        not null,
  event_reference  text        not null,
  type             text        not null,
  kind             text        not null,
  reference        text,
  charge_reference text,
  dispute_state    text,
  amount_minor     bigint,
  currency         text,
  dispute_reason   text,
  occurred_at      timestamptz not null,
  received_at      timestamptz not null,
  state            text        not null default 'received',
  failures         integer     not null default 0,
  failure          text,
  settled_at       timestamptz,
  constraint processor_event_pkey primary key (bucket, id),
  constraint processor_event_bucket_tenant_id_mode_processor_event_refer_key unique (bucket, tenant_id, mode, processor, event_reference),
  constraint processor_event_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint processor_event_charge_reference_check check (length(charge_reference) >= 1 and length(charge_reference) <= 255),
  constraint processor_event_check check ((state = 'received') = (settled_at is null)),
  constraint processor_event_check1 check ((kind = 'dispute') = (dispute_state is not null)),
  constraint processor_event_check2 check ((amount_minor is null) = (currency is null)),
  constraint processor_event_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint processor_event_dispute_reason_check check (length(dispute_reason) >= 1 and length(dispute_reason) <= 100),
  constraint processor_event_dispute_state_check check (dispute_state = any (array['inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed'])),
  constraint processor_event_event_reference_check check (length(event_reference) >= 1 and length(event_reference) <= 255),
  constraint processor_event_kind_check check (kind = any (array['charge', 'refund', 'dispute', 'registration', 'other'])),
  constraint processor_event_mode_check check (mode = any (array['test', 'live'])),
  constraint processor_event_processor_check check (processor = any (array['stripe', 'paypal'])),
  constraint processor_event_reference_check check (length(reference) >= 1 and length(reference) <= 255),
  constraint processor_event_state_check check (state = any (array['received', 'handled', 'ignored'])),
  constraint processor_event_type_check check (length(type) >= 1 and length(type) <= 100),
  constraint processor_event_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index processor_event_dispute on processor_event using btree (tenant_id, mode, processor, reference) where kind = 'dispute';
create index processor_event_tenant on processor_event using btree (tenant_id, mode, id);
create trigger processor_event_immutable before delete or update on processor_event for each row when (old.state <> 'received') execute function refuse_change();
create trigger processor_event_kept before truncate on processor_event for each statement execute function refuse_change();
comment on column processor_event.event_reference is 'recognise an event that is delivered again; contract, GDPR 6(1)(b); ten years';
comment on column processor_event.reference is 'find the charge, refund or dispute that the processor told about; contract, GDPR 6(1)(b); ten years';
comment on column processor_event.charge_reference is 'find the charge of a refund or dispute; contract, GDPR 6(1)(b); ten years';
comment on column processor_event.dispute_reason is 'tell why a payer objects to a charge; contract, GDPR 6(1)(b); ten years';
grant select, insert on processor_event to kontor_invoicing_service;
grant update (failure, failures, settled_at, state) on processor_event to kontor_invoicing_service;

create table proforma_cancellation (
  bucket       smallint    not null,
  proforma_id  uuid        not null,
  tenant_id    uuid        not null,
  actor_key_id uuid        not null,
  cancelled_at timestamptz not null,
  constraint proforma_cancellation_pkey primary key (bucket, proforma_id),
  constraint proforma_cancellation_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint proforma_cancellation_bucket_proforma_id_fkey foreign key (bucket, proforma_id) references document(bucket, id),
  constraint proforma_cancellation_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger cancelled_is_not_charged before insert on proforma_cancellation for each row execute function refuse_end_of_charged('proforma_id');
create trigger proforma_cancellation_immutable before delete or update on proforma_cancellation for each row execute function refuse_change();
create trigger proforma_cancellation_kept before truncate on proforma_cancellation for each statement execute function refuse_change();
grant select, insert on proforma_cancellation to kontor_invoicing_service;

create table quote_acceptance (
  bucket       smallint    not null,
  quote_id     uuid        not null,
  tenant_id    uuid        not null,
  invoice_id   uuid        not null,
  actor_key_id uuid        not null,
  accepted_at  timestamptz not null,
  constraint quote_acceptance_pkey primary key (bucket, quote_id),
  constraint quote_acceptance_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint quote_acceptance_bucket_quote_id_fkey foreign key (bucket, quote_id) references document(bucket, id),
  constraint quote_acceptance_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger quote_acceptance_immutable before delete or update on quote_acceptance for each row execute function refuse_change();
create trigger quote_acceptance_kept before truncate on quote_acceptance for each statement execute function refuse_change();
grant select on quote_acceptance to kontor_invoicing_service;

create table quote_conversion (
  bucket     smallint    not null,
  invoice_id uuid        not null,
  quote_id   uuid        not null,
  tenant_id  uuid        not null,
  shares     bigint[]    not null,
  created_at timestamptz not null,
  constraint quote_conversion_pkey primary key (bucket, invoice_id),
  constraint quote_conversion_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint quote_conversion_bucket_invoice_id_fkey foreign key (bucket, invoice_id) references document(bucket, id) on delete cascade,
  constraint quote_conversion_bucket_quote_id_fkey foreign key (bucket, quote_id) references document(bucket, id),
  constraint quote_conversion_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index quote_conversion_quote on quote_conversion using btree (bucket, quote_id, invoice_id);
create trigger quote_conversion_bound before delete on quote_conversion for each row execute function refuse_loose_part();
create trigger quote_conversion_immutable before update on quote_conversion for each row execute function refuse_change();
create trigger quote_conversion_kept before truncate on quote_conversion for each statement execute function refuse_change();
grant select, insert, delete on quote_conversion to kontor_invoicing_service;

create table quote_line (
  bucket    smallint      not null,
  quote_id  uuid          not null,
  line_no   integer       not null,
  tenant_id uuid          not null,
  quoted    numeric(21,9) not null,
  converted numeric(21,9) not null default 0,
  constraint quote_line_pkey primary key (bucket, quote_id, line_no),
  constraint quote_line_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint quote_line_line_no_check check (line_no >= 1),
  constraint quote_line_not_exceeded check (
case
    when quoted < 0::numeric then converted >= quoted and converted <= 0::numeric
    else converted >= 0::numeric and converted <= quoted
end),
  constraint quote_line_bucket_quote_id_fkey foreign key (bucket, quote_id) references document(bucket, id),
  constraint quote_line_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger quote_line_follows before update on quote_line for each row when (pg_trigger_depth() = 0) execute function refuse_change();
create trigger quote_line_kept before delete on quote_line for each row execute function refuse_change();
create trigger quote_line_opens before insert on quote_line for each row when (new.converted <> 0::numeric) execute function refuse_change();
create trigger quote_line_whole before truncate on quote_line for each statement execute function refuse_change();
grant select, insert on quote_line to kontor_invoicing_service;
grant update (converted) on quote_line to kontor_invoicing_service;

create table quote_part (
  bucket     smallint      not null,
  invoice_id uuid          not null,
  line_no    integer       not null,
  quote_id   uuid          not null,
  tenant_id  uuid          not null,
  quantity   numeric(21,9) not null,
  shares     bigint[]      not null,
  constraint quote_part_pkey primary key (bucket, invoice_id, line_no),
  constraint quote_part_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint quote_part_bucket_invoice_id_fkey foreign key (bucket, invoice_id) references quote_conversion(bucket, invoice_id) on delete cascade,
  constraint quote_part_bucket_quote_id_line_no_fkey foreign key (bucket, quote_id, line_no) references quote_line(bucket, quote_id, line_no),
  constraint quote_part_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index quote_part_line on quote_part using btree (bucket, quote_id, line_no);
create trigger quote_part_bound before delete on quote_part for each row execute function refuse_loose_part();
create trigger quote_part_counts after insert or delete on quote_part for each row execute function follow_quote_part();
create trigger quote_part_immutable before update on quote_part for each row execute function refuse_change();
create trigger quote_part_kept before truncate on quote_part for each statement execute function refuse_change();
grant select, insert on quote_part to kontor_invoicing_service;

create table quote_revision (
  bucket     smallint not null,
  quote_id   uuid     not null,
  revises_id uuid     not null,
  tenant_id  uuid     not null,
  revision   integer  not null,
  constraint quote_revision_pkey primary key (bucket, quote_id),
  constraint quote_revision_once unique (bucket, revises_id),
  constraint quote_revision_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint quote_revision_revision_check check (revision >= 2),
  constraint quote_revision_bucket_quote_id_fkey foreign key (bucket, quote_id) references document(bucket, id) on delete cascade,
  constraint quote_revision_bucket_revises_id_fkey foreign key (bucket, revises_id) references document(bucket, id),
  constraint quote_revision_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger quote_revision_immutable before update on quote_revision for each row execute function refuse_change();
create trigger quote_revision_kept before truncate on quote_revision for each statement execute function refuse_change();
grant select, insert on quote_revision to kontor_invoicing_service;

create table quote_step (
  bucket           smallint    not null,
  quote_id         uuid        not null,
  tenant_id        uuid        not null,
  step             text        not null,
  actor_key_id     uuid        not null,
  at               timestamptz not null,
  reason           text,
  accepted_by_name text,
  accepted_by_role text,
  from_address     inet,
  note             text,
  terms_hash       bytea,
  superseded_by    uuid,
  constraint quote_step_pkey primary key (bucket, quote_id),
  constraint quote_step_accepted_by_name_check check (length(accepted_by_name) >= 1 and length(accepted_by_name) <= 200),
  constraint quote_step_accepted_by_role_check check (length(accepted_by_role) >= 1 and length(accepted_by_role) <= 100),
  constraint quote_step_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint quote_step_check check ((step = 'accepted') = (terms_hash is not null)),
  constraint quote_step_check1 check (step = 'accepted' or num_nonnulls(accepted_by_name, accepted_by_role, from_address, note) = 0),
  constraint quote_step_check2 check ((step = 'superseded') = (superseded_by is not null)),
  constraint quote_step_note_check check (length(note) >= 1 and length(note) <= 2000),
  constraint quote_step_reason_check check (length(reason) >= 1 and length(reason) <= 500),
  constraint quote_step_step_check check (step = any (array['accepted', 'declined', 'cancelled', 'superseded'])),
  constraint quote_step_terms_hash_check check (octet_length(terms_hash) = 32),
  constraint quote_step_bucket_quote_id_fkey foreign key (bucket, quote_id) references document(bucket, id),
  constraint quote_step_bucket_superseded_by_fkey foreign key (bucket, superseded_by) references document(bucket, id),
  constraint quote_step_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index quote_step_superseded_by on quote_step using btree (bucket, superseded_by) where superseded_by is not null;
create index quote_step_tenant on quote_step using btree (tenant_id, step, quote_id);
create trigger quote_step_immutable before delete or update on quote_step for each row execute function refuse_change();
create trigger quote_step_kept before truncate on quote_step for each statement execute function refuse_change();
comment on column quote_step.reason is 'know why a quote came to nothing; contract, GDPR 6(1)(b); ten years, as long as the quote';
comment on column quote_step.accepted_by_name is 'prove who accepted the quote; contract, GDPR 6(1)(b); ten years, as long as the quote';
comment on column quote_step.accepted_by_role is 'prove in what function they accepted it; contract, GDPR 6(1)(b); ten years, as long as the quote';
comment on column quote_step.from_address is 'prove from which network address it was accepted; legitimate interest in evidence of the contract, GDPR 6(1)(f); ten years, as long as claims can be made from the contract';
comment on column quote_step.note is 'what was said when it was accepted; contract, GDPR 6(1)(b); ten years, as long as the quote';
grant select, insert on quote_step to kontor_invoicing_service;

create table refund (
  bucket           smallint    not null,
  id               uuid        not null,
  tenant_id        uuid        not null,
  mode             text        not null,
  account_id       uuid        not null,
  kind             text        not null,
  payment_id       uuid,
  credit_note_id   uuid,
  currency         text        not null,
  amount_minor     bigint      not null,
  refunded_on      date        not null,
  reference        text,
  created_at       timestamptz not null,
  charge_refund_id uuid,
  reverses_id      uuid,
  constraint refund_pkey primary key (bucket, id),
  constraint refund_bucket_reverses_id_key unique (bucket, reverses_id),
  constraint refund_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint refund_chargeback_of_payment check (kind = 'refund' or payment_id is not null),
  constraint refund_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint refund_kind_check check (kind = any (array['refund', 'chargeback'])),
  constraint refund_mode_check check (mode = any (array['test', 'live'])),
  constraint refund_one_source check (num_nonnulls(payment_id, credit_note_id) = 1),
  constraint refund_reversal_is_negative check (amount_minor <> 0 and (amount_minor < 0) = (reverses_id is not null)),
  constraint refund_bucket_account_id_fkey foreign key (bucket, account_id) references account(bucket, id),
  constraint refund_bucket_charge_refund_id_fkey foreign key (bucket, charge_refund_id) references charge_refund(bucket, id),
  constraint refund_bucket_credit_note_id_fkey foreign key (bucket, credit_note_id) references document(bucket, id),
  constraint refund_bucket_payment_id_fkey foreign key (bucket, payment_id) references payment(bucket, id),
  constraint refund_bucket_reverses_id_fkey foreign key (bucket, reverses_id) references refund(bucket, id),
  constraint refund_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index refund_account on refund using btree (bucket, account_id, id);
create unique index refund_charge_refund on refund using btree (bucket, charge_refund_id) where charge_refund_id is not null and reverses_id is null;
create index refund_credit_note on refund using btree (bucket, credit_note_id) where credit_note_id is not null;
create index refund_of_charge_refund on refund using btree (bucket, charge_refund_id) where charge_refund_id is not null;
create index refund_payment on refund using btree (bucket, payment_id) where payment_id is not null;
create trigger refund_fits before insert on refund for each row execute function refuse_over_refund();
create trigger refund_immutable before delete or update on refund for each row execute function refuse_change();
create constraint trigger refund_is_charge_refund after insert on refund deferrable initially deferred for each row when (new.charge_refund_id is not null) execute function require_charge_refund_of_refund();
create trigger refund_kept before truncate on refund for each statement execute function refuse_change();
comment on column refund.reference is 'match the refund with the bank''s record; legal obligation to keep records, GDPR 6(1)(c); ten years';
grant select, insert on refund to kontor_invoicing_service;

create table series (
  bucket         smallint    not null,
  id             uuid        not null,
  tenant_id      uuid        not null,
  mode           text        not null,
  issuer_id      uuid        not null,
  scope          text        not null,
  account_id     uuid,
  document_type  text        not null,
  period         text        not null default '',
  prefix         text        not null,
  suffix         text        not null default '',
  seq_width      smallint    not null default 1,
  next_seq       bigint      not null default 1,
  last_issued_on date,
  created_at     timestamptz not null,
  format         text        not null default '{customer}-{seq}',
  first_seq      bigint      not null default 1,
  started_at     timestamptz,
  started_by     uuid,
  constraint series_pkey primary key (bucket, id),
  constraint series_bucket_issuer_id_scope_account_id_document_type_peri_key unique nulls not distinct (bucket, issuer_id, scope, account_id, document_type, period),
  constraint series_begins check (next_seq >= first_seq),
  constraint series_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint series_check check ((scope = 'account') = (account_id is not null)),
  constraint series_document_type_check check (document_type = any (array['quote', 'proforma', 'invoice', 'credit_note', 'receipt'])),
  constraint series_first_seq_check check (first_seq >= 1),
  constraint series_mode_check check (mode = any (array['test', 'live'])),
  constraint series_next_seq_check check (next_seq >= 1),
  constraint series_period_check check (period ~ '^([0-9]{4}(-[0-9]{2})?)?$'),
  constraint series_scope_check check (scope = any (array['account', 'issuer'])),
  constraint series_seq_width_check check (seq_width >= 1 and seq_width <= 12),
  constraint series_bucket_account_id_fkey foreign key (bucket, account_id) references account(bucket, id),
  constraint series_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index series_account on series using btree (bucket, account_id);
create index series_issuer on series using btree (tenant_id, mode, issuer_id, document_type, id);
create index series_tenant on series using btree (tenant_id, mode, id);
create trigger series_fixed before update on series for each row when (new.next_seq < old.next_seq or new.last_issued_on < old.last_issued_on or new.last_issued_on is null and old.last_issued_on is not null or old.next_seq > old.first_seq and (new.prefix <> old.prefix or new.suffix <> old.suffix or new.seq_width <> old.seq_width or new.format <> old.format or new.first_seq <> old.first_seq)) execute function refuse_change();
create trigger series_kept before delete on series for each row execute function refuse_change();
comment on column series.prefix is 'number documents, with the customer number in it; legal obligation to keep records, GDPR 6(1)(c); ten years after the last document';
grant select, insert on series to kontor_invoicing_service;
grant update (first_seq, format, last_issued_on, next_seq, prefix, seq_width, started_at, started_by, suffix) on series to kontor_invoicing_service;

create table tenant (
  id         uuid        not null,
  slug       text        not null,
  name       text        not null,
  created_at timestamptz not null default now(),
  constraint tenant_pkey primary key (id),
  constraint tenant_slug_key unique (slug),
  constraint tenant_slug_check check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$')
);
grant select on tenant to kontor_invoicing_service;

create table test_processor_record (
  bucket    smallint not null,
  tenant_id uuid     not null,
  reference text     not null,
  record    jsonb    not null,
  constraint test_processor_record_pkey primary key (bucket, tenant_id, reference),
  constraint test_processor_record_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint test_processor_record_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
comment on column test_processor_record.reference is 'play a processor without money; legitimate interest in tests, GDPR 6(1)(f); as long as test data is kept';
comment on column test_processor_record.record is 'play a processor without money; legitimate interest in tests, GDPR 6(1)(f); as long as test data is kept';
grant select, insert on test_processor_record to kontor_invoicing_service;
grant update (record) on test_processor_record to kontor_invoicing_service;

create table unique_name (
  bucket    smallint not null,
  tenant_id uuid     not null,
  mode      text     not null,
  kind      text     not null,
  value     text     not null,
  target_id uuid     not null,
  constraint unique_name_pkey primary key (bucket, tenant_id, mode, kind, value),
  constraint unique_name_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint unique_name_mode_check check (mode = any (array['test', 'live'])),
  constraint unique_name_value_check check (length(value) >= 1 and length(value) <= 200),
  constraint unique_name_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create trigger unique_name_kept before delete on unique_name for each row execute function refuse_name_in_use();
comment on column unique_name.value is 'find an account or a document by its number or the tenant''s own id; contract, GDPR 6(1)(b); as long as what it names';
grant select, insert, delete on unique_name to kontor_invoicing_service;

create table webhook_delivery (
  bucket          smallint    not null,
  webhook_id      uuid        not null,
  event_id        uuid        not null,
  tenant_id       uuid        not null,
  source          text        not null,
  type            text        not null,
  account_id      uuid,
  object_kind     text        not null,
  object_id       uuid        not null,
  object_version  integer     not null,
  event_at        timestamptz not null,
  state           text        not null default 'pending',
  attempts        integer     not null default 0,
  next_attempt_at timestamptz not null,
  leased_until    timestamptz,
  expires_at      timestamptz not null,
  last_attempt_at timestamptz,
  last_status     smallint,
  last_failure    text,
  ended_at        timestamptz,
  constraint webhook_delivery_pkey primary key (bucket, webhook_id, event_id),
  constraint webhook_delivery_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint webhook_delivery_check check ((state = 'pending') = (ended_at is null)),
  constraint webhook_delivery_source_check check (source = any (array['invoicing', 'vault'])),
  constraint webhook_delivery_state_check check (state = any (array['pending', 'delivered', 'dead'])),
  constraint webhook_delivery_bucket_webhook_id_fkey foreign key (bucket, webhook_id) references webhook_endpoint(bucket, id),
  constraint webhook_delivery_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index webhook_delivery_due on webhook_delivery using btree (bucket, webhook_id, next_attempt_at) where state = 'pending';
create index webhook_delivery_ended on webhook_delivery using btree (ended_at) where ended_at is not null;
create index webhook_delivery_order on webhook_delivery using btree (bucket, webhook_id, object_id, object_version, event_at, event_id) where state = 'pending';
grant select, insert, delete on webhook_delivery to kontor_invoicing_service;
grant update (attempts, ended_at, expires_at, last_attempt_at, last_failure, last_status, leased_until, next_attempt_at, state) on webhook_delivery to kontor_invoicing_service;

create table webhook_endpoint (
  bucket           smallint    not null,
  id               uuid        not null,
  tenant_id        uuid        not null,
  mode             text        not null,
  url              text        not null,
  event_types      text[]      not null,
  state            text        not null,
  disabled_because text,
  secret_version   integer     not null default 1,
  overlap_until    timestamptz,
  since_tx         xid8        not null,
  active_at        timestamptz not null,
  silences         integer     not null default 0,
  paused_until     timestamptz,
  key_id           uuid        not null,
  version          integer     not null default 1,
  created_at       timestamptz not null,
  constraint webhook_endpoint_pkey primary key (bucket, id),
  constraint webhook_endpoint_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint webhook_endpoint_check check ((state = 'disabled') = (disabled_because is not null)),
  constraint webhook_endpoint_check1 check ((state = 'deleted') = (url = '')),
  constraint webhook_endpoint_disabled_because_check check (disabled_because = any (array['asked', 'gone'])),
  constraint webhook_endpoint_event_types_check check (cardinality(event_types) >= 1 and cardinality(event_types) <= 50),
  constraint webhook_endpoint_mode_check check (mode = any (array['test', 'live'])),
  constraint webhook_endpoint_secret_version_check check (secret_version >= 1),
  constraint webhook_endpoint_state_check check (state = any (array['active', 'disabled', 'deleted'])),
  constraint webhook_endpoint_url_check check (length(url) <= 2048),
  constraint webhook_endpoint_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
create index webhook_endpoint_tenant on webhook_endpoint using btree (tenant_id, mode, id) where state <> 'deleted';
grant select, insert on webhook_endpoint to kontor_invoicing_service;
grant update (active_at, disabled_because, event_types, overlap_until, paused_until, secret_version, silences, since_tx, state, url, version) on webhook_endpoint to kontor_invoicing_service;

create table webhook_position (
  bucket      smallint not null,
  tenant_id   uuid     not null,
  mode        text     not null,
  tx          xid8     not null,
  event_id    uuid     not null,
  cluster     text     not null,
  vault_after bigint,
  constraint webhook_position_pkey primary key (bucket, tenant_id, mode),
  constraint webhook_position_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint webhook_position_mode_check check (mode = any (array['test', 'live'])),
  constraint webhook_position_tenant_id_fkey foreign key (tenant_id) references tenant(id)
);
grant select, insert on webhook_position to kontor_invoicing_service;
grant update (cluster, event_id, tx, vault_after) on webhook_position to kontor_invoicing_service;
