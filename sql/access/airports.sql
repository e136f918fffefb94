-- Reference data, reached through engine functions only.
drop policy if exists airports_owner_all on engine.airports;
create policy airports_owner_all on engine.airports
  to skylatch_owner
  using (true)
  with check (true);
