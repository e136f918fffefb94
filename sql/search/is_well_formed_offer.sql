-- Only what can be read, priced and placed in time goes in; the rest is counted, so that
-- one bad offer never hides the good ones.
create or replace function engine.is_well_formed_offer(p_offer jsonb) returns boolean
  language sql immutable parallel safe
return coalesce(
  p_offer ->> 'id' ~ '^off_\w+$'
  and p_offer ->> 'total_amount' ~ '^\d{1,11}(\.\d{1,3})?$'
  and coalesce(p_offer ->> 'base_amount', '0') ~ '^\d{1,11}(\.\d{1,3})?$'
  and coalesce(p_offer ->> 'tax_amount', '0') ~ '^\d{1,11}(\.\d{1,3})?$'
  and p_offer ->> 'total_currency' ~ '^[A-Z]{3}$'
  and p_offer ->> 'expires_at' ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$'
  and p_offer #>> '{owner,iata_code}' ~ '^\w{2,3}$'
  and jsonb_typeof(p_offer -> 'passengers') = 'array'
  and jsonb_array_length(p_offer -> 'slices') > 0
  and not jsonb_path_exists(
    p_offer,
    'strict $.slices[*] ? (!(@.segments.size() > 0))'
  )
  and not jsonb_path_exists(
    p_offer,
    '$.slices[*].segments[*] ? (
      !(@.departing_at like_regex "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$")
      || !(@.arriving_at like_regex "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d$")
      || !(exists (@.origin.iata_code)) || !(exists (@.destination.iata_code))
    )'
  ),
  false
);
comment on function engine.is_well_formed_offer(jsonb) is
  'Tells whether a provider''s offer has everything that storing it needs.';
