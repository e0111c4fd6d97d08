-- Keys have limits of their own, source networks, and can be rotated with overlap, as in the vault.
alter table api_key
  -- Null is the default of the server.
  add column requests_per_minute int check (requests_per_minute > 0),
  -- Where the key may be used from; null is anywhere.
  add column networks            cidr[] check (cardinality(networks) > 0),
  -- The key that took over its rights; both work until this one expires.
  add column replaced_by         uuid references api_key (id);
