-- What is counted for a traveller (open trips, profiles, searches asked for) is counted
-- under this row's lock, so that of two requests at once the second sees the first. The
-- row is written, not only locked: with a snapshot older than the lock, at a stricter
-- isolation level, this fails instead of counting too few. The engine's own work never
-- takes this lock, so a traveller who keeps it waits alone.
-- Lock order: trip_requests, then this.
create or replace function engine.hold_traveller(p_user_id uuid)
  returns engine.travellers
  language plpgsql volatile
  security definer
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_traveller engine.travellers;
begin
  insert into engine.travellers as t (user_id)
  values (p_user_id)
  on conflict (user_id) do update set held_at = clock_timestamp()
  returning t.* into v_traveller;
  return v_traveller;
end;
$$;
comment on function engine.hold_traveller(uuid) is
  'Locks and returns the row of what is counted for a traveller.';
