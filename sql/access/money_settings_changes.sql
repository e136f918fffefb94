-- Append-only: the owner may add and read, nobody may change.
drop policy if exists money_settings_changes_owner_all on engine.money_settings_changes;
create policy money_settings_changes_owner_all on engine.money_settings_changes
  to skylatch_owner
  using (true)
  with check (true);
