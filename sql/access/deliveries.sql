-- Written when a message begins and when a sidecar reports.
drop policy if exists deliveries_owner_all on engine.deliveries;
create policy deliveries_owner_all on engine.deliveries
  to skylatch_owner
  using (true)
  with check (true);
