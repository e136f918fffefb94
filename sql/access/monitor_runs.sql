-- Written by the monitor, read through auto_book_monitor_status.
drop policy if exists monitor_runs_owner_all on engine.monitor_runs;
create policy monitor_runs_owner_all on engine.monitor_runs
  to skylatch_owner
  using (true)
  with check (true);
