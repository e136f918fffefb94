-- Definer: the audit lives in the schema engine. The function checks that the caller
-- may act for the trip.
create or replace function engine.trip_saga(p_trip_id uuid)
  returns table (
    at timestamptz,
    attempt_no integer,
    actor text,
    from_state text,
    to_state text,
    reason text,
    detail jsonb
  )
  language sql stable
  security definer
begin atomic
  select
    e.at,
    a.attempt_no,
    e.actor,
    e.from_state,
    e.to_state,
    e.reason,
    e.detail
  from public.trip_requests as t
  inner join engine.booking_events as e
    on t.user_id = e.user_id and t.id = e.trip_request_id
  left join public.booking_attempts as a
    on e.user_id = a.user_id and e.booking_attempt_id = a.id
  where t.id = p_trip_id and engine.may_act_for(t.user_id)
  order by e.id;
end;
comment on function engine.trip_saga(uuid) is 'See public.trip_saga.';
grant execute on function engine.trip_saga(uuid) to authenticated, service_role;

create or replace function public.trip_saga(p_trip_id uuid)
  returns table (
    at timestamptz,
    attempt_no integer,
    actor text,
    from_state text,
    to_state text,
    reason text,
    detail jsonb
  )
  language sql stable
  security invoker
begin atomic
  select e.* from engine.trip_saga(p_trip_id) as e;
end;
comment on function public.trip_saga(uuid) is
  'Lists everything that happened to a trip, step by step.';
grant execute on function public.trip_saga(uuid) to authenticated, service_role;
