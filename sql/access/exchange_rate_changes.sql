-- Append-only: the owner may add and read, nobody may change.
drop policy if exists exchange_rate_changes_owner_all on engine.exchange_rate_changes;
create policy exchange_rate_changes_owner_all on engine.exchange_rate_changes
  to skylatch_owner
  using (true)
  with check (true);
