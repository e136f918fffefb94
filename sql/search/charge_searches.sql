-- The caller holds the locks of the trip and of the traveller.
create or replace function engine.charge_searches(
  p_trip public.trip_requests, p_searches integer, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  update engine.travellers as t
  set
    search_credit = engine.search_credit(t, l.searches_per_hour, p_now) - p_searches,
    credited_at = p_now
  from engine.traveller_limits as l
  where t.user_id = p_trip.user_id;
  update public.trip_requests as t
  set asked_at = p_now
  where t.user_id = p_trip.user_id and t.id = p_trip.id;
end;
$$;
comment on function engine.charge_searches(
  public.trip_requests, integer, timestamptz
) is
  'Takes the searches that a traveller asked for from the traveller''s hourly '
  'allowance.';
