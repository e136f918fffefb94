-- What is counted for each traveller: the engine's alone.
drop policy if exists travellers_owner_all on engine.travellers;
create policy travellers_owner_all on engine.travellers
  to skylatch_owner
  using (true)
  with check (true);
