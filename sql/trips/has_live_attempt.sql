create or replace function engine.has_live_attempt(p_user_id uuid, p_trip_id uuid)
  returns boolean
  language sql stable
return exists (
  select from public.booking_attempts as a
  where a.user_id = p_user_id and a.trip_request_id = p_trip_id and a.status = 'PENDING'
);
comment on function engine.has_live_attempt(uuid, uuid) is
  'Tells whether a booking of this trip is in flight or frozen.';
