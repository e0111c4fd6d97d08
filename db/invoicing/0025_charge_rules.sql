-- Which processor a charge goes to is decided by rules of the tenant, and what was declined softly may be tried again: by another charge,
-- which names the one before it. Expand step: the release before knows neither.

create table charge_rules (
  bucket            smallint    not null check (bucket between 0 and 4095),
  tenant_id         uuid        not null references tenant (id),
  mode              text        not null check (mode in ('test', 'live')),
  version           int         not null check (version >= 2),
  -- In order; the first one that fits decides.
  rules             jsonb       not null check (jsonb_typeof(rules) = 'array'),
  -- How long after the first attempt a charge of an absent payer is tried again.
  retry_after_hours jsonb       not null check (jsonb_typeof(retry_after_hours) = 'array' and jsonb_array_length(retry_after_hours) <= 8),
  updated_at        timestamptz not null,
  primary key (bucket, tenant_id, mode)
);

alter table charge
  -- Who chose the processor: the request named it, a rule did, or it is that of the kind of instrument.
  add column chosen_by text not null default 'default' check (chosen_by in ('request', 'rule', 'default')),
  -- The processor that is asked in the same request if this one could not be reached or declines softly.
  add column fallback  text check (fallback in ('stripe', 'paypal', 'test') and fallback <> processor),
  -- The attempt before this one, the first of all, and how many there are with this one.
  add column retry_of  uuid,
  add column first_id  uuid,
  add column attempt   int not null default 1 check (attempt >= 1);
alter table charge add constraint charge_bucket_retry_of_fkey foreign key (bucket, retry_of) references charge (bucket, id);
alter table charge add constraint charge_bucket_first_id_fkey foreign key (bucket, first_id) references charge (bucket, id);
alter table charge add constraint charge_is_an_attempt
  check ((retry_of is null) = (attempt = 1) and (first_id is null) = (attempt = 1));
alter table charge add constraint charge_fallback_once check (fallback is null or (attempt = 1 and chosen_by = 'rule'));
-- One attempt follows another one.
create unique index charge_retry_of on charge (bucket, retry_of) where retry_of is not null;
create index charge_first on charge (bucket, first_id) where first_id is not null;

-- That a charge which was declined softly is to be tried again: at once by another processor, or on a schedule.
create table charge_retry (
  bucket     smallint    not null check (bucket between 0 and 4095),
  charge_id  uuid        not null,
  tenant_id  uuid        not null references tenant (id),
  kind       text        not null check (kind in ('fallback', 'schedule')),
  state      text        not null default 'waiting' check (state in ('waiting', 'made', 'dropped')),
  due_at     timestamptz not null,
  -- Why it was dropped.
  because    text,
  created_at timestamptz not null,
  ended_at   timestamptz,
  primary key (bucket, charge_id),
  foreign key (bucket, charge_id) references charge (bucket, id),
  constraint charge_retry_dropped_because check ((state = 'dropped') = (because is not null)),
  constraint charge_retry_ended check ((state = 'waiting') = (ended_at is null))
);

-- A further attempt follows one that has certainly taken nothing: which was not sent, or was declined softly and waits to be tried again.
-- It is for the same document and instrument, and never for more than the first. Whoever inserts holds the one before until commit.
create function refuse_loose_attempt() returns trigger language plpgsql as $$
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
$$;
create trigger charge_follows before insert on charge for each row when (new.retry_of is not null) execute function refuse_loose_attempt();

-- An attempt that was followed by another one is never taken up again.
create function refuse_taking_up() returns trigger language plpgsql as $$
begin
  if exists (select from charge where charge.bucket = new.bucket and charge.retry_of = new.id) then
    raise exception 'another attempt has followed' using errcode = 'check_violation', constraint = 'charge_follows';
  end if;
  return new;
end
$$;
create trigger charge_was_followed before update on charge for each row
  when (not charge_is_live(old.state) and charge_is_live(new.state)) execute function refuse_taking_up();

-- What was made or dropped stays so, and made it is when the attempt is there.
create function refuse_retry_change() returns trigger language plpgsql as $$
begin
  if old.state <> 'waiting' or (new.bucket, new.charge_id, new.tenant_id) is distinct from (old.bucket, old.charge_id, old.tenant_id)
     or (new.state = 'made'
         and not exists (select from charge where charge.bucket = new.bucket and charge.retry_of = new.charge_id)) then
    raise exception 'what became of a retry does not change' using errcode = 'integrity_constraint_violation';
  end if;
  return new;
end
$$;
create trigger charge_retry_ends_once before update on charge_retry for each row execute function refuse_retry_change();
create trigger charge_retry_kept before delete on charge_retry for each row execute function refuse_change();
create trigger charge_retry_all_kept before truncate on charge_retry for each statement execute function refuse_change();

grant select, insert, update (version, rules, retry_after_hours, updated_at) on charge_rules to kontor_invoicing_service;
grant select, insert, update (kind, state, due_at, because, ended_at) on charge_retry to kontor_invoicing_service;
