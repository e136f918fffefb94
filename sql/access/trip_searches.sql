-- The plan: read and written by the monitor.
drop policy if exists trip_searches_owner_all on engine.trip_searches;
create policy trip_searches_owner_all on engine.trip_searches
  to skylatch_owner
  using (true)
  with check (true);
