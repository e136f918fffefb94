-- What holds for all trips of a traveller together (what they may spend, where they
-- can be) is decided for one trip at a time. Who has no limits has no row to lock, so
-- the lock is on the traveller; the limits' rows are locked too, so that a limit being
-- lowered is waited for. Both last to the end of the transaction, as a row lock does.
-- Lock order: trip_requests, then this, then booking_attempts.
create or replace function engine.lock_traveller(p_user_id uuid) returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(7302028, hashtext(p_user_id::text));
  perform from public.spending_limits as l
  where l.user_id = p_user_id
  order by l.currency, l.period
  for no key update;
end;
$$;
comment on function engine.lock_traveller(uuid) is
  'Lets one trip of a traveller at a time be decided on.';
