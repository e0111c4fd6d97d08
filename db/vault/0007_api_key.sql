-- Keys by duty: roles for privacy, keys and audit; reveal by field; limits of their own; source networks; rotation with overlap.
alter table api_key drop constraint api_key_role_check;
alter table api_key add constraint api_key_role_check
  check (role in ('checkout', 'invoicing', 'accounting', 'privacy', 'custodian', 'auditor', 'admin'));

alter table api_key
  -- Null is the default of the server.
  add column requests_per_minute int check (requests_per_minute > 0),
  add column reveals_per_minute  int check (reveals_per_minute > 0),
  -- Where the key may be used from; null is anywhere.
  add column networks            cidr[] check (cardinality(networks) > 0),
  -- The key that took over its rights; both work until this one expires.
  add column replaced_by         uuid references api_key (id);

-- A key that could reveal at all could reveal every field, and still can.
alter table api_key drop constraint api_key_check1, drop constraint api_key_check2;
update api_key set scopes = array_remove(scopes, 'token.reveal') || array[
    'token.reveal:card:number', 'token.reveal:card:expiry', 'token.reveal:card:holder_name',
    'token.reveal:bank_account:iban', 'token.reveal:bank_account:bic', 'token.reveal:bank_account:account_number',
    'token.reveal:bank_account:holder_name',
    'token.reveal:paypal_account:email', 'token.reveal:paypal_account:payer_id', 'token.reveal:paypal_account:holder_name']
  where 'token.reveal' = any (scopes);
alter table api_key
  add constraint api_key_reveal_by_field check (not ('token.reveal' = any (scopes))),
  -- A service key never reveals, and no key reveals without saying what for.
  add constraint api_key_service_reveals_nothing
    check (tenant_id is not null or array_to_string(scopes, ' ') not like '%token.reveal:%'),
  add constraint api_key_reveal_for_a_purpose
    check (array_to_string(scopes, ' ') not like '%token.reveal:%' or cardinality(purposes) > 0);
