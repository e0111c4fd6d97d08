-- A tenant's access to those who move its money, sealed under a key that follows from the tenant's secret. The bucket is that of the
-- tenant's id: there are a few rows a tenant, and no request of a customer writes them.
create table processor_credential (
  bucket     smallint    not null check (bucket between 0 and 4095),
  tenant_id  uuid        not null references tenant (id),
  mode       text        not null check (mode in ('test', 'live')),
  processor  text        not null check (processor in ('stripe', 'paypal')),
  -- Grows with every change, removal too, so that no record ever fits a later row.
  version    int         not null check (version > 0),
  -- Null once they were removed.
  record     text,
  updated_at timestamptz not null,
  primary key (bucket, tenant_id, mode, processor)
);

grant select, insert on processor_credential to kontor_vault_service;
grant update (version, record, updated_at) on processor_credential to kontor_vault_service;
