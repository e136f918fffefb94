-- The saga as rows; changed by a deploy only.
drop policy if exists saga_transitions_owner_all on engine.saga_transitions;
create policy saga_transitions_owner_all on engine.saga_transitions
  to skylatch_owner
  using (true)
  with check (true);
