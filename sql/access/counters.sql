-- Written by engine.sum_counters only.
drop policy if exists counters_owner_all on engine.counters;
create policy counters_owner_all on engine.counters
  to skylatch_owner
  using (true)
  with check (true);
