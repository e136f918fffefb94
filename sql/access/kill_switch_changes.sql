-- Append-only: the owner may add and read, nobody may change.
drop policy if exists kill_switch_changes_owner_all on engine.kill_switch_changes;
create policy kill_switch_changes_owner_all on engine.kill_switch_changes
  to skylatch_owner
  using (true)
  with check (true);
