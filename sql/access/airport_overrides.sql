-- Append-only: the owner may add and read, nobody may change.
drop policy if exists airport_overrides_owner_all on engine.airport_overrides;
create policy airport_overrides_owner_all on engine.airport_overrides
  to skylatch_owner
  using (true)
  with check (true);
