-- Append-only: the owner may add and read, nobody may change.
drop policy if exists traveller_limit_changes_owner_all
  on engine.traveller_limit_changes;
create policy traveller_limit_changes_owner_all on engine.traveller_limit_changes
  to skylatch_owner
  using (true)
  with check (true);
