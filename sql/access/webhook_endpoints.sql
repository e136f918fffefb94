-- Set by operators through set_webhook_endpoint and its like.
drop policy if exists webhook_endpoints_owner_all on engine.webhook_endpoints;
create policy webhook_endpoints_owner_all on engine.webhook_endpoints
  to skylatch_owner
  using (true)
  with check (true);
