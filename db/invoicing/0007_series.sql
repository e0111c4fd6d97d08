-- Number series with formats, periods and a start of their own. Expand step: the release before keeps working beside it.

-- How an issuer numbers each type of document; an issuer without a row has the defaults.
create table issuer_numbering (
  bucket    smallint not null check (bucket between 0 and 4095),
  issuer_id uuid     not null,
  tenant_id uuid     not null references tenant (id),
  version   int      not null check (version >= 1),
  formats   jsonb    not null,
  primary key (bucket, issuer_id),
  foreign key (bucket, issuer_id) references issuer (bucket, id)
);

-- Formats that series were made with and that were given up since: what was printed once stays taken. Append-only.
create table number_format (
  bucket        smallint    not null check (bucket between 0 and 4095),
  issuer_id     uuid        not null,
  document_type text        not null check (document_type in ('quote', 'proforma', 'invoice', 'credit_note', 'receipt')),
  scope         text        not null check (scope in ('account', 'issuer')),
  period        text        not null check (period in ('none', 'year', 'month')),
  format        text        not null check (length(format) between 1 and 100),
  tenant_id     uuid        not null references tenant (id),
  created_at    timestamptz not null default now(),
  primary key (bucket, issuer_id, document_type, scope, period, format),
  foreign key (bucket, issuer_id) references issuer (bucket, id)
);

-- The format as it was configured, for people and for the check of formats; prefix, suffix and width are what is printed.
alter table series
  add column format text,
  -- The first number; more than 1 where the series goes on from another system.
  add column first_seq bigint not null default 1 check (first_seq >= 1),
  -- Who set it to go on, and when.
  add column started_at timestamptz,
  add column started_by uuid;
-- The release before made series of these two formats alone. It names no format when it makes one, so that the default does.
update series set format = case document_type when 'quote' then 'Q-{customer}-{seq}' else '{customer}-{seq}' end;
alter table series alter column format set default '{customer}-{seq}', alter column format set not null;
create index series_issuer on series (tenant_id, mode, issuer_id, document_type, id);
alter table series add constraint series_begins check (next_seq >= first_seq);

-- A series from which a number was drawn keeps its format and its start, and its counter never goes back, whoever asks.
create trigger series_fixed before update on series for each row
  when (new.next_seq < old.next_seq or new.last_issued_on < old.last_issued_on
        or (new.last_issued_on is null and old.last_issued_on is not null)
        or (old.next_seq > old.first_seq and (new.prefix <> old.prefix or new.suffix <> old.suffix
            or new.seq_width <> old.seq_width or new.format <> old.format or new.first_seq <> old.first_seq)))
  execute function refuse_change();
create trigger series_kept before delete on series for each row execute function refuse_change();
create trigger number_format_immutable before update or delete on number_format
  for each row execute function refuse_change();
create trigger number_format_kept before truncate on number_format for each statement execute function refuse_change();

-- A draft has no series yet: which one it is depends on the day it is issued on.
alter table document alter column series_id drop not null;
alter table document add constraint document_has_series check (state = 'draft' or series_id is not null);

-- What became of a document stands in its events. The two that every document has are left out, so that issuing pays nothing.
create index event_fate on event (bucket, object_id) where type not like '%.created' and type not like '%.issued';

grant select, insert, update on issuer_numbering to kontor_invoicing_service;
grant select, insert on number_format to kontor_invoicing_service;
grant update (prefix, suffix, seq_width, format, first_seq, started_at, started_by) on series to kontor_invoicing_service;
grant update (series_id) on document to kontor_invoicing_service;
