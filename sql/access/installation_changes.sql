-- Append-only: the owner may add and read, nobody may change.
drop policy if exists installation_changes_owner_all on engine.installation_changes;
create policy installation_changes_owner_all on engine.installation_changes
  to skylatch_owner
  using (true)
  with check (true);
