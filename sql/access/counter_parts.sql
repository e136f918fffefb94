-- engine.raise_counter adds rows; engine.sum_counters empties the table.
drop policy if exists counter_parts_owner_all on engine.counter_parts;
create policy counter_parts_owner_all on engine.counter_parts
  to skylatch_owner
  using (true)
  with check (true);
