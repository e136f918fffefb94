-- Fares without travellers: read and written by the monitor.
drop policy if exists fare_looks_owner_all on engine.fare_looks;
create policy fare_looks_owner_all on engine.fare_looks
  to skylatch_owner
  using (true)
  with check (true);
