-- Written by the migration that made it and by engine.renew_installation only.
drop policy if exists installation_owner_all on engine.installation;
create policy installation_owner_all on engine.installation
  to skylatch_owner
  using (true)
  with check (true);
