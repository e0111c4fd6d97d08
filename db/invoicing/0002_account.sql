-- A legal entity of a tenant that issues documents. Its payee accounts are public business data.
create table issuer (
  bucket         smallint    not null check (bucket between 0 and 4095),
  id             uuid        not null,
  tenant_id      uuid        not null references tenant (id),
  mode           text        not null check (mode in ('test', 'live')),
  external_id    text,
  name           text        not null,
  trading_name   text,
  legal_id       text,
  vat_id         text,
  tax_number     text,
  address        jsonb       not null,
  contact_name   text,
  phone          text,
  email          text,
  endpoint       jsonb,
  payee_accounts jsonb       not null,
  time_zone      text        not null,
  currency       text        not null check (currency ~ '^[A-Z]{3}$'),
  language       text        not null check (language in ('de', 'en')),
  logo_sha256    bytea       check (octet_length(logo_sha256) = 32),
  version        int         not null default 1,
  created_at     timestamptz not null,
  primary key (bucket, id)
);
create index issuer_tenant on issuer (tenant_id, mode, id);
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

-- Logos by content: a document names the logo it was issued with, whatever the issuer prints today.
create table issuer_logo (
  bucket    smallint not null check (bucket between 0 and 4095),
  issuer_id uuid     not null,
  sha256    bytea    not null check (octet_length(sha256) = 32),
  tenant_id uuid     not null references tenant (id),
  bytes     bytea    not null check (octet_length(bytes) <= 262144),
  primary key (bucket, issuer_id, sha256),
  foreign key (bucket, issuer_id) references issuer (bucket, id)
);

-- One customer's account with a tenant: the data subject.
create table account (
  bucket           smallint    not null check (bucket between 0 and 4095),
  id               uuid        not null,
  tenant_id        uuid        not null references tenant (id),
  mode             text        not null check (mode in ('test', 'live')),
  external_id      text,
  customer_number  text        not null check (customer_number ~ '^[1-9][0-9]{8}$'),
  kind             text        not null check (kind in ('person', 'company')),
  name             text        not null,
  trading_name     text,
  contact_name     text,
  legal_id         text,
  vat_id           text,
  email            text,
  phone            text,
  language         text        not null check (language in ('de', 'en')),
  billing_address  jsonb       not null,
  delivery_address jsonb,
  endpoint         jsonb,
  version          int         not null default 1,
  created_at       timestamptz not null,
  primary key (bucket, id)
);
create index account_tenant on account (tenant_id, mode, id);
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

grant select, insert on issuer, issuer_logo, account to kontor_invoicing_service;
grant update (name, trading_name, legal_id, vat_id, tax_number, address, contact_name, phone, email, endpoint,
  payee_accounts, time_zone, currency, language, logo_sha256, version) on issuer to kontor_invoicing_service;
grant update (kind, name, trading_name, contact_name, legal_id, vat_id, email, phone, language, billing_address,
  delivery_address, endpoint, version) on account to kontor_invoicing_service;
