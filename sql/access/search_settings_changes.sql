-- Append-only: the owner may add and read, nobody may change.
drop policy if exists search_settings_changes_owner_all
  on engine.search_settings_changes;
create policy search_settings_changes_owner_all on engine.search_settings_changes
  to skylatch_owner
  using (true)
  with check (true);
