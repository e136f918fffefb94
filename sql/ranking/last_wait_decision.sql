-- PL/pgSQL: a parsed body would keep columns from being added to trips.
create or replace function engine.last_wait_decision(p_trip public.trip_requests)
  returns engine.wait_decisions
  language plpgsql stable
as $$
declare
  v_decision engine.wait_decisions;
begin
  select d.* into v_decision
  from engine.wait_decisions as d
  where d.user_id = p_trip.user_id and d.trip_request_id = p_trip.id
  order by d.id desc
  limit 1;
  return v_decision;
end;
$$;
comment on function engine.last_wait_decision(public.trip_requests) is
  'Returns the newest decision to buy or wait for a trip; a row of nulls when none was '
  'made.';
