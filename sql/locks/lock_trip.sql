-- The first lock of every path: trip_requests, then booking_attempts, then
-- provider_calls. The answer for a trip that the caller may not act for is the same as
-- for a trip that does not exist.
create or replace function engine.lock_trip(p_trip_id uuid) returns public.trip_requests
  language plpgsql volatile
as $$
declare
  v_trip public.trip_requests;
begin
  select t.* into v_trip
  from public.trip_requests as t
  where t.id = p_trip_id
    and (
      engine.may_act_for(t.user_id) or session_user = 'skylatch_sidecar'
    )
  for no key update;
  if not found then
    raise exception using
      errcode = 'SK104',
      message = 'no such trip',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = 'Check the id and who is signed in.';
  end if;
  return v_trip;
end;
$$;
comment on function engine.lock_trip(uuid) is
  'Locks and returns a trip that the caller may act for; raises SK104 for any other.';
