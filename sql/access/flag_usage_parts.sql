-- engine.record_flag_usage adds rows; engine.sum_flag_usage empties the table.
drop policy if exists flag_usage_parts_owner_all on engine.flag_usage_parts;
create policy flag_usage_parts_owner_all on engine.flag_usage_parts
  to skylatch_owner
  using (true)
  with check (true);
