-- For each column that callers may write: how many elements it may hold, and how many
-- bytes each. The limits are wider than what is sensible, which other checks explain in
-- better words, and narrow enough that no check takes long. The CHECK <table>_sizes of
-- each table repeats them behind the triggers.
create or replace function engine.size_limits()
  returns table (relation text, field text, elements integer, bytes integer)
  language sql immutable
begin atomic
  select v.*
  from (
    values
    ('trip_requests', 'origins', 100, 100),
    ('trip_requests', 'destinations', 100, 100),
    ('trip_requests', 'cabin_class', 1, 100),
    ('trip_requests', 'booking_mode', 1, 100),
    ('trip_requests', 'max_price', 1, 100),
    ('trip_requests', 'currency', 1, 100),
    ('trip_requests', 'preferred_airlines', 100, 100),
    ('trip_requests', 'airlines_only', 100, 100),
    ('trip_requests', 'airlines_never', 100, 100),
    ('trip_requests', 'alliances', 100, 100),
    ('trip_requests', 'consent_text_version', 1, 100),
    ('trip_requests', 'max_emissions_kg', 1, 100),
    ('trip_requests', 'price_weight', 1, 100),
    ('trip_requests', 'duration_weight', 1, 100),
    ('trip_requests', 'connections_weight', 1, 100),
    ('trip_requests', 'airline_weight', 1, 100),
    ('traveler_profiles', 'given_name', 1, 100),
    ('traveler_profiles', 'family_name', 1, 100),
    ('traveler_profiles', 'title', 1, 100),
    ('traveler_profiles', 'gender', 1, 100),
    ('traveler_profiles', 'email', 1, 320),
    ('traveler_profiles', 'phone_number', 1, 100),
    ('payment_methods', 'stripe_customer_id', 1, 255),
    ('payment_methods', 'stripe_payment_method_id', 1, 255),
    ('payment_methods', 'brand', 1, 100),
    ('payment_methods', 'last4', 1, 100),
    ('notification_preferences', 'language', 1, 100),
    ('notification_preferences', 'time_zone', 1, 100),
    ('notification_preferences', 'muted', 100, 100),
    ('notification_preferences', 'least_drop', 1, 100),
    ('spending_limits', 'currency', 1, 100),
    ('spending_limits', 'period', 1, 100),
    ('spending_limits', 'amount', 1, 100)
  ) as v (relation, field, elements, bytes);
end;
comment on function engine.size_limits() is
  'Lists how much each column may hold that callers write.';
