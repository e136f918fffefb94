-- A provider's list names a trip, which is locked before its attempts. A locked trip is
-- waited for, with the whole report tried again, for twenty seconds. Then the trip is
-- passed over, and the next locked trip is waited for half as long.
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
  'Locks a trip that a provider''s list names; returns false when the trip is to be '
  'passed over.';
