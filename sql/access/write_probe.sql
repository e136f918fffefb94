-- Written by engine.probe_write only.
drop policy if exists write_probe_owner_all on engine.write_probe;
create policy write_probe_owner_all on engine.write_probe
  to skylatch_owner
  using (true)
  with check (true);
