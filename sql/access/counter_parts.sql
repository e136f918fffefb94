-- Added to by engine.raise_counter, emptied by engine.sum_counters.
drop policy if exists counter_parts_owner_all on engine.counter_parts;
create policy counter_parts_owner_all on engine.counter_parts
  to skylatch_owner
  using (true)
  with check (true);
