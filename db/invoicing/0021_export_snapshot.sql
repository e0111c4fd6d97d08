-- What an export could see, so that an invoice that was issued after it can still be made void. Written once the export has begun to read;
-- an export without one counts by its time, as before. Append-only. Expand step: the release before writes none.
create table export_snapshot (
  bucket    smallint    not null check (bucket between 0 and 4095),
  export_id uuid        not null,
  tenant_id uuid        not null references tenant (id),
  saw       pg_snapshot not null,
  primary key (bucket, export_id),
  foreign key (bucket, export_id) references export_run (bucket, id)
);
create trigger export_snapshot_immutable before update or delete on export_snapshot
  for each row execute function refuse_change();
create trigger export_snapshot_kept before truncate on export_snapshot for each statement execute function refuse_change();

grant select, insert on export_snapshot to kontor_invoicing_service;
