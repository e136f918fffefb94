-- Written by heartbeats.
drop policy if exists workers_owner_all on engine.workers;
create policy workers_owner_all on engine.workers
  to skylatch_owner
  using (true)
  with check (true);
