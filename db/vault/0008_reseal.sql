-- Re-sealing gives a subject a new key and destroys the old one. From the moment this column says so, no record is written under
-- an older version: every write of a token proves it under the lock of the subject's row.
alter table data_subject add column dek_version_min int not null default 1 check (dek_version_min > 0);
grant update (dek_version_min) on data_subject to kontor_vault_service;
grant update (dek_version) on token to kontor_vault_service;
