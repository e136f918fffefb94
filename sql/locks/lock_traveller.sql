-- What a traveller may spend is decided for one trip at a time. The rows of the
-- traveller's limits are locked too, so that a limit that is just being lowered is
-- waited for.
-- Lock order: trip_requests, then the traveller, then booking_attempts.
create or replace function engine.lock_traveller(p_user_id uuid) returns void
  language plpgsql volatile
as $$
begin
  if p_user_id is null then
    return;  -- the call that was asked for is not there
  end if;
  perform engine.hold_traveller(p_user_id);
  perform from public.spending_limits as l
  where l.user_id = p_user_id
  order by l.currency, l.period
  for no key update;
end;
$$;
comment on function engine.lock_traveller(uuid) is
  'Lets one trip of a traveller at a time be decided on.';
