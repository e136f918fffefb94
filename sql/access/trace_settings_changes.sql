-- Append-only: the owner may add and read, nobody may change.
drop policy if exists trace_settings_changes_owner_all on engine.trace_settings_changes;
create policy trace_settings_changes_owner_all on engine.trace_settings_changes
  to skylatch_owner
  using (true)
  with check (true);
