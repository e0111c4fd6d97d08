-- A data subject gets an id of its own, which nobody outside the vault knows. Until now it was the account's id, so that
-- whoever first named another tenant's account, or a live account with a key of test mode, would have owned it.
alter table data_subject add column account_id uuid;
update data_subject set account_id = id;
alter table data_subject alter column account_id set not null;
alter table data_subject add unique (bucket, tenant_id, mode, account_id);
comment on column data_subject.account_id is 'know whose payment data is kept; contract, GDPR 6(1)(b); until erasure, then as proof of it, GDPR 17 and 5(2)';

-- A token's account, if it has one, is an account of the same tenant and mode.
alter table token drop constraint token_bucket_account_id_fkey;
alter table token add foreign key (bucket, tenant_id, mode, account_id) references data_subject (bucket, tenant_id, mode, account_id);
-- A token without account is its own subject.
alter table token drop constraint token_check;
alter table token add check (account_id is not null or subject_id = id);
-- For the subject's erasure, and for re-sealing what is under its key; it serves the list of an account as well.
drop index token_account;
create index token_subject on token (bucket, subject_id, id) where account_id is not null;

-- What an event says beyond its type and ids, as canonical JSON (RFC 8785): never personal data. Text, because the event's
-- MAC is over these very characters.
alter table event add column data text check (octet_length(data) <= 4000);
