-- Who may look into the engine at all; its functions are granted one by one, in their
-- files.
grant usage on schema engine
  to skylatch_sidecar, skylatch_cron, skylatch_operator, skylatch_feed, authenticated,
  service_role;
