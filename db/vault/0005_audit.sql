-- The log that makes the events provable: for each tenant and mode the leaves of a Merkle tree (RFC 9162, 2.1) in the order in
-- which a sealer took them. Of these tables the first two only grow. Their bucket is that of the tenant's id, so that one
-- shard decides about a log: its rows are written by one sealer at a time, and by no request.
create table audit_leaf (
  bucket    smallint not null check (bucket between 0 and 4095),
  tenant_id uuid     not null references tenant (id),
  mode      text     not null check (mode in ('test', 'live')),
  -- From 0, without gaps: the index of the leaf.
  seq       bigint   not null check (seq >= 0),
  event_id  uuid     not null,
  leaf_hash bytea    not null check (octet_length(leaf_hash) = 32),
  primary key (bucket, tenant_id, mode, seq),
  unique (bucket, event_id)
);

-- The hashes of full tiles: of 256 leaves at level 8, of 256 such tiles at level 16, and so on. A proof over a million leaves
-- is made of a few hundred hashes.
create table audit_tile (
  bucket    smallint not null check (bucket between 0 and 4095),
  tenant_id uuid     not null references tenant (id),
  mode      text     not null check (mode in ('test', 'live')),
  level     smallint not null check (level > 0 and level % 8 = 0),
  index     bigint   not null check (index >= 0),
  tile_hash bytea    not null check (octet_length(tile_hash) = 32),
  primary key (bucket, tenant_id, mode, level, index)
);

-- Where each log stands: its size, what is needed to let it grow, and a copy of its newest checkpoint, of which the sink has
-- the original.
create table audit_log (
  bucket          smallint not null check (bucket between 0 and 4095),
  tenant_id       uuid     not null references tenant (id),
  mode            text     not null check (mode in ('test', 'live')),
  size            bigint   not null check (size >= 0),
  frontier        bytea    not null check (octet_length(frontier) % 32 = 0),
  checkpoint_size bigint   not null default 0 check (checkpoint_size >= 0),
  checkpoint      text,
  primary key (bucket, tenant_id, mode)
);

-- Where the sealer stands: one row for the whole vault, which every process looks at before it reveals.
create table audit_position (
  only_row          boolean     not null primary key default true check (only_row),
  -- Every event of a lower transaction has been looked at. It only saves work: what is sealed is known by its leaf.
  sealed_below      xid8        not null default '0',
  -- Of the cluster whose transactions those are: in another one, after a dump was restored there, they mean nothing.
  cluster           text        not null default '',
  -- Whatever was committed by then stands in the sink.
  complete_until_at timestamptz not null default now(),
  sink_failing_at   timestamptz,
  -- Why nothing is sealed until an operator has looked.
  halted            text        check (halted in ('fork', 'sink')),
  -- Events whose MAC is not that of the vault; they are never sealed.
  forged            bigint      not null default 0
);
insert into audit_position default values;

-- The sealer reads events in the order of their transactions, page by page.
create index event_tx on event (tx, id);

grant select, insert on audit_leaf, audit_tile, audit_log to kontor_vault_service;
grant update (size, frontier, checkpoint_size, checkpoint) on audit_log to kontor_vault_service;
grant select on audit_position to kontor_vault_service;
grant update (sealed_below, cluster, complete_until_at, sink_failing_at, halted, forged) on audit_position to kontor_vault_service;
