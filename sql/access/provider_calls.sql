-- Only the protocol functions touch the list of outward calls.
drop policy if exists provider_calls_owner_all on engine.provider_calls;
create policy provider_calls_owner_all on engine.provider_calls
  to skylatch_owner
  using (true)
  with check (true);
