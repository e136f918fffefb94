-- Written by the functions of the mirror only, which lock its one row first.
drop policy if exists flag_sync_owner_all on engine.flag_sync;
create policy flag_sync_owner_all on engine.flag_sync
  to skylatch_owner
  using (true)
  with check (true);
-- The one row must exist, so that it can be locked.
insert into engine.flag_sync default values on conflict do nothing;
