-- What holds for all trips of a traveller together (what they may spend, where they
-- can be) is decided for one trip at a time. By a change of a row, not by a lock alone:
-- where a transaction sees only what was committed when it began (REPEATABLE READ,
-- which a role, a database or a caller may set), waiting is not enough, because the
-- decision it waited for stays unseen. The change fails there with 40001, and whoever
-- called begins anew. The limits' rows are locked too, so that a limit being lowered
-- is waited for.
-- Lock order: trip_requests, then this, then booking_attempts.
create or replace function engine.lock_traveller(p_user_id uuid) returns void
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
begin
  insert into engine.travellers as t (user_id)
  select p_user_id where p_user_id is not null
  on conflict (user_id) do update set decisions = t.decisions + 1;
  perform from public.spending_limits as l
  where l.user_id = p_user_id
  order by l.currency, l.period
  for no key update;
end;
$$;
comment on function engine.lock_traveller(uuid) is
  'Lets one trip of a traveller at a time be decided on.';
