-- What receipts, certificates and checkpoints are signed with. The public key is kept for ever, so that whatever was signed
-- can be verified; the private scalar is wrapped by a root KEK and never stands anywhere else.
create table signing_key (
  kid        text        not null primary key,
  state      text        not null check (state in ('current', 'retired')),
  -- Of P-256, base64url (RFC 7518, 6.2.1).
  x          text        not null,
  y          text        not null,
  root_kid   text        not null,
  wrapped    text        not null,
  created_at timestamptz not null default now()
);
-- Two processes that start at once settle here which key signs.
create unique index signing_key_current on signing_key (state) where state = 'current';

grant select, insert on signing_key to kontor_keys_service;
