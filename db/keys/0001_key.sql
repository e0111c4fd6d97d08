-- Keys, apart from what they open: this database has its own short-lived backup, so that a destroyed key ages out of it.
-- A tenant's key-encryption key, wrapped by a root KEK that no database ever holds. A reference table: few rows, read by all.
create table tenant_kek (
  tenant_id  uuid        not null,
  version    int         not null check (version > 0),
  root_kid   text        not null,
  wrapped    text        not null,
  state      text        not null check (state in ('current', 'retired')),
  created_at timestamptz not null default now(),
  primary key (tenant_id, version)
);
-- Two processes that meet a new tenant at once settle here whose key it gets.
create unique index tenant_kek_current on tenant_kek (tenant_id) where state = 'current';

-- What a tenant's fingerprints and digests are keyed with, wrapped by its KEK and made together with it. It stays when the KEK
-- is rotated (the new KEK wraps it again): with another secret no instrument and no retry would be recognised any more.
create table tenant_secret (
  tenant_id   uuid        not null primary key,
  kek_version int         not null,
  wrapped     text        not null,
  created_at  timestamptz not null default now(),
  foreign key (tenant_id, kek_version) references tenant_kek (tenant_id, version)
);

-- One data-encryption key per data subject (an account, or a token without account), wrapped by the tenant's KEK.
-- Destroying the row makes everything that was sealed under it unreadable.
create table dek (
  bucket      smallint    not null check (bucket between 0 and 4095),
  subject_id  uuid        not null,
  version     int         not null check (version > 0),
  tenant_id   uuid        not null,
  kek_version int         not null,
  wrapped     text        not null,
  created_at  timestamptz not null default now(),
  primary key (bucket, subject_id, version)
);

grant select, insert on tenant_kek, tenant_secret to kontor_keys_service;
grant select, insert, delete on dek to kontor_keys_service;
