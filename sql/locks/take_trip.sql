-- Reports, events and recovery are applied for many trips in one go. A traveller's own
-- open transaction may hold a trip's row for long, and waiting for it would keep all
-- the other trips waiting. So this lock is tried without waiting; what concerns a trip
-- that is held is set aside and tried again. A call that belongs to no trip has nothing
-- to lock.
create or replace function engine.take_trip(p_user_id uuid, p_trip_id uuid)
  returns void
  language plpgsql volatile
as $$
begin
  perform from public.trip_requests as t
  where t.user_id = p_user_id and t.id = p_trip_id
  for no key update skip locked;
  if not found and exists (
    select from public.trip_requests as t
    where t.user_id = p_user_id and t.id = p_trip_id
  ) then
    raise exception using
      errcode = 'SK308',
      message = 'the trip is held by another transaction',
      detail = jsonb_build_object('trip', p_trip_id),
      hint = 'Nothing is wrong with what was to be done: it is tried again.';
  end if;
end;
$$;
comment on function engine.take_trip(uuid, uuid) is
  'Takes a trip''s row lock without waiting; raises SK308 while somebody else has it.';
