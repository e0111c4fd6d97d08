-- With which expiry a card was sent to a processor, so that one whose expiry was changed since is registered anew. Null: not a card, or
-- registered before this was kept; such a one counts as it is. Expand step.

alter table registration add column expiry text check (expiry ~ '^[0-9]{4}-(0[1-9]|1[0-2])$');
comment on column registration.expiry is 'register a card anew whose expiry was changed; contract, GDPR 6(1)(b); until the token ends';
