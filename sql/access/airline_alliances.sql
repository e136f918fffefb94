-- Code, not data: the rows are in ranking/alliances.sql.
drop policy if exists airline_alliances_owner_all on engine.airline_alliances;
create policy airline_alliances_owner_all on engine.airline_alliances
  to skylatch_owner
  using (true)
  with check (true);
