-- A provider's list names a trip: it is locked before its attempts are. One that
-- somebody holds is waited for, and the whole answer tried again, for twenty seconds;
-- then it is passed over, and the next one is waited for half as long.
create or replace function engine.hold_listed_trip(
  p_trip_id uuid, p_read_at timestamptz, p_now timestamptz
) returns boolean
  language plpgsql volatile
as $$
begin
  perform from public.trip_requests as t where t.id = p_trip_id for no key update;
  return true;
exception when lock_not_available then
  if p_now < p_read_at + interval '20 seconds' then
    raise;
  end if;
  perform engine.wait_less();
  return false;
end;
$$;
comment on function engine.hold_listed_trip(uuid, timestamptz, timestamptz) is
  'Locks a trip that a list names; false when it is to be passed over.';
