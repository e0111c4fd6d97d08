-- Tenants and their API keys: reference tables, read on every request, written by the owner's tools.
create table tenant (
  id         uuid        not null primary key,
  slug       text        not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name       text        not null,
  created_at timestamptz not null default now()
);

-- A key without tenant is a service key: it acts for the tenant that it names in each request.
create table api_key (
  id          uuid        not null primary key,
  lookup_id   text        not null unique,
  secret_hash bytea       not null check (octet_length(secret_hash) = 32),
  tenant_id   uuid        references tenant (id),
  mode        text        not null check (mode in ('test', 'live')),
  name        text        not null,
  role        text        not null check (role in ('checkout', 'invoicing', 'accounting', 'admin')),
  scopes      text[]      not null,
  purposes    text[]      not null default '{}',
  expires_at  timestamptz,
  revoked_at  timestamptz,
  created_at  timestamptz not null default now(),
  check (tenant_id is not null or role = 'invoicing'),
  -- A service key never reveals, and no key reveals without saying what for.
  check (tenant_id is not null or not ('token.reveal' = any (scopes))),
  check (not ('token.reveal' = any (scopes)) or cardinality(purposes) > 0)
);
create index api_key_tenant on api_key (tenant_id);

grant select on tenant, api_key to kontor_vault_service;
