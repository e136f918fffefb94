-- Two limits apply: a pause for each trip, and an hourly allowance for each traveller,
-- which fills up evenly (a token bucket). A plan that is larger than the whole
-- allowance needs a full allowance. The caller holds the trip's row lock.
create or replace function engine.may_ask_again_at(
  p_trip public.trip_requests, p_now timestamptz
) returns timestamptz
  language plpgsql volatile
as $$
declare
  v_limits engine.traveller_limits;
  v_traveller engine.travellers := engine.hold_traveller(p_trip.user_id);
  v_needed integer;
  v_credit double precision;
begin
  select l.* into v_limits from engine.traveller_limits as l;
  select count(*) into v_needed
  from engine.trip_searches as s
  where s.user_id = p_trip.user_id
    and s.trip_request_id = p_trip.id
    and s.over_at > p_now;
  v_needed := least(greatest(v_needed, 1), v_limits.searches_per_hour);
  v_credit := engine.search_credit(v_traveller, v_limits.searches_per_hour, p_now);
  return greatest(
    p_trip.asked_at + v_limits.search_pause,
    p_now + make_interval(
      secs => greatest(v_needed - v_credit, 0) * 3600 / v_limits.searches_per_hour
    )
  );
end;
$$;
comment on function engine.may_ask_again_at(public.trip_requests, timestamptz) is
  'Returns from when on a trip may be searched again at its traveller''s request.';
