-- The life of a quote after it was sent: one step that ends it, conversion in parts, revisions.
-- Expand step, with one exception: a process of the release before can no longer accept quotes once this has run. It fails, whole, and
-- the caller comes again; what it knew as an acceptance is taken over below.

-- What ended the negotiation about a quote. The primary key lets one step happen, whoever comes at the same time. Append-only.
create table quote_step (
  bucket           smallint    not null check (bucket between 0 and 4095),
  quote_id         uuid        not null,
  tenant_id        uuid        not null references tenant (id),
  step             text        not null check (step in ('accepted', 'declined', 'cancelled', 'superseded')),
  actor_key_id     uuid        not null,
  at               timestamptz not null,
  reason           text        check (length(reason) between 1 and 500),
  accepted_by_name text        check (length(accepted_by_name) between 1 and 200),
  accepted_by_role text        check (length(accepted_by_role) between 1 and 100),
  from_address     inet,
  note             text        check (length(note) between 1 and 2000),
  -- SHA-256 of the snapshot, a line feed and the number: of everything that the quote said.
  terms_hash       bytea       check (octet_length(terms_hash) = 32),
  -- The revision that took its place.
  superseded_by    uuid,
  primary key (bucket, quote_id),
  foreign key (bucket, quote_id) references document (bucket, id),
  foreign key (bucket, superseded_by) references document (bucket, id),
  check ((step = 'accepted') = (terms_hash is not null)),
  check (step = 'accepted' or num_nonnulls(accepted_by_name, accepted_by_role, from_address, note) = 0),
  check ((step = 'superseded') = (superseded_by is not null))
);
create index quote_step_superseded_by on quote_step (bucket, superseded_by) where superseded_by is not null;
comment on column quote_step.reason is 'know why a quote came to nothing; contract, GDPR 6(1)(b); ten years, as long as the quote';
comment on column quote_step.accepted_by_name is 'prove who accepted the quote; contract, GDPR 6(1)(b); ten years, as long as the quote';
comment on column quote_step.accepted_by_role is 'prove in what function they accepted it; contract, GDPR 6(1)(b); ten years, as long as the quote';
comment on column quote_step.from_address is 'prove from which network address it was accepted; legitimate interest in evidence of the contract, GDPR 6(1)(f); ten years, as long as claims can be made from the contract';
comment on column quote_step.note is 'what was said when it was accepted; contract, GDPR 6(1)(b); ten years, as long as the quote';

-- How much of each line of an accepted quote was made into invoices. Never more than was quoted, also where both are negative.
create table quote_line (
  bucket    smallint       not null check (bucket between 0 and 4095),
  quote_id  uuid           not null,
  -- The position on the quote, from 1.
  line_no   int            not null check (line_no >= 1),
  tenant_id uuid           not null references tenant (id),
  quoted    numeric(21, 9) not null,
  converted numeric(21, 9) not null default 0,
  primary key (bucket, quote_id, line_no),
  foreign key (bucket, quote_id) references document (bucket, id),
  constraint quote_line_not_exceeded check (
    case when quoted < 0 then converted between quoted and 0 else converted between 0 and quoted end)
);

-- An invoice that was made from a quote, and its shares of what the quote said as a whole: each allowance and charge in order, then
-- what was prepaid, then the rounding. It goes with the draft when that is dropped.
create table quote_conversion (
  bucket     smallint    not null check (bucket between 0 and 4095),
  invoice_id uuid        not null,
  quote_id   uuid        not null,
  tenant_id  uuid        not null references tenant (id),
  shares     bigint[]    not null,
  created_at timestamptz not null,
  primary key (bucket, invoice_id),
  foreign key (bucket, invoice_id) references document (bucket, id) on delete cascade,
  foreign key (bucket, quote_id) references document (bucket, id)
);
create index quote_conversion_quote on quote_conversion (bucket, quote_id, invoice_id);

-- What such an invoice took of a line: the quantity, then quantity times price and each allowance and charge of the line in minor units.
create table quote_part (
  bucket     smallint       not null check (bucket between 0 and 4095),
  invoice_id uuid           not null,
  line_no    int            not null,
  quote_id   uuid           not null,
  tenant_id  uuid           not null references tenant (id),
  quantity   numeric(21, 9) not null,
  shares     bigint[]       not null,
  primary key (bucket, invoice_id, line_no),
  foreign key (bucket, invoice_id) references quote_conversion (bucket, invoice_id) on delete cascade,
  foreign key (bucket, quote_id, line_no) references quote_line (bucket, quote_id, line_no)
);
create index quote_part_line on quote_part (bucket, quote_id, line_no);

-- Converted quantities follow the parts and nothing else: whoever changes them directly is refused.
create function follow_quote_part() returns trigger language plpgsql as $$
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
$$;
create trigger quote_part_counts after insert or delete on quote_part
  for each row execute function follow_quote_part();

-- A part goes only with its invoice, and an issued invoice stays.
create function refuse_loose_part() returns trigger language plpgsql as $$
begin
  if exists (select from document where document.bucket = old.bucket and document.id = old.invoice_id) then
    raise exception '% rows go with their invoice', tg_table_name using errcode = 'integrity_constraint_violation';
  end if;
  return old;
end
$$;

-- Which quote a quote revises. A quote has one revision at the most, so that a chain of offers has one end.
create table quote_revision (
  bucket     smallint not null check (bucket between 0 and 4095),
  quote_id   uuid     not null,
  revises_id uuid     not null,
  tenant_id  uuid     not null references tenant (id),
  revision   int      not null check (revision >= 2),
  primary key (bucket, quote_id),
  constraint quote_revision_once unique (bucket, revises_id),
  foreign key (bucket, quote_id) references document (bucket, id) on delete cascade,
  foreign key (bucket, revises_id) references document (bucket, id)
);

-- A revision that is sent takes the place of the quote it revises, in the same statement that draws its number: the event of the draw
-- says who did it and when. What was declined, cancelled or superseded before stays so; what was accepted cannot be replaced any more.
create function supersede_revised() returns trigger language plpgsql as $$
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
$$;
create trigger event_supersedes after insert on event
  for each row when (new.type = 'quote.issued') execute function supersede_revised();

create trigger quote_step_immutable before update or delete on quote_step for each row execute function refuse_change();
create trigger quote_step_kept before truncate on quote_step for each statement execute function refuse_change();
create trigger quote_line_opens before insert on quote_line
  for each row when (new.converted <> 0) execute function refuse_change();
create trigger quote_line_follows before update on quote_line
  for each row when (pg_trigger_depth() = 0) execute function refuse_change();
create trigger quote_line_kept before delete on quote_line for each row execute function refuse_change();
create trigger quote_line_whole before truncate on quote_line for each statement execute function refuse_change();
create trigger quote_conversion_immutable before update on quote_conversion for each row execute function refuse_change();
create trigger quote_conversion_bound before delete on quote_conversion for each row execute function refuse_loose_part();
create trigger quote_conversion_kept before truncate on quote_conversion for each statement execute function refuse_change();
create trigger quote_part_immutable before update on quote_part for each row execute function refuse_change();
create trigger quote_part_bound before delete on quote_part for each row execute function refuse_loose_part();
create trigger quote_part_kept before truncate on quote_part for each statement execute function refuse_change();
create trigger quote_revision_immutable before update on quote_revision for each row execute function refuse_change();
create trigger quote_revision_kept before truncate on quote_revision for each statement execute function refuse_change();

-- A quote becomes as many invoices as there are parts of it.
drop index document_quote;
create index document_quote on document (bucket, quote_id) where quote_id is not null;

-- What was accepted before was converted whole.
insert into quote_step (bucket, quote_id, tenant_id, step, actor_key_id, at, terms_hash)
select accepted.bucket, accepted.quote_id, accepted.tenant_id, 'accepted', accepted.actor_key_id, accepted.accepted_at,
       sha256(convert_to(document.snapshot || E'\n' || document.number, 'UTF8'))
  from quote_acceptance as accepted
  join document on document.bucket = accepted.bucket and document.id = accepted.quote_id;
insert into quote_line (bucket, quote_id, line_no, tenant_id, quoted)
select accepted.bucket, accepted.quote_id, line.line_no, accepted.tenant_id, (line.form ->> 'quantity')::numeric
  from quote_acceptance as accepted
  join document on document.bucket = accepted.bucket and document.id = accepted.quote_id
 cross join lateral jsonb_array_elements(document.content -> 'lines') with ordinality as line (form, line_no);
insert into quote_conversion (bucket, invoice_id, quote_id, tenant_id, shares, created_at)
select accepted.bucket, accepted.invoice_id, accepted.quote_id, accepted.tenant_id, '{}', accepted.accepted_at
  from quote_acceptance as accepted;
insert into quote_part (bucket, invoice_id, line_no, quote_id, tenant_id, quantity, shares)
select accepted.bucket, accepted.invoice_id, quote_line.line_no, accepted.quote_id, accepted.tenant_id, quote_line.quoted, '{}'
  from quote_acceptance as accepted
  join quote_line on quote_line.bucket = accepted.bucket and quote_line.quote_id = accepted.quote_id;

-- The invoice draft of an old acceptance can be dropped like any other.
alter table quote_acceptance drop constraint quote_acceptance_bucket_invoice_id_fkey;
revoke insert on quote_acceptance from kontor_invoicing_service;
grant select, insert on quote_step, quote_line, quote_conversion, quote_part, quote_revision to kontor_invoicing_service;
-- In the trigger alone.
grant update (converted) on quote_line to kontor_invoicing_service;
