-- The counter that numbers come from. An account's series lives in the account's bucket, an issuer's in the issuer's.
-- The format is resolved into prefix and suffix when the row is made, so that the draw only appends digits.
create table series (
  bucket         smallint    not null check (bucket between 0 and 4095),
  id             uuid        not null,
  tenant_id      uuid        not null references tenant (id),
  mode           text        not null check (mode in ('test', 'live')),
  issuer_id      uuid        not null,
  scope          text        not null check (scope in ('account', 'issuer')),
  account_id     uuid,
  document_type  text        not null check (document_type in ('quote', 'proforma', 'invoice', 'credit_note', 'receipt')),
  period         text        not null default '' check (period ~ '^([0-9]{4}(-[0-9]{2})?)?$'),
  prefix         text        not null,
  suffix         text        not null default '',
  seq_width      smallint    not null default 1 check (seq_width between 1 and 12),
  next_seq       bigint      not null default 1 check (next_seq >= 1),
  last_issued_on date,
  created_at     timestamptz not null,
  primary key (bucket, id),
  foreign key (bucket, account_id) references account (bucket, id),
  unique nulls not distinct (bucket, issuer_id, scope, account_id, document_type, period),
  check ((scope = 'account') = (account_id is not null))
);
comment on column series.prefix is 'number documents, with the customer number in it; legal obligation to keep records, GDPR 6(1)(c); ten years after the last document';
create index series_tenant on series (tenant_id, mode, id);
create index series_account on series (bucket, account_id);

-- A quote, invoice, credit note … first a draft that may change, then issued: numbered and immutable.
create table document (
  bucket        smallint    not null check (bucket between 0 and 4095),
  id            uuid        not null,
  tenant_id     uuid        not null references tenant (id),
  mode          text        not null check (mode in ('test', 'live')),
  document_type text        not null check (document_type in ('quote', 'proforma', 'invoice', 'credit_note', 'receipt')),
  type_code     text        not null check (type_code ~ '^[0-9]{1,3}$'),
  state         text        not null check (state in ('draft', 'issued')),
  issuer_id     uuid        not null,
  account_id    uuid        not null,
  series_id     uuid        not null,
  external_id   text,
  quote_id      uuid,
  token_id      uuid,
  currency      text        not null check (currency ~ '^[A-Z]{3}$'),
  net_minor     bigint      not null,
  vat_minor     bigint      not null,
  gross_minor   bigint      not null,
  payable_minor bigint      not null,
  issue_on      date,
  due_on        date,
  content       jsonb       not null,
  seq           bigint      check (seq >= 1),
  number        text,
  -- Canonical JSON (RFC 8785) of everything that is printed, without the number; the ledger binds the two by hash.
  snapshot      text,
  snapshot_hash bytea       check (octet_length(snapshot_hash) = 32),
  issued_at     timestamptz,
  version       int         not null default 1,
  created_at    timestamptz not null,
  primary key (bucket, id),
  foreign key (bucket, account_id) references account (bucket, id),
  foreign key (bucket, quote_id) references document (bucket, id),
  check (num_nulls(seq, number, snapshot, snapshot_hash, issued_at) = case state when 'draft' then 5 else 0 end),
  check (state = 'draft' or issue_on is not null)
);
create index document_account on document (bucket, account_id, id);
create index document_tenant on document (tenant_id, mode, document_type, id);
create index document_issued on document (tenant_id, mode, document_type, issue_on, id) where state = 'issued';
-- A quote becomes one invoice at the most.
create unique index document_quote on document (bucket, quote_id) where quote_id is not null;
comment on column document.external_id is 'find the document from the tenant''s own system; contract, GDPR 6(1)(b); as long as the document';
comment on column document.number is 'name the document, with the customer number in it; legal obligation to keep records, GDPR 6(1)(c); ten years';
comment on column document.content is 'what the customer ordered, as it was given; contract, GDPR 6(1)(b); a draft until it is issued or dropped, an issued document ten years';
comment on column document.snapshot is 'the document as issued, with names and addresses; legal obligation to keep records, GDPR 6(1)(c); ten years';

-- Every number that was ever drawn, and which document it went to. Append-only.
create table number_ledger (
  bucket          smallint    not null check (bucket between 0 and 4095),
  series_id       uuid        not null,
  seq             bigint      not null check (seq >= 1),
  tenant_id       uuid        not null references tenant (id),
  document_bucket smallint    not null check (document_bucket between 0 and 4095),
  document_id     uuid        not null,
  number          text        not null,
  snapshot_hash   bytea       not null check (octet_length(snapshot_hash) = 32),
  issue_on        date        not null,
  issued_at       timestamptz not null,
  primary key (bucket, series_id, seq),
  foreign key (bucket, series_id) references series (bucket, id)
);

comment on column number_ledger.number is 'prove which numbers were drawn, with the customer number in them; legal obligation to keep records, GDPR 6(1)(c); ten years';

-- The acceptance of a quote: who, when and into which invoice. At most one.
create table quote_acceptance (
  bucket       smallint    not null check (bucket between 0 and 4095),
  quote_id     uuid        not null,
  tenant_id    uuid        not null references tenant (id),
  invoice_id   uuid        not null,
  actor_key_id uuid        not null,
  accepted_at  timestamptz not null,
  primary key (bucket, quote_id),
  foreign key (bucket, quote_id) references document (bucket, id),
  foreign key (bucket, invoice_id) references document (bucket, id)
);

-- The bytes of the first derivation are the document; a later derivation is a check.
create table document_file (
  bucket           smallint    not null check (bucket between 0 and 4095),
  document_id      uuid        not null,
  kind             text        not null check (kind in ('pdf')),
  tenant_id        uuid        not null references tenant (id),
  sha256           bytea       not null check (octet_length(sha256) = 32),
  template_version text        not null,
  bytes            bytea       not null,
  created_at       timestamptz not null default now(),
  primary key (bucket, document_id, kind),
  foreign key (bucket, document_id) references document (bucket, id)
);
comment on column document_file.bytes is 'the document as it was sent, with names and addresses; legal obligation to keep records, GDPR 6(1)(c); ten years';

-- Issued documents, ledger entries, acceptances and files do not change, whoever asks. Retention will get a role of its
-- own (kontor_retention) whose deletions are checked; until there is one, nobody deletes.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% rows are immutable', tg_table_name using errcode = 'integrity_constraint_violation';
end
$$;
create trigger document_immutable before update or delete on document
  for each row when (old.state = 'issued') execute function refuse_change();
create trigger document_kept before truncate on document for each statement execute function refuse_change();
create trigger number_ledger_immutable before update or delete on number_ledger
  for each row execute function refuse_change();
create trigger number_ledger_kept before truncate on number_ledger for each statement execute function refuse_change();
create trigger quote_acceptance_immutable before update or delete on quote_acceptance
  for each row execute function refuse_change();
create trigger quote_acceptance_kept before truncate on quote_acceptance for each statement execute function refuse_change();
create trigger document_file_immutable before update or delete on document_file
  for each row execute function refuse_change();
create trigger document_file_kept before truncate on document_file for each statement execute function refuse_change();

grant select, insert on series, document, number_ledger, quote_acceptance, document_file to kontor_invoicing_service;
grant update (next_seq, last_issued_on) on series to kontor_invoicing_service;
grant update (state, type_code, external_id, token_id, currency, net_minor, vat_minor, gross_minor, payable_minor,
  issue_on, due_on, content, seq, number, snapshot, snapshot_hash, issued_at, version) on document to kontor_invoicing_service;
