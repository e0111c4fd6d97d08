-- Printed from the migrations beside this file; do not edit.

grant usage, create on schema public to kontor_keys_owner;
grant usage on schema public to kontor_keys_service;

create table dek (
  bucket      smallint    not null,
  subject_id  uuid        not null,
  version     integer     not null,
  tenant_id   uuid        not null,
  kek_version integer     not null,
  wrapped     text        not null,
  created_at  timestamptz not null default now(),
  constraint dek_pkey primary key (bucket, subject_id, version),
  constraint dek_bucket_check check (bucket >= 0 and bucket <= 4095),
  constraint dek_version_check check (version > 0)
);
grant select, insert, delete on dek to kontor_keys_service;

create table tenant_kek (
  tenant_id  uuid        not null,
  version    integer     not null,
  root_kid   text        not null,
  wrapped    text        not null,
  state      text        not null,
  created_at timestamptz not null default now(),
  constraint tenant_kek_pkey primary key (tenant_id, version),
  constraint tenant_kek_state_check check (state = any (array['current', 'retired'])),
  constraint tenant_kek_version_check check (version > 0)
);
create unique index tenant_kek_current on tenant_kek using btree (tenant_id) where state = 'current';
grant select, insert on tenant_kek to kontor_keys_service;

create table tenant_secret (
  tenant_id   uuid        not null,
  kek_version integer     not null,
  wrapped     text        not null,
  created_at  timestamptz not null default now(),
  constraint tenant_secret_pkey primary key (tenant_id),
  constraint tenant_secret_tenant_id_kek_version_fkey foreign key (tenant_id, kek_version) references tenant_kek(tenant_id, version)
);
grant select, insert on tenant_secret to kontor_keys_service;
