-- Written by engine.sync_flags only.
drop policy if exists flag_sync_owner_all on engine.flag_sync;
create policy flag_sync_owner_all on engine.flag_sync
  to skylatch_owner
  using (true)
  with check (true);
