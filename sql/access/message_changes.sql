-- Append-only: the owner may add and read, nobody may change.
drop policy if exists message_changes_owner_all on engine.message_changes;
create policy message_changes_owner_all on engine.message_changes
  to skylatch_owner
  using (true)
  with check (true);
