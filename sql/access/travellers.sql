-- What is counted for each traveller; only the engine reads and writes it.
drop policy if exists travellers_owner_all on engine.travellers;
create policy travellers_owner_all on engine.travellers
  to skylatch_owner
  using (true)
  with check (true);
