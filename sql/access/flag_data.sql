-- Written by engine.sync_flags and engine.upsert_flag only.
drop policy if exists flag_data_owner_all on engine.flag_data;
create policy flag_data_owner_all on engine.flag_data
  to skylatch_owner
  using (true)
  with check (true);
