-- jsonb has one spelling for one value: keys in order, no spaces. The party is in it by
-- ages alone, so whatever the provider would answer alike has one key, whoever asks.
create or replace function engine.search_key(p_request jsonb) returns text
  language sql immutable parallel safe
return md5(p_request::text);
comment on function engine.search_key(jsonb) is
  'Names a search: equal for requests that the provider would answer alike.';
