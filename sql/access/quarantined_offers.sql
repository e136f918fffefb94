-- Written by ingest, read by engineers with the owner's rights.
drop policy if exists quarantined_offers_owner_all on engine.quarantined_offers;
create policy quarantined_offers_owner_all on engine.quarantined_offers
  to skylatch_owner
  using (true)
  with check (true);
