-- How far providers' lists were read; written by the scans.
drop policy if exists scans_owner_all on engine.scans;
create policy scans_owner_all on engine.scans
  to skylatch_owner
  using (true)
  with check (true);
