-- Reference data, reached through engine functions only.
drop policy if exists currencies_owner_all on engine.currencies;
create policy currencies_owner_all on engine.currencies
  to skylatch_owner
  using (true)
  with check (true);
