-- The saga as rows; changed by a deploy only.
drop policy if exists operations_owner_all on engine.operations;
create policy operations_owner_all on engine.operations
  to skylatch_owner
  using (true)
  with check (true);
