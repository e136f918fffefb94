-- How much a column holds, and how much of what is shared one traveller may take.
-- depends: 0014_authority

-- The triggers (trips/size_limits.sql) refuse with the field's name; these stand behind
-- them. Not validated: a row from before that is too large must not stop a deploy; it
-- is held to this at its next change.
alter table public.trip_requests
  add constraint trip_requests_sizes check (
    cardinality(origins) <= 100
    and cardinality(destinations) <= 100
    and cardinality(preferred_airlines) <= 100
    and cardinality(airlines_only) <= 100
    and cardinality(airlines_never) <= 100
    and cardinality(alliances) <= 100
    and octet_length(array_to_string(origins, '')) <= 10000
    and octet_length(array_to_string(destinations, '')) <= 10000
    and octet_length(array_to_string(preferred_airlines, '')) <= 10000
    and octet_length(array_to_string(airlines_only, '')) <= 10000
    and octet_length(array_to_string(airlines_never, '')) <= 10000
    and octet_length(array_to_string(alliances, '')) <= 10000
    and octet_length(cabin_class) <= 100
    and octet_length(currency) <= 100
    and octet_length(consent_text_version) <= 100
  ) not valid;
alter table public.traveler_profiles
  add constraint traveler_profiles_sizes check (
    octet_length(given_name) <= 100
    and octet_length(family_name) <= 100
    and octet_length(title) <= 100
    and octet_length(gender) <= 100
    and octet_length(email) <= 320
    and octet_length(phone_number) <= 100
  ) not valid;
alter table public.payment_methods
  add constraint payment_methods_sizes check (
    octet_length(stripe_customer_id) <= 255
    and octet_length(stripe_payment_method_id) <= 255
    and octet_length(brand) <= 100
    and octet_length(last4) <= 100
  ) not valid;
alter table public.spending_limits
  add constraint spending_limits_sizes check (
    octet_length(currency) <= 100 and octet_length(period) <= 100
  ) not valid;
