create or replace function engine.last_wait_decision(p_trip public.trip_requests)
  returns engine.wait_decisions
  language sql stable
begin atomic
  -- As a whole, whatever columns a migration adds.
  select d
  from engine.wait_decisions as d
  where d.user_id = p_trip.user_id and d.trip_request_id = p_trip.id
  order by d.id desc
  limit 1;
end;
comment on function engine.last_wait_decision(public.trip_requests) is
  'Returns the newest decision to buy or wait for a trip; a row of nulls when none was '
  'made.';
