-- jsonb writes equal values in one way: keys in order, no spaces. The key describes the
-- party by ages only, so requests that the provider would answer alike have one key,
-- whoever makes them.
create or replace function engine.search_key(p_request jsonb) returns text
  language sql immutable parallel safe
return md5(p_request::text);
comment on function engine.search_key(jsonb) is
  'Returns the key of a search, which is equal for requests that the provider would '
  'answer alike.';
