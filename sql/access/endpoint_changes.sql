-- Append-only: the owner may add and read, nobody may change.
drop policy if exists endpoint_changes_owner_all on engine.endpoint_changes;
create policy endpoint_changes_owner_all on engine.endpoint_changes
  to skylatch_owner
  using (true)
  with check (true);
