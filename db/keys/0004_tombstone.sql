-- Who was erased. A tombstone outlives the keys that it stands for: after a restore of the vault's database it says what must
-- be erased again, and no key is ever made for its subject.
create table tombstone (
  bucket            smallint    not null check (bucket between 0 and 4095),
  subject_id        uuid        not null,
  tenant_id         uuid        not null,
  mode              text        not null check (mode in ('test', 'live')),
  account_id        uuid        not null,
  erased_at         timestamptz not null,
  tokens_destroyed  int         not null check (tokens_destroyed >= 0),
  keys_destroyed_at timestamptz not null,
  final_at          timestamptz not null,
  -- Null until it is signed.
  receipt           text,
  primary key (bucket, subject_id)
);
create index tombstone_newest on tombstone (erased_at);
comment on column tombstone.receipt is 'prove that the customer was erased; legal obligation, GDPR 5(2) and 17(1); as long as the tenant must be able to prove it';

-- That no key is made for a subject that has a tombstone is decided here, whoever inserts it. Looking for the tombstone is not
-- enough: one that is being written at this moment cannot be seen. So both wait for each other on a lock of the subject, and
-- each looks only when it has it: a statement inside a volatile function sees what was committed while it waited.
create function hold_subject() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(uuid_hash_extended(new.subject_id, 0));
  return new;
end
$$;
create trigger tombstone_waits before insert on tombstone for each row execute function hold_subject();

create function refuse_erased_subject() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(uuid_hash_extended(new.subject_id, 0));
  if exists (select from tombstone where bucket = new.bucket and subject_id = new.subject_id) then
    return null;
  end if;
  return new;
end
$$;
create trigger dek_not_of_erased before insert on dek for each row execute function refuse_erased_subject();

grant select, insert on tombstone to kontor_keys_service;
grant update (receipt) on tombstone to kontor_keys_service;
