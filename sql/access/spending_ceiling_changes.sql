-- Append-only: the owner may add and read, nobody may change.
drop policy if exists spending_ceiling_changes_owner_all
  on engine.spending_ceiling_changes;
create policy spending_ceiling_changes_owner_all on engine.spending_ceiling_changes
  to skylatch_owner
  using (true)
  with check (true);
