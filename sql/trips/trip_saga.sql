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
  select e.* from engine.trip_events(p_trip_id) as e;
end;
comment on function public.trip_saga(uuid) is
  'Everything that happened to a trip, step by step.';
grant execute on function public.trip_saga(uuid) to authenticated, service_role;
