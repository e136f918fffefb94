-- The saga as rows; changed by a deploy only.
drop policy if exists saga_states_owner_all on engine.saga_states;
create policy saga_states_owner_all on engine.saga_states
  to skylatch_owner
  using (true)
  with check (true);
