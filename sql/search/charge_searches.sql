-- The caller holds the locks of the trip and of the traveller.
create or replace function engine.charge_searches(
  p_trip public.trip_requests, p_searches integer, p_now timestamptz
) returns void
  language plpgsql volatile
as $$
begin
  perform engine.take_search_credit(p_trip.user_id, p_searches, p_now);
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
