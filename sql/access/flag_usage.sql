-- Written by engine.sum_flag_usage only.
drop policy if exists flag_usage_owner_all on engine.flag_usage;
create policy flag_usage_owner_all on engine.flag_usage
  to skylatch_owner
  using (true)
  with check (true);
