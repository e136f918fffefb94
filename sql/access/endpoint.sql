-- Set by operators through set_endpoint: where the doorbell rings.
drop policy if exists endpoint_owner_all on engine.endpoint;
create policy endpoint_owner_all on engine.endpoint
  to skylatch_owner
  using (true)
  with check (true);
